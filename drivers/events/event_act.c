// SPDX-License-Identifier: BSD-2-Clause
/*
 * drivers/events/event_act.c - what an event asks for, done all or none with the operations of
 * mm/hotplug.h.  Whatever is refused leaves the blocks in the states that they had.
 */
#include <drivers/events/event_internal.h>
#include <drivers/fdt/fdt.h>
#include <drivers/pci/pci.h>
#include <kern/args.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/region.h>
#include <mm/subsection.h>

typedef unsigned long long ull;

/* ---- the policy of the source (S2-24) ---- */

struct policy {
	struct hotplug_opts opts;
	bool online;
	enum zone_id zone;
};

static int policy_of(const struct event_source *s, struct policy *p, struct why *why)
{
	const char *online = arg_text_of(s->name, ARG_ONLINE, NULL);

	hotplug_opts_default(&p->opts);
	p->opts.owner = s;
	p->opts.memmap = memmap_scheme_find(arg_text_of(s->name, ARG_MEMMAP, s->memmap), why);
	p->online = strcmp(online, "no") != 0;
	p->zone = strcmp(online, "normal") ? ZONE_MOVABLE : ZONE_NORMAL;
	return p->opts.memmap ? 0 : -EINVAL;
}

/* ---- memory that comes with its device: withheld from now on, until the device takes it ---- */

static int registry_change(const struct event_range *r, bool there, struct why *why)
{
	int err;

	hotplug_write_lock();
	err = there ? region_add(r->pa, r->len, MEM_WITHHELD, r->node, why)
		    : region_remove(r->pa, r->len, MEM_WITHHELD, why);
	hotplug_write_unlock();
	return err;
}

/* A device may claim anything: registers do not become memory, here or behind a bridge. */
static const char *registers_at(const struct event *e, const struct event_range *r)
{
	const struct pci_host *bridge = e->source->in_window ? NULL : pci_bridge();

	if (bridge && (pci_window_has(&bridge->low, r->pa, r->len) ||
		       pci_window_has(&bridge->high, r->pa, r->len)))
		return "the PCI bridge";
	return event_tree ? fdt_owner(event_tree, r->pa, r->len) : NULL;
}

static int arrive(const struct event *e, const struct event_range *r, struct why *why)
{
	const char *owner;

	if (!e->brings)
		return 0;
	owner = registers_at(e, r);
	if (owner)
		return refuse(why, EEXIST, "the memory at 0x%llx lies over registers of %s",
			      (ull)r->pa, owner);
	if (r->node >= NODES_MAX)
		return refuse(why, EINVAL, "node %u: there are nodes 0 to %u", r->node,
			      NODES_MAX - 1);
	return registry_change(r, true, why);
}

static void depart(const struct event *e, const struct event_range *r)
{
	if (e->brings)
		registry_change(r, false, NULL);
}

/* ---- runs of blocks in one state inside a range ---- */

struct run {
	paddr_t pa;
	u64 len;
};

typedef bool block_is(const struct block *);

static bool is_online(const struct block *b)
{
	return b->state == BLOCK_ONLINE;
}

static bool is_offline(const struct block *b)
{
	return b->state == BLOCK_OFFLINE;
}

static bool is_recalled(const struct block *b)
{
	return b->recall && b->state == BLOCK_OFFLINE;
}

static struct block *block_at(paddr_t pa)
{
	return block_find(pa >> page_shift());
}

/* The next run from run->pa + run->len on whose blocks are all `is`; start with len = 0. */
static bool next_run(const struct event_range *r, struct run *run, block_is *is)
{
	paddr_t at = run->pa + run->len, end = r->pa + r->len;
	const struct block *b;

	while (at < end && !((b = block_at(at)) && is(b)))
		at += layout.block_bytes;
	run->pa = at;
	while (at < end && (b = block_at(at)) && is(b))
		at += layout.block_bytes;
	run->len = at - run->pa;
	return run->len != 0;
}

/* ---- less than a block ---- */

/* The next sub-sections of the range that are there; false: none. */
static bool next_small(const struct event_range *r, struct run *run)
{
	const struct subsection_range *s;
	pfn_t pfn = r->pa >> page_shift(), end = (r->pa + r->len) >> page_shift();

	hotplug_read_lock();
	s = subsection_find(pfn, end - pfn);
	if (s) {
		run->pa = max_u64(s->pfn, pfn) << page_shift();
		run->len = (min_u64(s->pfn + s->nr, end) << page_shift()) - run->pa;
	}
	hotplug_read_unlock();
	return s != NULL;
}

static int remove_small(const struct event_range *r, struct hotplug_report *report, struct why *why)
{
	struct run run;
	int err = 0;

	while (!err && next_small(r, &run))
		err = subsection_remove(run.pa, run.len, NULL, report, why);
	return err;
}

/* ---- add ---- */

static int online_range(const struct event_range *r, enum zone_id zone, block_is *is,
			struct why *why)
{
	struct run run = { r->pa, 0 };
	int err = 0;

	while (!err && next_run(r, &run, is))
		err = hotplug_online(run.pa, run.len, zone, NULL, why);
	return err;
}

/* What can be undone of a range that was added, and perhaps brought online, a moment ago. */
static void take_back(const struct event *e, const struct event_range *r)
{
	struct run run = { r->pa, 0 };

	while (!e->small && next_run(r, &run, is_online))
		hotplug_offline(run.pa, run.len, NULL, NULL);
	if (!(e->small ? remove_small(r, NULL, NULL)
		       : hotplug_remove(r->pa, r->len, NULL, NULL, NULL)))
		depart(e, r);
}

static int add_one(const struct event *e, const struct event_range *r, const struct policy *p,
		   struct hotplug_report *report, struct why *why)
{
	struct hotplug_opts opts = p->opts;
	int err = arrive(e, r, why);

	if (err)
		return err;
	opts.parts = e->parts;
	err = (e->small ? subsection_add : hotplug_add)(r->pa, r->len, r->node, &opts, report, why);
	if (err) {
		depart(e, r);
		return err;
	}
	err = p->online && !e->small ? online_range(r, p->zone, is_offline, why) : 0;
	if (err)
		take_back(e, r);
	return err;
}

int event_add(const struct event *e, struct hotplug_report *report, char *text, size_t size,
	      struct why *why)
{
	struct policy p;
	int err = policy_of(e->source, &p, why);

	for (unsigned i = 0; !err && i < e->nr_ranges; i++) {
		err = add_one(e, &e->range[i], &p, report, why);
		while (err && i-- > 0)
			take_back(e, &e->range[i]);
	}
	if (!err && e->small)
		snprintf(text, size, "by sub-sections, in no zone, memmap=%s",
			 p.opts.memmap->s.name);
	else if (!err)
		snprintf(text, size, "%s%s, memmap=%s", p.online ? "online as " : "left offline",
			 p.online ? zone_name(p.zone) : "", p.opts.memmap->s.name);
	return err;
}

/* ---- remove ---- */

/* whole, as one add of this source brought it. */
static int check_block(const struct event *e, const struct event_range *r, const struct block *b,
		       struct why *why)
{
	ull nr = block_nr(b->first_pfn << page_shift());

	if (b->boot)
		return refuse(why, EPERM, "block %llu is boot memory", nr);
	if (b->owner != e->source)
		return refuse(why, EPERM, "block %llu was not added by %s", nr, e->source->name);
	if (b->range_pfn << page_shift() != r->pa || b->range_blocks * layout.block_bytes != r->len)
		return refuse(why, EINVAL,
			      "block %llu came with 0x%llx+0x%llx: only all of it can go", nr,
			      (ull)b->range_pfn << page_shift(),
			      (ull)b->range_blocks * layout.block_bytes);
	return 0;
}

static int check_small(const struct event *e, const struct event_range *r, struct why *why)
{
	struct run run;

	if (e->here || next_small(r, &run))
		return 0;
	return refuse(why, ENXIO, "no sub-section of 0x%llx+0x%llx is there", (ull)r->pa,
		      (ull)r->len);
}

static int check_range(const struct event *e, const struct event_range *r, struct why *why)
{
	bool any = false;
	int err = 0;

	if (e->small)
		return check_small(e, r, why);
	if (!r->len || r->pa + r->len < r->pa || !is_aligned(r->pa | r->len, layout.block_bytes))
		return refuse(why, EINVAL, "0x%llx+0x%llx is not made of whole blocks of %llu MiB",
			      (ull)r->pa, (ull)r->len, (ull)(layout.block_bytes / MiB));
	if (!layout_is_mappable(r->pa, r->len))
		return refuse(why, ERANGE, "0x%llx+0x%llx is beyond what the linear map reaches",
			      (ull)r->pa, (ull)r->len);
	for (paddr_t pa = r->pa; !err && pa < r->pa + r->len; pa += layout.block_bytes) {
		const struct block *b = block_at(pa);

		any |= b != NULL;
		err = b ? check_block(e, r, b, why) : 0;
	}
	if (err || any || e->here) /* gone by hand: no reason to keep the device */
		return err;
	return refuse(why, ENXIO, "block %llu is not there", (ull)block_nr(r->pa));
}

static void set_recall(const struct event_range *r, block_is *is, bool on)
{
	for (paddr_t pa = r->pa; pa < r->pa + r->len; pa += layout.block_bytes) {
		struct block *b = block_at(pa);

		if (b && is(b))
			b->recall = on;
	}
}

/* The blocks that this request took offline return to their zones. */
static void recall_range(const struct event_range *r, struct why *why)
{
	for (paddr_t pa = r->pa; pa < r->pa + r->len; pa += layout.block_bytes) {
		const struct block *b = block_at(pa);

		if (b && is_recalled(b) &&
		    hotplug_online(pa, layout.block_bytes, b->zone, NULL, NULL))
			refuse(why, -why->code, "block %llu stays offline: it was asked to return",
			       (ull)block_nr(pa));
	}
}

static int offline_range(const struct event_range *r, u64 *moved, struct why *why)
{
	struct run run = { r->pa, 0 };
	struct hotplug_report report;
	int err = 0;

	while (!err && next_run(r, &run, is_online)) {
		err = hotplug_offline(run.pa, run.len, &report, why);
		*moved += err ? 0 : report.moved_pages;
	}
	return err;
}

static int remove_range(const struct event_range *r, struct hotplug_report *report, struct why *why)
{
	struct run run = { r->pa, 0 };
	int err = 0;

	while (!err && next_run(r, &run, is_offline))
		err = hotplug_remove(run.pa, run.len, NULL, report, why);
	return err ? err : hotplug_may_release(r->pa, r->len, why);
}

/* Ranges before `i` are gone: they come again, empty, as the policy says. */
static void bring_back(const struct event *e, unsigned i)
{
	struct hotplug_report report;
	struct policy p;

	while (i-- > 0)
		if (!policy_of(e->source, &p, NULL))
			add_one(e, &e->range[i], &p, &report, NULL);
}

static int offline_all(const struct event *e, u64 *moved, struct why *why)
{
	int err = 0;

	if (e->small)
		return 0;
	for (unsigned i = 0; i < e->nr_ranges; i++) {
		set_recall(&e->range[i], is_offline, false);
		set_recall(&e->range[i], is_online, true);
	}
	for (unsigned i = 0; !err && i < e->nr_ranges; i++)
		err = offline_range(&e->range[i], moved, why);
	return err;
}

static int remove_all(const struct event *e, struct hotplug_report *report, struct why *why)
{
	int err = 0;

	for (unsigned i = 0; !err && i < e->nr_ranges; i++) {
		err = e->small ? remove_small(&e->range[i], report, why)
			       : remove_range(&e->range[i], report, why);
		if (err)
			bring_back(e, i);
		else
			depart(e, &e->range[i]);
	}
	return err;
}

int event_remove(const struct event *e, struct hotplug_report *report, char *text, size_t size,
		 struct why *why)
{
	u64 moved = 0;
	int err = 0;

	for (unsigned i = 0; !err && i < e->nr_ranges; i++)
		err = check_range(e, &e->range[i], why);
	if (err)
		return err;
	if (e->source->begin)
		e->source->begin((struct event *)e);
	err = offline_all(e, &moved, why);
	if (!err)
		err = remove_all(e, report, why);
	for (unsigned i = 0; err && !e->small && i < e->nr_ranges; i++)
		recall_range(&e->range[i], why);
	report->moved_pages = moved;
	if (!err)
		snprintf(text, size, "gone, %llu pages in use moved elsewhere", (ull)moved);
	return err;
}
