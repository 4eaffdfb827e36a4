/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/event_act.c - executes the request of an event, all or none, by the operations for its
 * kind of memory.  A refusal changes nothing.
 */
#include <kern/args.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/hotplug/event_internal.h>
#include <mm/page/region.h>

static const struct event_kind_ops *const kinds[] = {
	[EVENT_BLOCKS] = &event_blocks,
	[EVENT_SUBSECTIONS] = &event_subsections,
	[EVENT_DEVICE] = &event_device,
};

/* ---- policy of the source (S2-24) ---- */

/* Resolve SOURCE.memmap= and SOURCE.online=, the source's defaults and the global arguments. */
static int policy_of(const struct event *e, struct event_policy *p, struct why *why)
{
	const struct event_source *s = e->source;
	const char *online = arg_text_of(s->name, ARG_ONLINE, NULL);
	const char *memmap = s->memmap ? s->memmap : kinds[e->kind]->memmap;

	hotplug_opts_default(&p->opts);
	p->opts.owner = s;
	p->opts.leaves = s->leaves && e->brings;
	p->opts.memmap = memmap_scheme_find(arg_text_of(s->name, ARG_MEMMAP, memmap), why);
	p->online = strcmp(online, "no") != 0;
	p->zone = strcmp(online, "normal") ? ZONE_MOVABLE : ZONE_NORMAL;
	return p->opts.memmap ? 0 : -EINVAL;
}

/* ---- memory of a device: in the registry as withheld while it is present ---- */

/* The registry is protected by the hotplug lock, as for an operation. */
static int registry_change(const struct event_range *r, bool there, struct why *why)
{
	int err;

	hotplug_write_lock();
	err = there ? region_add(r->pa, r->len, MEM_WITHHELD, r->node, why)
		    : region_remove(r->pa, r->len, MEM_WITHHELD, why);
	hotplug_write_unlock();
	return err;
}

/* A device may report any range: registers do not become memory, here or behind a bridge. */
static const char *event_range_owner(const struct event *e, const struct event_range *r)
{
	unsigned devices = CLAIM_REGISTERS | CLAIM_KEPT;
	const char *owner = NULL;

	if (!e->source->in_window)
		owner = region_owner(r->pa, r->len, CLAIM_WINDOW);
	if (!owner)
		owner = region_owner(r->pa, r->len,
				     e->kind == EVENT_DEVICE ? devices : devices | CLAIM_PMEM);
	return owner;
}

/* Enter the memory of a device into the registry, before the add. */
static int add_to_registry(const struct event *e, const struct event_range *r, struct why *why)
{
	const char *owner;

	if (!e->brings)
		return 0;
	owner = event_range_owner(e, r);
	if (owner)
		return refuse(why, EEXIST, "the memory at 0x%lx overlaps registers of %s", r->pa,
			      owner);
	if (r->node >= NODES_MAX)
		return refuse(why, EINVAL, "node %u: there are nodes 0 to %u", r->node,
			      NODES_MAX - 1);
	return registry_change(r, true, why);
}

/* ... and remove it from the registry, after the removal. */
static void remove_from_registry(const struct event *e, const struct event_range *r)
{
	if (e->brings)
		registry_change(r, false, NULL);
}

/* ---- add ---- */

/* Undo add_one(); memory that cannot be removed stays in the registry. */
static void undo_add(const struct event *e, const struct event_range *r)
{
	if (!kinds[e->kind]->take_back(r))
		remove_from_registry(e, r);
}

/* Add one range and bring it online; after a failure the range is as before. */
static int add_one(const struct event *e, const struct event_range *r, const struct event_policy *p,
		   struct hotplug_report *report, struct why *why)
{
	const struct event_kind_ops *k = kinds[e->kind];
	int err = add_to_registry(e, r, why);

	if (err)
		return err;
	err = k->add(e, r, p, report, why);
	if (err) {
		remove_from_registry(e, r);
		return err;
	}
	err = p->online && k->online ? k->online(r, p->zone, why) : 0;
	if (err)
		undo_add(e, r);
	return err;
}

int event_add(const struct event *e, struct hotplug_report *report, char *text, size_t size,
	      struct why *why)
{
	struct event_policy p;
	int err = policy_of(e, &p, why);

	for (unsigned i = 0; !err && i < e->nr_ranges; i++) {
		err = add_one(e, &e->range[i], &p, report, why);
		while (err && i-- > 0)
			undo_add(e, &e->range[i]);
	}
	if (!err)
		kinds[e->kind]->describe(e, &p, text, size);
	return err;
}

/* ---- remove ---- */

/* A later range could not be removed: add the ranges before `i` again, empty, by the policy. */
static void add_again(const struct event *e, unsigned i)
{
	struct hotplug_report report;
	struct event_policy p;

	while (i-- > 0)
		if (!policy_of(e, &p, NULL))
			add_one(e, &e->range[i], &p, &report, NULL);
}

/* Every range is checked before the first one is taken offline. */
static int check_all(const struct event *e, struct why *why)
{
	int err = 0;

	for (unsigned i = 0; !err && i < e->nr_ranges; i++)
		err = kinds[e->kind]->check(e, &e->range[i], why);
	return err;
}

/* Mark everything before the first block is taken offline, so that recall_all() restores exactly
 * the state that the request found. */
static int offline_all(const struct event *e, u64 *moved, struct why *why)
{
	const struct event_kind_ops *k = kinds[e->kind];
	int err = 0;

	for (unsigned i = 0; k->mark && i < e->nr_ranges; i++)
		k->mark(&e->range[i]);
	for (unsigned i = 0; !err && k->offline && i < e->nr_ranges; i++)
		err = k->offline(&e->range[i], moved, why);
	return err;
}

/* Remove the ranges in order.  If one fails, those removed before are added again. */
static int remove_all(const struct event *e, struct hotplug_report *report, struct why *why)
{
	int err = 0;

	for (unsigned i = 0; !err && i < e->nr_ranges; i++) {
		err = kinds[e->kind]->remove(e, &e->range[i], report, why);
		if (err)
			add_again(e, i);
		else
			remove_from_registry(e, &e->range[i]);
	}
	return err;
}

/* After a refusal: blocks of all ranges return online, as far as mark() has marked them. */
static void recall_all(const struct event *e, struct why *why)
{
	const struct event_kind_ops *k = kinds[e->kind];

	for (unsigned i = 0; k->recall && i < e->nr_ranges; i++)
		k->recall(&e->range[i], why);
}

int event_remove(const struct event *e, struct hotplug_report *report, char *text, size_t size,
		 struct why *why)
{
	u64 moved = 0;
	int err = check_all(e, why);

	if (err)
		return err;
	if (e->source->begin)
		e->source->begin(e);
	err = offline_all(e, &moved, why);
	if (!err)
		err = remove_all(e, report, why);
	if (err)
		recall_all(e, why);
	report->moved_pages = moved;
	if (!err)
		snprintf(text, size, "removed, %lu page%s migrated", moved, moved == 1 ? "" : "s");
	return err;
}
