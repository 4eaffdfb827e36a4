// SPDX-License-Identifier: BSD-2-Clause
/*
 * mm/hotplug/devmem_change.c - the edges between the modes of a device range (mm/hotplug/devmem.h).
 *
 * Each edge takes the hotplug lock for itself; the entry keeps the range claimed in between.  While
 * the range is KMEM its memory belongs to the hotplug core, which takes the lock itself.
 */
#include <mm/hotplug/devmem_internal.h>

typedef unsigned long long ull;

/* ---- absent <-> RAW ---- */

static int claim_locked(struct arrival *a, struct hotplug_report *report, struct why *why)
{
	struct devmem_cost cost;
	int r = devmem_absent(&a->span, why);

	(void)report;
	if (!r)
		r = hotplug_span_withheld(&a->span, why);
	if (!r)
		r = devmem_count(a, &cost, why);
	if (!r)
		r = devmem_room(why);
	if (r)
		return r;
	devmem_insert((struct devmem) { .pa = a->span.pa,
					.len = a->span.len,
					.opts = { .memmap = a->opts.memmap,
						  .compound = a->compound << page_shift(),
						  .reserve = a->reserve << page_shift(),
						  .owner = a->opts.owner,
						  .uncached = a->attributes & PT_NC,
						  .leaves = a->opts.leaves },
					.data = cost.reserved,
					.node = (u8)a->node,
					.mode = DEVMEM_RAW });
	return 0;
}

int devmem_claim(paddr_t pa, u64 len, unsigned node, const struct devmem_opts *o, struct why *why)
{
	struct arrival a;
	int r = devmem_check(pa, len, node, o, &a, why);

	return r ? r : arrival_run(&a, &a.opts, claim_locked, NULL, why);
}

/* The caller holds the lock for write; this function releases it. */
static int release_locked(paddr_t pa, u64 len, struct why *why)
{
	struct devmem *d;
	int r = devmem_get(pa, len, DEVMEM_RAW, &d, why);

	if (!r)
		devmem_delete(d);
	hotplug_write_unlock();
	return r;
}

int devmem_release(paddr_t pa, u64 len, struct why *why)
{
	int r = hotplug_enter(why);

	return r ? r : release_locked(pa, len, why);
}

/* Undo a claim, or end a removal: must not fail, so the lock is taken without a failure point. */
static int release_surely(paddr_t pa, u64 len, struct why *why)
{
	hotplug_write_lock();
	return release_locked(pa, len, why);
}

/* ---- RAW -> DAX ---- */

static int enough(const struct arrival *a, struct why *why)
{
	struct devmem_cost c;
	int r = devmem_count(a, &c, why);

	if (r || c.need <= c.free)
		return r;
	return refuse(
		why, ENOMEM,
		"%s needs %llu KiB of old memory (memmap %llu KiB, tables %llu KiB), %llu KiB "
		"are free",
		hotplug_range_text(a->span.pa, a->span.len).text, (ull)(c.need / KiB),
		(ull)((c.need - c.tables) / KiB), (ull)(c.tables / KiB), (ull)(c.free / KiB));
}

static int map_locked(struct arrival *a, struct hotplug_report *report, struct why *why)
{
	struct devmem *d;
	int r = devmem_get(a->span.pa, a->span.len, DEVMEM_RAW, &d, why);

	if (!r)
		r = enough(a, why);
	if (!r)
		r = hotplug_ask(NOTE_PREPARE_ADD, NOTE_NONE, &a->span, why);
	if (!r)
		r = arrival_whole(a, report, why);
	if (r)
		return r;
	d->mode = DEVMEM_DAX;
	hotplug_tell(NOTE_ADDED, &a->span);
	return 0;
}

static int raw_to_dax(const struct devmem *of, struct hotplug_report *report, struct why *why)
{
	struct arrival a;
	int r = devmem_check(of->pa, of->len, of->node, &of->opts, &a, why);

	return r ? r : arrival_run(&a, &a.opts, map_locked, report, why);
}

/* ---- DAX -> RAW ---- */

static const struct memmap_scheme *devmem_scheme_of(pfn_t pfn, pfn_t *end)
{
	const struct devmem *d = devmem_find(pfn, 1);

	ASSERT(d);
	*end = (d->pa + d->len) >> page_shift();
	return d->opts.memmap;
}

static bool leaves_of(pfn_t pfn, pfn_t *end)
{
	devmem_scheme_of(pfn, end);
	return devmem_find(pfn, 1)->opts.leaves;
}

static int unmap_locked(struct departure *out, struct hotplug_report *report)
{
	const struct block_span *s = &out->span;
	struct devmem *d;
	int r = devmem_get(s->pa, s->len, DEVMEM_DAX, &d, out->why);

	if (!r)
		r = hotplug_ask(NOTE_PREPARE_REMOVE, NOTE_NONE, s, out->why);
	if (!r)
		r = departure_plan_whole(out, devmem_scheme_of, d->opts.compound >> page_shift());
	if (r)
		return r;
	departure_whole(out, report);
	d->mode = DEVMEM_RAW;
	hotplug_tell(NOTE_REMOVED, s);
	return 0;
}

static int dax_to_raw(const struct devmem *of, struct hotplug_report *report, struct why *why)
{
	struct departure out = { .leaves = leaves_of };
	int r = hotplug_span_init_subsections(&out.span, of->pa, of->len, why);

	return r ? r : departure_run(&out, NULL, unmap_locked, report, why);
}

/* ---- RAW <-> KMEM ---- */

static int enter_kmem(const struct devmem *of, struct why *why)
{
	struct devmem *d;
	int r = hotplug_enter(why);

	if (r)
		return r;
	r = devmem_get(of->pa, of->len, DEVMEM_RAW, &d, why);
	if (!r)
		d->mode = DEVMEM_KMEM;
	hotplug_write_unlock();
	return r;
}

/* Refused while any part of the range is present, whichever way it was added.  After the blocks
 * were removed there is no way back, so the lock is taken without a failure point. */
static int leave_kmem(const struct devmem *of, struct why *why)
{
	struct block_span s;
	struct devmem *d;
	int r = hotplug_span_init(&s, of->pa, of->len, why);

	hotplug_write_lock();
	if (!r)
		r = devmem_get(of->pa, of->len, DEVMEM_KMEM, &d, why);
	if (!r)
		r = hotplug_span_absent(&s, why);
	if (!r)
		d->mode = DEVMEM_RAW;
	hotplug_write_unlock();
	return r;
}

static int raw_to_kmem(const struct devmem *of, struct hotplug_report *report, struct why *why)
{
	struct hotplug_opts opts;
	int r;

	hotplug_opts_default(&opts);
	opts.memmap = of->opts.memmap;
	opts.leaves = of->opts.leaves;
	r = enter_kmem(of, why);
	if (r)
		return r;
	r = hotplug_add(of->pa, of->len, of->node, &opts, report, why);
	if (r)
		leave_kmem(of, NULL);
	return r;
}

/* The operator may have removed the blocks by hand.  -ENXIO of the removal is then no error if all
 * are absent; leave_kmem() refuses if some are left. */
static int kmem_to_raw(const struct devmem *of, struct hotplug_report *report, struct why *why)
{
	int r = hotplug_remove(of->pa, of->len, NULL, report, why);

	return r && r != -ENXIO ? r : leave_kmem(of, why);
}

/* ---- all edges ---- */

typedef int edge_fn(const struct devmem *, struct hotplug_report *, struct why *);

static edge_fn *const from_raw[DEVMEM_MODES] = {
	[DEVMEM_DAX] = raw_to_dax,
	[DEVMEM_KMEM] = raw_to_kmem,
};

static edge_fn *const to_raw[DEVMEM_MODES] = {
	[DEVMEM_DAX] = dax_to_raw,
	[DEVMEM_KMEM] = kmem_to_raw,
};

/* Check the target mode before the old mode is left. */
static int check_target(const struct devmem *d, enum devmem_mode to, struct why *why)
{
	struct block_span s;

	if (d->mode == to)
		return refuse(why, EBUSY, "the device range %s is %s already",
			      hotplug_range_text(d->pa, d->len).text, devmem_mode_name(to));
	if (to == DEVMEM_KMEM && d->opts.uncached)
		return refuse(why, EPERM, "the device range %s is memory of a bus, and no RAM",
			      hotplug_range_text(d->pa, d->len).text);
	return to == DEVMEM_KMEM ? hotplug_span_init(&s, d->pa, d->len, why) : 0;
}

static int find_copy(paddr_t pa, u64 len, struct devmem *copy, struct why *why)
{
	struct devmem *d;
	int r;

	hotplug_read_lock();
	r = devmem_get(pa, len, DEVMEM_MODES, &d, why);
	if (!r)
		*copy = *d;
	hotplug_read_unlock();
	return r;
}

int devmem_set_mode(paddr_t pa, u64 len, enum devmem_mode to, struct hotplug_report *report,
		    struct why *why)
{
	struct hotplug_report unused;
	struct devmem d;
	int r = find_copy(pa, len, &d, why);

	report = report ? report : &unused;
	if (!r && to >= DEVMEM_MODES)
		r = refuse(why, EINVAL, "mode %u: there is raw, dax and kmem", to);
	if (!r)
		r = check_target(&d, to, why);
	if (!r && d.mode != DEVMEM_RAW)
		r = to_raw[d.mode](&d, report, why);
	if (r || to == DEVMEM_RAW)
		return r;
	r = from_raw[to](&d, report, why);
	/* return to the old mode: the memory that it needs was freed a moment ago */
	if (r && d.mode != DEVMEM_RAW)
		from_raw[d.mode](&d, &unused, NULL);
	return r;
}

int devmem_add(paddr_t pa, u64 len, unsigned node, const struct devmem_opts *o,
	       struct hotplug_report *report, struct why *why)
{
	int r = devmem_claim(pa, len, node, o, why);

	if (r)
		return r;
	r = devmem_set_mode(pa, len, DEVMEM_DAX, report, why);
	if (r)
		release_surely(pa, len, NULL);
	return r;
}

int devmem_remove(paddr_t pa, u64 len, struct hotplug_report *report, struct why *why)
{
	struct devmem d;
	int r = find_copy(pa, len, &d, why);

	if (r || d.mode == DEVMEM_RAW)
		return r ? r : devmem_release(pa, len, why);
	r = to_raw[d.mode](&d, report, why);
	return r ? r : release_surely(pa, len, why);
}
