// SPDX-License-Identifier: BSD-2-Clause
/*
 * mm/hotplug/event_device.c - events about memory of a device (mm/hotplug/devmem.h): it comes as DAX,
 * what it holds stays when it goes.  An operator may have made it raw or RAM; it goes from there
 * as well, but not while blocks of it are online: nobody but him takes those offline.
 */
#include <mm/hotplug/event_internal.h>
#include <lib/printf.h>
#include <mm/hotplug/devmem.h>

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

/* The device range that a page of it lies in; false: none. */
static bool find(const struct event_range *r, struct devmem *copy)
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

	if (at < size && find(&e->range[0], &d) && d.data)
		snprintf(text + at, size - at, ", data from 0x%llx",
			 (unsigned long long)(d.pa + d.data));
}

static int check(const struct event *e, const struct event_range *r, struct why *why)
{
	struct devmem d;

	if (!find(r, &d)) {
		/* gone by hand: no reason to keep the device, unless he put there something else */
		if (e->here)
			return hotplug_may_release(r->pa, r->len, why);
		return refuse(why, ENXIO, "no device range of 0x%llx+0x%llx is there",
			      (unsigned long long)r->pa, (unsigned long long)r->len);
	}
	if (d.opts.owner != e->source)
		return refuse(why, EPERM, "the device range 0x%llx+0x%llx was not added by %s",
			      (unsigned long long)d.pa, (unsigned long long)d.len, e->source->name);
	if (d.pa != r->pa || d.len != r->len)
		return refuse(why, EINVAL, "it came with 0x%llx+0x%llx: only all of it can go",
			      (unsigned long long)d.pa, (unsigned long long)d.len);
	return 0;
}

static int remove(const struct event *e, const struct event_range *r, struct hotplug_report *report,
		  struct why *why)
{
	struct devmem d;

	(void)e;
	return find(r, &d) ? devmem_remove(r->pa, r->len, report, why) : 0;
}

const struct event_kind_ops event_device = {
	.add = add,
	.take_back = take_back,
	.check = check,
	.remove = remove,
	.describe = describe,
	.memmap = "host", /* nothing is written to the device */
};
