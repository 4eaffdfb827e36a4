/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/event_device.c - events about device memory (mm/hotplug/devmem.h): it is added in mode
 * DAX, and it keeps its contents at removal.  A range that the operator changed to raw or RAM can
 * be removed as well, but not while blocks of it are online: only the operator takes those offline.
 */
#include <lib/printf.h>
#include <mm/hotplug/devmem.h>
#include <mm/hotplug/event_internal.h>

/* Add the range as device memory, in mode DAX, with the source's reserve at its front. */
static int add(const struct event *e, const struct event_range *r, const struct event_policy *p,
	       struct hotplug_report *report, struct why *why)
{
	struct devmem_opts opts = { .memmap = p->opts.memmap,
				    .reserve = e->source->reserve,
				    .owner = e->source,
				    .uncached = e->uncached,
				    .leaves = p->opts.leaves };

	return devmem_add(r->pa, r->len, r->node, &opts, report, why);
}

static int take_back(const struct event_range *r)
{
	return devmem_remove(r->pa, r->len, NULL, NULL);
}

/* Copy the device range that overlaps the event's range; false: none does. */
static bool devmem_holding(const struct event_range *r, struct devmem *copy)
{
	const struct devmem *d;

	hotplug_read_lock();
	d = devmem_find(r->pa >> page_shift(), r->len >> page_shift());
	if (d)
		*copy = *d;
	hotplug_read_unlock();
	return d != NULL;
}

static void describe(const struct event *e, const struct event_policy *p, char *text, size_t size)
{
	struct devmem d;
	size_t at = (size_t)snprintf(text, size, "as device memory%s, in no zone, memmap=%s",
				     e->uncached ? ", not cacheable" : "", p->opts.memmap->s.name);

	if (at < size && devmem_holding(&e->range[0], &d) && d.data)
		snprintf(text + at, size - at, ", data from 0x%lx", d.pa + d.data);
}

/* only a whole range that this source added. */
static int check(const struct event *e, const struct event_range *r, struct why *why)
{
	struct devmem d;

	if (!devmem_holding(r, &d)) {
		/* removed by hand: the device may be ejected, unless other memory was added there
		 */
		if (e->here)
			return hotplug_may_release(r->pa, r->len, why);
		return refuse(why, ENXIO, "no device range of %s is there",
			      range_text(r->pa, r->len).text);
	}
	if (d.opts.owner != e->source)
		return refuse(why, EPERM, "the device range %s was not added by %s",
			      range_text(d.pa, d.len).text, e->source->name);
	if (d.pa != r->pa || d.len != r->len)
		return refuse(why, EINVAL, "it was added with %s: only all of it can be removed",
			      range_text(d.pa, d.len).text);
	return 0;
}

/* A range that was removed by hand is no error here: check() has decided. */
static int remove(const struct event *e, const struct event_range *r, struct hotplug_report *report,
		  struct why *why)
{
	struct devmem d;

	(void)e;
	return devmem_holding(r, &d) ? devmem_remove(r->pa, r->len, report, why) : 0;
}

const struct event_kind_ops event_device = {
	.add = add,
	.take_back = take_back,
	.check = check,
	.remove = remove,
	.describe = describe,
	.memmap = "host", /* nothing is written to the device */
};
