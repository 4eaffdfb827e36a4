/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/subsection_change.c - add and remove sub-sections.  The order of steps is that of
 * blocks (mm/hotplug/hotplug_add.c, mm/hotplug/hotplug_remove.c): steps that may fail first, the
 * registry last.
 */
#include <lib/printf.h>
#include <mm/hotplug/hotplug_map.h>
#include <mm/hotplug/subsection_internal.h>

/* ---- add ---- */

static int may_add(const struct hot_add *a, struct why *why)
{
	int err = hotplug_span_absent(&a->span, why);

	if (!err && !a->opts.anywhere)
		err = hotplug_span_withheld(&a->span, why);
	if (!err)
		err = hotplug_notify_prepare(NOTE_PREPARE_ADD, NOTE_NONE, &a->span, why);
	return err ? err : subsection_room(why);
}

static void subsection_act(struct hot_add *a)
{
	hot_add_act(a);
	hotplug_meter_stop(&a->meter, a->report);
	subsection_insert((struct subsection_range) { .pfn = a->span.pfn,
						      .nr = a->span.nr,
						      .memmap = a->opts.memmap,
						      .node = a->node,
						      .leaves = a->opts.leaves });
	hotplug_notify(NOTE_ADDED, &a->span);
}

int subsection_add(paddr_t pa, u64 len, unsigned node, const struct hotplug_opts *opts,
		   struct hotplug_report *report, struct why *why)
{
	struct hot_add a = { .node = node, .users = 1, .provenance = PAGE_DEVICE };
	int err = hotplug_span_init_subsections(&a.span, pa, len, why);

	if (!err)
		err = hot_add_lock(&a, opts, report, why);
	if (err)
		return err;
	err = may_add(&a, why);
	hotplug_meter_start(&a.meter);
	if (!err)
		err = hot_add_plan(&a, why);
	if (!err)
		subsection_act(&a);
	hotplug_write_unlock();
	return err;
}

/* ---- remove ---- */

/* The refusal for a sub-section that is absent: boot memory, a whole block, or nothing. */
static int not_there(const struct block_span *s, pfn_t pfn, struct why *why)
{
	const struct block *b = block_find(pfn);
	struct range_text text = range_text(s->pa, s->len);

	if (b && b->boot)
		return refuse(why, EPERM, "%s: block %lu is boot memory%s", text.text,
			      block_nr(pfn << page_shift()), b->partial ? ", and only partly" : "");
	if (b && !b->held)
		return refuse(why, EINVAL,
			      "%s: block %lu was added as a whole and is removed as a whole",
			      text.text, block_nr(pfn << page_shift()));
	return refuse(why, ENXIO, "%s: the sub-section at 0x%lx is not there", text.text,
		      pfn << page_shift());
}

static bool sticks_out(const struct subsection_range *r, const struct block_span *s)
{
	return r->pfn < s->pfn || r->pfn + r->nr > s->pfn + s->nr;
}

/* Check that every sub-section of the span is present and no memmap=device range is cut. */
static int is_there(const struct block_span *s, struct why *why)
{
	for (pfn_t pfn = s->pfn; pfn < s->pfn + s->nr;) {
		const struct subsection_range *r = subsection_find(pfn, 1);

		if (!r)
			return not_there(s, pfn, why);
		if (subsection_is_one(r) && sticks_out(r, s))
			return refuse(
				why, EBUSY,
				"%s was added with memmap=device: its front holds the memmap of "
				"all, "
				"so it is removed as a whole",
				range_text(r->pfn << page_shift(), r->nr << page_shift()).text);
		pfn = r->pfn + r->nr;
	}
	return 0;
}

static const struct memmap_scheme *subsection_scheme_of(pfn_t pfn, pfn_t *end)
{
	const struct subsection_range *r = subsection_find(pfn, 1);

	ASSERT(r);
	*end = r->pfn + r->nr;
	return r->memmap;
}

static bool leaves_of(pfn_t pfn, pfn_t *end)
{
	subsection_scheme_of(pfn, end);
	return subsection_find(pfn, 1)->leaves;
}

/* A removal from the middle of a range makes two of it and needs room for one more.  Any other
 * needs none, however full the registry is. */
static int room(const struct block_span *s, struct why *why)
{
	const struct subsection_range *r = subsection_find(s->pfn, 1);
	bool two = r->pfn < s->pfn && r->pfn + r->nr > s->pfn + s->nr;

	return two ? subsection_room(why) : 0;
}

static int may_remove(const struct hot_remove *d)
{
	int err = is_there(&d->span, d->why);

	if (!err)
		err = hotplug_notify_prepare(NOTE_PREPARE_REMOVE, NOTE_NONE, &d->span, d->why);
	return err ? err : room(&d->span, d->why);
}

int subsection_remove(paddr_t pa, u64 len, const struct hotplug_opts *opts,
		      struct hotplug_report *report, struct why *why)
{
	struct hot_remove d = { .leaves = leaves_of };
	int err = hotplug_span_init_subsections(&d.span, pa, len, why);

	if (!err)
		err = hot_remove_lock(&d, opts, report, why);
	if (err)
		return err;
	err = may_remove(&d);
	if (!err)
		err = hot_remove_plan_whole(&d, subsection_scheme_of, 0);
	if (!err) {
		hot_remove_whole(&d);
		subsection_cut(d.span.pfn, d.span.nr); /* after both maps (S0-02) */
		hotplug_notify(NOTE_REMOVED, &d.span);
	}
	return hot_remove_unlock(&d, err);
}
