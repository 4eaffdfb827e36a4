/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/devmem_change.c - the edges between the modes of a device range (mm/hotplug/devmem.h).
 *
 * Each edge takes and releases the hotplug lock; the entry keeps the range claimed in between.
 * While the range is KMEM its memory belongs to the hotplug core, which takes the lock itself.
 */
#include <lib/printf.h>
#include <mm/hotplug/devmem_internal.h>

/* ---- absent <-> RAW ---- */

static int claim_locked(const struct hot_add *a, struct why *why)
{
	struct devmem_cost cost;
	int err = devmem_absent(&a->span, why);

	if (!err)
		err = hotplug_span_withheld(&a->span, why);
	if (!err)
		err = devmem_count(a, &cost, why);
	if (!err)
		err = devmem_room(why);
	if (err)
		return err;
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
	struct hot_add a;
	int err = devmem_check(pa, len, node, o, &a, why);

	if (!err)
		err = hot_add_lock(&a, &a.opts, NULL, why);
	if (err)
		return err;
	err = claim_locked(&a, why);
	hotplug_write_unlock();
	return err;
}

/* The caller holds the lock for write; this function releases it. */
static int release_locked(paddr_t pa, u64 len, struct why *why)
{
	struct devmem *d;
	int err = devmem_get(pa, len, DEVMEM_RAW, &d, why);

	if (!err)
		devmem_delete(d);
	hotplug_write_unlock();
	return err;
}

int devmem_release(paddr_t pa, u64 len, struct why *why)
{
	int err = hotplug_enter(why);

	return err ? err : release_locked(pa, len, why);
}

/* Undo a claim, or end a removal: must not fail, so the lock is taken without a failure point. */
static int release_surely(paddr_t pa, u64 len, struct why *why)
{
	hotplug_write_lock();
	return release_locked(pa, len, why);
}

/* ---- RAW -> DAX ---- */

static int enough(const struct hot_add *a, struct why *why)
{
	struct devmem_cost c;
	int err = devmem_count(a, &c, why);

	if (err || c.need <= c.free)
		return err;
	return refuse(why, ENOMEM,
		      "%s needs %lu KiB of old memory (memmap %lu KiB, tables %lu KiB), %lu KiB "
		      "are free",
		      range_text(a->span.pa, a->span.len).text, c.need / KiB,
		      ((c.need - c.tables) / KiB), c.tables / KiB, c.free / KiB);
}

static int devmem_may_map(const struct hot_add *a, struct devmem **d, struct why *why)
{
	int err = devmem_get(a->span.pa, a->span.len, DEVMEM_RAW, d, why);

	if (!err)
		err = enough(a, why);
	return err ? err : hotplug_notify_prepare(NOTE_PREPARE_ADD, NOTE_NONE, &a->span, why);
}

static int raw_to_dax(const struct devmem *of, struct hotplug_report *report, struct why *why)
{
	struct hot_add a;
	struct devmem *d;
	int err = devmem_check(of->pa, of->len, of->node, &of->opts, &a, why);

	if (!err)
		err = hot_add_lock(&a, &a.opts, report, why);
	if (err)
		return err;
	err = devmem_may_map(&a, &d, why);
	hotplug_meter_start(&a.meter);
	if (!err)
		err = hot_add_plan(&a, why);
	if (!err) {
		hot_add_act(&a);
		hotplug_meter_stop(&a.meter, a.report);
		d->mode = DEVMEM_DAX;
		hotplug_notify(NOTE_ADDED, &a.span);
	}
	hotplug_write_unlock();
	return err;
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

static int devmem_may_unmap(const struct hot_remove *out, struct devmem **d)
{
	int err = devmem_get(out->span.pa, out->span.len, DEVMEM_DAX, d, out->why);

	return err ? err
		   : hotplug_notify_prepare(NOTE_PREPARE_REMOVE, NOTE_NONE, &out->span, out->why);
}

static int dax_to_raw(const struct devmem *of, struct hotplug_report *report, struct why *why)
{
	struct hot_remove out = { .leaves = leaves_of };
	struct devmem *d;
	int err = hotplug_span_init_subsections(&out.span, of->pa, of->len, why);

	if (!err)
		err = hot_remove_lock(&out, NULL, report, why);
	if (err)
		return err;
	err = devmem_may_unmap(&out, &d);
	if (!err)
		err = hot_remove_plan_whole(&out, devmem_scheme_of,
					    d->opts.compound >> page_shift());
	if (!err) {
		hot_remove_whole(&out);
		d->mode = DEVMEM_RAW;
		hotplug_notify(NOTE_REMOVED, &out.span);
	}
	return hot_remove_unlock(&out, err);
}

/* ---- RAW <-> KMEM ---- */

static int enter_kmem(const struct devmem *of, struct why *why)
{
	struct devmem *d;
	int err = hotplug_enter(why);

	if (err)
		return err;
	err = devmem_get(of->pa, of->len, DEVMEM_RAW, &d, why);
	if (!err)
		d->mode = DEVMEM_KMEM;
	hotplug_write_unlock();
	return err;
}

/* Refused while any part of the range is present, whichever source added it.  The removal of the
 * blocks cannot be undone, so the lock is taken without a failure point. */
static int leave_kmem(const struct devmem *of, struct why *why)
{
	struct block_span s;
	struct devmem *d;
	int err = hotplug_span_init(&s, of->pa, of->len, why);

	hotplug_write_lock();
	if (!err)
		err = devmem_get(of->pa, of->len, DEVMEM_KMEM, &d, why);
	if (!err)
		err = hotplug_span_absent(&s, why);
	if (!err)
		d->mode = DEVMEM_RAW;
	hotplug_write_unlock();
	return err;
}

static int raw_to_kmem(const struct devmem *of, struct hotplug_report *report, struct why *why)
{
	struct hotplug_opts opts;
	int err;

	hotplug_opts_default(&opts);
	opts.memmap = of->opts.memmap;
	opts.leaves = of->opts.leaves;
	err = enter_kmem(of, why);
	if (err)
		return err;
	err = hotplug_add(of->pa, of->len, of->node, &opts, report, why);
	if (err)
		leave_kmem(of, NULL);
	return err;
}

/* The operator may have removed the blocks by hand.  -ENXIO of the removal is then no error if all
 * are absent; leave_kmem() refuses if some are left. */
static int kmem_to_raw(const struct devmem *of, struct hotplug_report *report, struct why *why)
{
	int err = hotplug_remove(of->pa, of->len, NULL, report, why);

	return err && err != -ENXIO ? err : leave_kmem(of, why);
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
			      range_text(d->pa, d->len).text, devmem_mode_name(to));
	if (to == DEVMEM_KMEM && d->opts.uncached)
		return refuse(why, EPERM, "the device range %s is memory of a bus, and no RAM",
			      range_text(d->pa, d->len).text);
	return to == DEVMEM_KMEM ? hotplug_span_init(&s, d->pa, d->len, why) : 0;
}

static int find_copy(paddr_t pa, u64 len, struct devmem *copy, struct why *why)
{
	struct devmem *d;
	int err;

	hotplug_read_lock();
	err = devmem_get(pa, len, DEVMEM_MODES, &d, why);
	if (!err)
		*copy = *d;
	hotplug_read_unlock();
	return err;
}

int devmem_set_mode(paddr_t pa, u64 len, enum devmem_mode to, struct hotplug_report *report,
		    struct why *why)
{
	struct hotplug_report unused;
	struct devmem d;
	int err = find_copy(pa, len, &d, why);

	if (!err && to >= DEVMEM_MODES)
		err = refuse(why, EINVAL, "mode %u: there is raw, dax and kmem", to);
	if (!err)
		err = check_target(&d, to, why);
	if (!err && d.mode != DEVMEM_RAW)
		err = to_raw[d.mode](&d, report, why);
	if (err || to == DEVMEM_RAW)
		return err;
	err = from_raw[to](&d, report, why);
	/* return to the old mode: the memory that it needs was just freed */
	if (err && d.mode != DEVMEM_RAW)
		from_raw[d.mode](&d, &unused, NULL);
	return err;
}

int devmem_add(paddr_t pa, u64 len, unsigned node, const struct devmem_opts *o,
	       struct hotplug_report *report, struct why *why)
{
	int err = devmem_claim(pa, len, node, o, why);

	if (err)
		return err;
	err = devmem_set_mode(pa, len, DEVMEM_DAX, report, why);
	if (err)
		release_surely(pa, len, NULL);
	return err;
}

int devmem_remove(paddr_t pa, u64 len, struct hotplug_report *report, struct why *why)
{
	struct devmem d;
	int err = find_copy(pa, len, &d, why);

	if (err || d.mode == DEVMEM_RAW)
		return err ? err : devmem_release(pa, len, why);
	err = to_raw[d.mode](&d, report, why);
	return err ? err : release_surely(pa, len, why);
}
