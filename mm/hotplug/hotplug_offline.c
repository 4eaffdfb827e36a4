/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/hotplug_offline.c - take every page of online blocks from the buddy: free pages off
 * the lists, used pages by migration, or leave the whole range online.
 */
#include <lib/atomic.h>
#include <lib/printf.h>
#include <mm/hotplug/hotplug_internal.h>
#include <mm/hotplug/movable.h>
#include <mm/hotplug/subblock.h>
#include <mm/vmalloc/vmalloc.h>

/* Isolate all blocks before any page moves: none may move to another block of the range. */
static void isolate(const struct block_span *s)
{
	span_for_each_block (s, b) {
		atomic_store_relaxed(&b->state, BLOCK_GOING_OFFLINE);
		/* before the lists are searched: pages freed later stay out */
		atomic_store_relaxed(&b->isolated, true);
	}
	span_for_each_block (s, b)
		buddy_isolate(b->first_pfn + b->altmap_pages, block_pages() - b->altmap_pages);
}

static void undo(const struct block_span *s)
{
	span_for_each_block (s, b) {
		/* before the search: pages freed later are put on the lists */
		atomic_store_relaxed(&b->isolated, false);
		buddy_unisolate(b->first_pfn + b->altmap_pages, block_pages() - b->altmap_pages);
		atomic_store_relaxed(&b->state, BLOCK_ONLINE);
	}
}

/* Find pages that cannot move before the first page moves: such a refusal changes nothing. */
static int check_used(const struct block_span *s, struct why *why)
{
	u64 used = 0, room = buddy_free_total();

	span_for_each_block (s, b) {
		int err = movable_check(b->first_pfn + b->altmap_pages,
					block_pages() - b->altmap_pages, &used, why);

		if (err)
			return err;
	}
	if (used <= room)
		return 0;
	return refuse(why, ENOMEM, "%s: %lu pages are in use, only %lu are free elsewhere",
		      range_text(s->pa, s->len).text, used, room);
}

static int evacuate(const struct block_span *s, u64 *moved, struct why *why)
{
	int err = check_used(s, why);

	span_for_each_block (s, b)
		if (!err)
			err = movable_evacuate(b->first_pfn + b->altmap_pages,
					       block_pages() - b->altmap_pages, moved, why);
	return err;
}

/* Every page of the range is isolated or memmap now: remove it from the buddy. */
static u64 take(const struct block_span *s)
{
	u64 pages = 0;

	span_for_each_block (s, b) {
		u64 nr = block_pages() - b->altmap_pages;

		buddy_take(b->first_pfn + b->altmap_pages, nr);
		atomic_store_relaxed(&b->isolated, false);
		atomic_store_relaxed(&b->state, BLOCK_OFFLINE);
		pages += block_usable(b);
	}
	return pages;
}

/* Pages that were migrated before the failure are not moved back (as in Linux); the sentence counts
 * them. */
static int with_moved(u64 moved, int code, struct why *why)
{
	struct why was;

	if (!moved || !why)
		return code;
	was = *why;
	return refuse(why, -code, "%s; %lu pages were moved and are not moved back", was.text,
		      moved);
}

static int offline_locked(const struct block_span *s, struct hotplug_report *r, struct why *why)
{
	struct hotplug_meter meter;
	int err = hotplug_span_is(s, BLOCK_ONLINE, false, why);

	if (err)
		return err;
	hotplug_meter_start(&meter);
	err = hotplug_notify_prepare(NOTE_GOING_OFFLINE, NOTE_CANCEL_OFFLINE, s, why);
	if (err)
		return err;
	*r = (struct hotplug_report) { .blocks = s->blocks, .pages = s->nr };
	isolate(s);
	vmalloc_purge(); /* frames of these blocks that wait for an invalidation */
	err = evacuate(s, &r->moved_pages, why);
	if (err) {
		undo(s);
		hotplug_notify(NOTE_CANCEL_OFFLINE, s);
		return with_moved(r->moved_pages, err, why);
	}
	r->usable_pages = take(s);
	hotplug_meter_stop(&meter, r);
	hotplug_notify(NOTE_OFFLINE, s);
	return 0;
}

int hotplug_offline(paddr_t pa, u64 len, struct hotplug_report *report, struct why *why)
{
	struct hotplug_report unused;
	struct block_span s;
	int err = hotplug_span_init(&s, pa, len, why);

	if (err)
		return err;
	err = hotplug_enter(why);
	if (err)
		return err;
	err = offline_locked(&s, report ? report : &unused, why);
	hotplug_write_unlock();
	return err;
}
