/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/subblock.c - see mm/hotplug/subblock.h.
 *
 * To remove sub-blocks of an online block, all of its free chunks are isolated for a moment: chunks
 * may be larger than a sub-block, and must not be allocated while they are cut at the edges. Chunks
 * outside the sub-blocks return to the lists before pages are migrated, because these may migrate
 * there.
 */
#include <lib/atomic.h>
#include <lib/printf.h>
#include <mm/hotplug/hotplug_internal.h>
#include <mm/hotplug/movable.h>
#include <mm/hotplug/subblock.h>
#include <mm/vmalloc/vmalloc.h>

u64 subblock_run(const struct subblock_map *p, pfn_t *pfn, pfn_t end)
{
	u64 sub, at;

	for (; *pfn < end; *pfn = p->first + (sub + 1) * p->each) {
		sub = (*pfn - p->first) / p->each;
		if (subblock_present(p, sub))
			break;
	}
	for (at = *pfn; at < end && subblock_present(p, (at - p->first) / p->each);)
		at = p->first + ((at - p->first) / p->each + 1) * p->each;
	return *pfn < end ? min_u64(at, end) - *pfn : 0;
}

u64 block_usable(const struct block *b)
{
	pfn_t pfn = b->first_pfn + b->altmap_pages, end = b->first_pfn + block_pages();
	u64 sum = 0, run;

	if (!b->subblocks)
		return end - pfn;
	for (; (run = subblock_run(b->subblocks, &pfn, end)); pfn += run)
		sum += run;
	return sum;
}

/* ---- checks ---- */

static int check_subblock(const struct block *b, u64 sub, bool there, struct why *why)
{
	const struct subblock_map *p = b->subblocks;
	pfn_t pfn = p->first + sub * p->each;

	if (subblock_present(p, sub) != there)
		return refuse(why, there ? ENXIO : EEXIST, "sub-block %lu of block %lu is %s there",
			      sub, block_nr(b->first_pfn << page_shift()),
			      there ? "not" : "already");
	if (pfn < b->first_pfn + b->altmap_pages)
		return refuse(why, EBUSY, "sub-block %lu of block %lu holds its memmap", sub,
			      block_nr(b->first_pfn << page_shift()));
	return 0;
}

static int check_block(const struct block *b, paddr_t pa, u64 len, struct why *why)
{
	if (!b || b->state == BLOCK_ABSENT)
		return refuse(why, ENXIO, "%s: block %lu is not there", range_text(pa, len).text,
			      block_nr(pa));
	if (!b->subblocks)
		return refuse(why, EINVAL, "%s: block %lu is not made of sub-blocks",
			      range_text(pa, len).text, block_nr(pa));
	if ((pa | len) & ((b->subblocks->each << page_shift()) - 1))
		return refuse(why, EINVAL, "%s is not made of whole sub-blocks",
			      range_text(pa, len).text);
	return 0;
}

static int subblock_check(paddr_t pa, u64 len, bool there, struct why *why)
{
	int err = len && pa + len > pa
			  ? 0
			  : refuse(why, EINVAL, "%s is empty or wraps", range_text(pa, len).text);

	for (u64 at = 0, step; !err && at < len; at += step) {
		const struct block *b = block_find((pa + at) >> page_shift());
		const struct subblock_map *map;

		err = check_block(b, pa + at, len - at, why);
		if (err)
			break;
		map = b->subblocks;
		step = map->each << page_shift();
		err = check_subblock(b, (((pa + at) >> page_shift()) - map->first) / map->each,
				     there, why);
	}
	return err;
}

/* ---- the range, block by block ---- */

struct subblock_piece {
	struct block *b;
	pfn_t pfn;
	u64 nr;
};

static bool next_piece(struct subblock_piece *p, paddr_t pa, u64 len)
{
	pfn_t end = (pa + len) >> page_shift();

	p->pfn = p->b ? p->pfn + p->nr : pa >> page_shift();
	if (p->pfn >= end)
		return false;
	p->b = block_find(p->pfn);
	p->nr = min_u64(end, p->b->first_pfn + block_pages()) - p->pfn;
	return true;
}

static void subblock_mark(const struct subblock_piece *p, bool there)
{
	const struct subblock_map *map = p->b->subblocks;
	u64 sub = (p->pfn - map->first) / map->each;

	for (u64 n = 0; n < p->nr / map->each; n++, sub++)
		if (there)
			map->bits[sub / 64] |= BIT(sub % 64);
		else
			map->bits[sub / 64] &= ~BIT(sub % 64);
}

static int add_locked(paddr_t pa, u64 len, struct why *why)
{
	int err = subblock_check(pa, len, false, why);

	if (err)
		return err;
	for (struct subblock_piece p = { 0 }; next_piece(&p, pa, len);) {
		subblock_mark(&p, true);
		if (p.b->state == BLOCK_ONLINE)
			buddy_give(p.pfn, p.nr, p.b->node, p.b->zone);
	}
	return 0;
}

int subblock_add(paddr_t pa, u64 len, struct why *why)
{
	int err = hotplug_enter(why);

	if (err)
		return err;
	err = add_locked(pa, len, why);
	hotplug_write_unlock();
	return err;
}

/* ---- remove ---- */

static void isolate(struct block *b)
{
	/* before the lists are searched: pages freed later stay out */
	atomic_store_relaxed(&b->isolated, true);
	buddy_isolate(b->first_pfn + b->altmap_pages, block_pages() - b->altmap_pages);
}

static void release(struct block *b)
{
	atomic_store_relaxed(&b->isolated, false);
	buddy_unisolate(b->first_pfn + b->altmap_pages, block_pages() - b->altmap_pages);
}

/* Cut free chunks at the edges of the piece; -EBUSY for a chunk in use that crosses one. */
static int cut(const struct subblock_piece *p, struct why *why)
{
	pfn_t lo = p->b->first_pfn + p->b->altmap_pages, end = p->pfn + p->nr;

	if (!buddy_cut(p->pfn) || !buddy_cut(end))
		return refuse(why, EBUSY, "block %lu: a chunk in use reaches beyond the sub-blocks",
			      block_nr(p->pfn << page_shift()));
	if (p->pfn > lo)
		buddy_unisolate(lo, p->pfn - lo);
	if (end < p->b->first_pfn + block_pages())
		buddy_unisolate(end, p->b->first_pfn + block_pages() - end);
	return 0;
}

static int evacuate(paddr_t pa, u64 len, u64 *moved, struct why *why)
{
	u64 used = 0, room = buddy_free_total();
	int err = 0;

	for (struct subblock_piece p = { 0 }; !err && next_piece(&p, pa, len);)
		if (p.b->state == BLOCK_ONLINE) {
			err = cut(&p, why);
			if (!err)
				err = movable_check(p.pfn, p.nr, &used, why);
		}
	if (!err && used > room)
		err = refuse(why, ENOMEM, "%s: %lu pages are in use, only %lu are free elsewhere",
			     range_text(pa, len).text, used, room);
	for (struct subblock_piece p = { 0 }; !err && next_piece(&p, pa, len);)
		if (p.b->state == BLOCK_ONLINE)
			err = movable_evacuate(p.pfn, p.nr, moved, why);
	return err;
}

static int remove_locked(paddr_t pa, u64 len, u64 *moved, struct why *why)
{
	int err = subblock_check(pa, len, true, why);

	if (err)
		return err;
	for (struct subblock_piece p = { 0 }; next_piece(&p, pa, len);)
		if (p.b->state == BLOCK_ONLINE)
			isolate(p.b);
	vmalloc_purge(); /* frames of these sub-blocks that wait for an invalidation */
	err = evacuate(pa, len, moved, why);
	for (struct subblock_piece p = { 0 }; next_piece(&p, pa, len);) {
		if (!err && p.b->state == BLOCK_ONLINE)
			buddy_take(p.pfn, p.nr);
		if (!err)
			subblock_mark(&p, false);
		if (p.b->state == BLOCK_ONLINE)
			release(p.b);
	}
	return err;
}

int subblock_remove(paddr_t pa, u64 len, u64 *moved, struct why *why)
{
	int err = hotplug_enter(why);

	*moved = 0;
	if (err)
		return err;
	err = remove_locked(pa, len, moved, why);
	hotplug_write_unlock();
	return err;
}
