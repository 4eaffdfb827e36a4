/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/hotplug_online.c - give the pages of offline blocks to the buddy.
 *
 * Struct pages were written when the memory was added, or are late (mm/page/buddy_late.h); this
 * code writes only heads of free chunks. Pages that hold memmap stay out: managed pages exclude
 * them (S2-10, S2-33).
 */
#include <lib/atomic.h>
#include <lib/printf.h>
#include <mm/hotplug/hotplug_internal.h>
#include <mm/hotplug/subblock.h>

static void span_set_state(const struct block_span *s, enum block_state state)
{
	span_for_each_block (s, b)
		atomic_store_relaxed(&b->state, (u8)state);
}

/* Neighbouring pages of one node, of one or more blocks, which are all `late` or none. */
struct online_run {
	pfn_t pfn;
	u64 nr;
	unsigned node;
	bool late;
	enum zone_id zone;
};

static void give_run(struct online_run *r)
{
	if (r->nr)
		buddy_give(r->pfn, r->nr, r->node, r->zone);
	r->nr = 0;
}

/* Append pages of b to a run that is not given yet; give it first if they are not its neighbours.
 */
static void append(struct online_run *r, const struct block *b, pfn_t pfn, u64 nr)
{
	if (pfn != r->pfn + r->nr || b->node != r->node || b->late != r->late) {
		give_run(r);
		r->pfn = pfn;
		r->node = b->node;
		r->late = b->late;
	}
	r->nr += nr;
}

/* Returns the pages: those that block_usable() counts. */
static u64 give_block(struct online_run *r, const struct block *b)
{
	pfn_t pfn = b->first_pfn + b->altmap_pages, end = b->first_pfn + block_pages();
	u64 nr = end - pfn, sum = 0;

	if (!b->subblocks) {
		append(r, b, pfn, nr);
		return nr;
	}
	for (; (nr = subblock_run(b->subblocks, &pfn, end)); pfn += nr, sum += nr)
		append(r, b, pfn, nr);
	return sum;
}

/* Returns the usable pages. */
static u64 give(const struct block_span *s, enum zone_id zone)
{
	struct online_run r = { .zone = zone };
	bool late = false;
	u64 usable = 0;

	span_for_each_block (s, b) {
		/* before the first page can be allocated and freed again */
		b->zone = (u8)zone;
		atomic_store_relaxed(&b->state, BLOCK_ONLINE);
		late |= b->late;
		usable += give_block(&r, b);
	}
	give_run(&r);
	if (late)
		span_for_each_block (s, b)
			b->late = false; /* its windows are, until they are written */
	return usable;
}

static int online_locked(const struct block_span *s, enum zone_id zone, struct hotplug_report *r,
			 struct why *why)
{
	struct hotplug_meter meter;
	int err = hotplug_span_is(s, BLOCK_OFFLINE, false, why);

	if (err)
		return err;
	hotplug_meter_start(&meter);
	span_set_state(s, BLOCK_GOING_ONLINE);
	err = hotplug_notify_prepare(NOTE_GOING_ONLINE, NOTE_CANCEL_ONLINE, s, why);
	if (err) {
		span_set_state(s, BLOCK_OFFLINE);
		return err;
	}
	*r = (struct hotplug_report) { .blocks = s->blocks, .pages = s->nr };
	r->usable_pages = give(s, zone);
	hotplug_meter_stop(&meter, r);
	hotplug_notify(NOTE_ONLINE, s);
	return 0;
}

int hotplug_online(paddr_t pa, u64 len, enum zone_id zone, struct hotplug_report *report,
		   struct why *why)
{
	struct hotplug_report unused;
	struct block_span s;
	int err = hotplug_span_init(&s, pa, len, why);

	if (!err && zone != ZONE_NORMAL && zone != ZONE_MOVABLE)
		err = refuse(why, EINVAL, "%s cannot be brought online in zone %s",
			     range_text(pa, len).text, zone_name(zone));
	if (err)
		return err;
	err = hotplug_enter(why);
	if (err)
		return err;
	err = online_locked(&s, zone, report ? report : &unused, why);
	hotplug_write_unlock();
	return err;
}
