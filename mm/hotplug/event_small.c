/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/event_small.c - events about less than a block: sub-sections
 * (mm/hotplug/subsection.h), which are in no zone and have no states.
 */
#include <lib/printf.h>
#include <mm/hotplug/event_internal.h>
#include <mm/hotplug/subsection.h>

/* The first present sub-sections of the range; false: none is present. */
static bool next(const struct event_range *r, paddr_t *pa, u64 *len)
{
	const struct subsection_range *s;
	pfn_t pfn = r->pa >> page_shift(), end = (r->pa + r->len) >> page_shift();

	hotplug_read_lock();
	s = subsection_find(pfn, end - pfn);
	if (s) {
		*pa = max_u64(s->pfn, pfn) << page_shift();
		*len = (min_u64(s->pfn + s->nr, end) << page_shift()) - *pa;
	}
	hotplug_read_unlock();
	return s != NULL;
}

static int add(const struct event *e, const struct event_range *r, const struct event_policy *p,
	       struct hotplug_report *report, struct why *why)
{
	(void)e;
	return subsection_add(r->pa, r->len, r->node, &p->opts, report, why);
}

static void describe(const struct event *e, const struct event_policy *p, char *text, size_t size)
{
	(void)e;
	snprintf(text, size, "by sub-sections, in no zone, memmap=%s", p->opts.memmap->s.name);
}

/* A removal needs at least one present sub-section, unless the source had added the range. */
static int check(const struct event *e, const struct event_range *r, struct why *why)
{
	paddr_t pa;
	u64 len;

	if (e->here || next(r, &pa, &len))
		return 0;
	return refuse(why, ENXIO, "no sub-section of %s is there", range_text(r->pa, r->len).text);
}

/* Remove all present sub-sections; the operator may have removed some by hand. */
static int remove_all(const struct event_range *r, struct hotplug_report *report, struct why *why)
{
	paddr_t pa;
	int err = 0;
	u64 len;

	while (!err && next(r, &pa, &len))
		err = subsection_remove(pa, len, NULL, report, why);
	/* other memory may have been added where the operator removed some */
	return err ? err : hotplug_may_release(r->pa, r->len, why);
}

static int remove(const struct event *e, const struct event_range *r, struct hotplug_report *report,
		  struct why *why)
{
	(void)e;
	return remove_all(r, report, why);
}

static int take_back(const struct event_range *r)
{
	return remove_all(r, NULL, NULL);
}

const struct event_kind_ops event_subsections = {
	.add = add,
	.take_back = take_back,
	.check = check,
	.remove = remove,
	.describe = describe,
};
