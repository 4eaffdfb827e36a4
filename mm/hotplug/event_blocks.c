/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/event_blocks.c - events about whole memory blocks (mm/hotplug/hotplug.h), which have
 * states: blocks that a refused removal took offline are brought online again.
 */
#include <lib/printf.h>
#include <mm/hotplug/event_internal.h>

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

/* Find the next run of blocks for which `is` holds, from run->pa + run->len on; start with len =
 * 0. */
static bool next_block_run(const struct event_range *r, struct run *run, block_is *is)
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

/* ---- add ---- */

static int add(const struct event *e, const struct event_range *r, const struct event_policy *p,
	       struct hotplug_report *report, struct why *why)
{
	struct hotplug_opts opts = p->opts;

	opts.subblocks = e->subblocks;
	return hotplug_add(r->pa, r->len, r->node, &opts, report, why);
}

/* Bring all offline blocks of the range online in `zone`. */
static int online(const struct event_range *r, enum zone_id zone, struct why *why)
{
	struct run run = { r->pa, 0 };
	int err = 0;

	while (!err && next_block_run(r, &run, is_offline))
		err = hotplug_online(run.pa, run.len, zone, NULL, why);
	return err;
}

/* Undo an add: blocks that are online are taken offline first. */
static int take_back(const struct event_range *r)
{
	struct run run = { r->pa, 0 };

	while (next_block_run(r, &run, is_online))
		hotplug_offline(run.pa, run.len, NULL, NULL);
	return hotplug_remove(r->pa, r->len, NULL, NULL, NULL);
}

static void describe(const struct event *e, const struct event_policy *p, char *text, size_t size)
{
	(void)e;
	snprintf(text, size, "%s%s, memmap=%s", p->online ? "online as " : "left offline",
		 p->online ? zone_name(p->zone) : "", p->opts.memmap->s.name);
}

/* ---- remove ---- */

/* a source removes only memory that it added, and only in the ranges of the add. */
static int check_block(const struct event *e, const struct event_range *r, const struct block *b,
		       struct why *why)
{
	u64 nr = block_nr(b->first_pfn << page_shift());

	if (b->boot)
		return refuse(why, EPERM, "block %lu is boot memory", nr);
	if (b->owner != e->source)
		return refuse(why, EPERM, "block %lu was not added by %s", nr, e->source->name);
	if (b->range_pfn << page_shift() != r->pa || b->range_blocks * layout.block_bytes != r->len)
		return refuse(why, EINVAL,
			      "block %lu was added with %s: only all of it can be removed", nr,
			      range_text(b->range_pfn << page_shift(),
					 b->range_blocks * layout.block_bytes)
				      .text);
	return 0;
}

/* Blocks that are absent were removed by hand: no reason to refuse the rest if e->here. */
static int check(const struct event *e, const struct event_range *r, struct why *why)
{
	bool any = false;
	int err = 0;

	if (!r->len || r->pa + r->len < r->pa || !is_aligned(r->pa | r->len, layout.block_bytes))
		return refuse(why, EINVAL, "%s is not made of whole blocks of %lu MiB",
			      range_text(r->pa, r->len).text, layout.block_bytes / MiB);
	if (!layout_is_mappable(r->pa, r->len))
		return refuse(why, ERANGE, "%s is beyond what the linear map reaches",
			      range_text(r->pa, r->len).text);
	for (paddr_t pa = r->pa; !err && pa < r->pa + r->len; pa += layout.block_bytes) {
		const struct block *b = block_at(pa);

		any |= b != NULL;
		err = b ? check_block(e, r, b, why) : 0;
	}
	if (err || any || e->here) /* all removed by hand: the device may be ejected */
		return err;
	return refuse(why, ENXIO, "block %lu is not there", block_nr(r->pa));
}

/* Mark or unmark the blocks for which `is` holds. */
static void set_recall(const struct event_range *r, block_is *is, bool on)
{
	for (paddr_t pa = r->pa; pa < r->pa + r->len; pa += layout.block_bytes) {
		struct block *b = block_at(pa);

		if (b && is(b))
			b->recall = on;
	}
}

/* Only blocks that are online now will be recalled after a refusal. */
static void mark(const struct event_range *r)
{
	set_recall(r, is_offline, false);
	set_recall(r, is_online, true);
}

/* Bring the blocks that this request took offline back to their zones.  A block that fails to
 * return replaces the sentence of the refusal. */
static void recall(const struct event_range *r, struct why *why)
{
	for (paddr_t pa = r->pa; pa < r->pa + r->len; pa += layout.block_bytes) {
		const struct block *b = block_at(pa);

		if (b && is_recalled(b) &&
		    hotplug_online(pa, layout.block_bytes, b->zone, NULL, NULL))
			refuse(why, -why->code,
			       "block %lu stays offline: it could not be brought online again",
			       block_nr(pa));
	}
}

/* Take all online blocks offline; *moved counts migrated pages. */
static int offline(const struct event_range *r, u64 *moved, struct why *why)
{
	struct run run = { r->pa, 0 };
	struct hotplug_report report;
	int err = 0;

	while (!err && next_block_run(r, &run, is_online)) {
		err = hotplug_offline(run.pa, run.len, &report, why);
		*moved += err ? 0 : report.moved_pages;
	}
	return err;
}

/* Finally check that no other source has added memory in the range meanwhile. */
static int remove(const struct event *e, const struct event_range *r, struct hotplug_report *report,
		  struct why *why)
{
	struct hotplug_opts opts;
	struct run run = { r->pa, 0 };
	int err = 0;

	hotplug_opts_default(&opts);
	opts.surprise = e->surprise;
	while (!err && next_block_run(r, &run, is_offline))
		err = hotplug_remove(run.pa, run.len, &opts, report, why);
	return err ? err : hotplug_may_release(r->pa, r->len, why);
}

const struct event_kind_ops event_blocks = {
	.add = add,
	.take_back = take_back,
	.check = check,
	.remove = remove,
	.describe = describe,
	.online = online,
	.mark = mark,
	.offline = offline,
	.recall = recall,
};
