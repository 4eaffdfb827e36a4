// SPDX-License-Identifier: BSD-2-Clause
/*
 * mm/hotplug/parts.c - see mm/hotplug/parts.h.
 *
 * To conceal parts of an online block, all of its free chunks are isolated for a moment: chunks may
 * be larger than a part, and must not be allocated while they are cut at the edges.  Chunks outside
 * the parts return to the lists before pages are migrated, because these may migrate there.
 */
#include <mm/hotplug/hotplug_internal.h>
#include <mm/hotplug/movable.h>
#include <mm/hotplug/parts.h>

typedef unsigned long long ull;

u64 parts_run(const struct block_parts *p, pfn_t *pfn, pfn_t end)
{
	u64 part, at;

	for (; *pfn < end; *pfn = p->first + (part + 1) * p->each) {
		part = (*pfn - p->first) / p->each;
		if (parts_has(p, part))
			break;
	}
	for (at = *pfn; at < end && parts_has(p, (at - p->first) / p->each);)
		at = p->first + ((at - p->first) / p->each + 1) * p->each;
	return *pfn < end ? min_u64(at, end) - *pfn : 0;
}

u64 block_usable(const struct block *b)
{
	pfn_t pfn = b->first_pfn + b->altmap_pages, end = b->first_pfn + block_pages();
	u64 sum = 0, run;

	if (!b->parts)
		return end - pfn;
	for (; (run = parts_run(b->parts, &pfn, end)); pfn += run)
		sum += run;
	return sum;
}

/* ---- checks ---- */

static int check_part(const struct block *b, u64 part, bool there, struct why *why)
{
	const struct block_parts *p = b->parts;
	pfn_t pfn = p->first + part * p->each;

	if (parts_has(p, part) != there)
		return refuse(why, there ? ENXIO : EEXIST, "part %llu of block %llu is %s there",
			      (ull)part, (ull)block_nr(b->first_pfn << page_shift()),
			      there ? "not" : "already");
	if (pfn < b->first_pfn + b->altmap_pages)
		return refuse(why, EBUSY, "part %llu of block %llu holds its memmap", (ull)part,
			      (ull)block_nr(b->first_pfn << page_shift()));
	return 0;
}

static int check_block(const struct block *b, paddr_t pa, u64 len, struct why *why)
{
	if (!b || b->state == BLOCK_ABSENT)
		return refuse(why, ENXIO, "%s: block %llu is not there",
			      hotplug_range_text(pa, len).text, (ull)block_nr(pa));
	if (!b->parts)
		return refuse(why, EINVAL, "%s: block %llu is not made of parts",
			      hotplug_range_text(pa, len).text, (ull)block_nr(pa));
	if ((pa | len) & ((b->parts->each << page_shift()) - 1))
		return refuse(why, EINVAL, "%s is not made of whole parts",
			      hotplug_range_text(pa, len).text);
	return 0;
}

static int parts_check(paddr_t pa, u64 len, bool there, struct why *why)
{
	int r = len && pa + len > pa
			? 0
			: refuse(why, EINVAL, "0x%llx+0x%llx is empty or wraps", (ull)pa, (ull)len);

	for (u64 at = 0, step; !r && at < len; at += step) {
		const struct block *b = block_find((pa + at) >> page_shift());

		r = check_block(b, pa + at, len - at, why);
		if (r)
			break;
		step = b->parts->each << page_shift();
		r = check_part(b, (((pa + at) >> page_shift()) - b->parts->first) / b->parts->each,
			       there, why);
	}
	return r;
}

/* ---- the range, block by block ---- */

struct piece {
	struct block *b;
	pfn_t pfn;
	u64 nr;
};

static bool next_piece(struct piece *p, paddr_t pa, u64 len)
{
	pfn_t end = (pa + len) >> page_shift();

	p->pfn = p->b ? p->pfn + p->nr : pa >> page_shift();
	if (p->pfn >= end)
		return false;
	p->b = block_find(p->pfn);
	p->nr = min_u64(end, p->b->first_pfn + block_pages()) - p->pfn;
	return true;
}

static void parts_mark(const struct piece *p, bool there)
{
	const struct block_parts *parts = p->b->parts;
	u64 part = (p->pfn - parts->first) / parts->each;

	for (u64 n = 0; n < p->nr / parts->each; n++, part++)
		if (there)
			parts->bits[part / 64] |= BIT(part % 64);
		else
			parts->bits[part / 64] &= ~BIT(part % 64);
}

static int expose_locked(paddr_t pa, u64 len, struct why *why)
{
	int r = parts_check(pa, len, false, why);

	if (r)
		return r;
	for (struct piece p = { 0 }; next_piece(&p, pa, len);) {
		parts_mark(&p, true);
		if (p.b->state == BLOCK_ONLINE)
			buddy_give(p.pfn, p.nr, p.b->node, p.b->zone);
	}
	return 0;
}

int hotplug_expose(paddr_t pa, u64 len, struct why *why)
{
	int r = hotplug_enter(why);

	if (r)
		return r;
	r = expose_locked(pa, len, why);
	hotplug_write_unlock();
	return r;
}

/* ---- conceal ---- */

static void isolate(struct block *b)
{
	b->isolated = true; /* before the lists are searched: what is freed later stays out */
	buddy_isolate(b->first_pfn + b->altmap_pages, block_pages() - b->altmap_pages);
}

static void release(struct block *b)
{
	b->isolated = false;
	buddy_unisolate(b->first_pfn + b->altmap_pages, block_pages() - b->altmap_pages);
}

/* Cut free chunks at the edges of the piece; -EBUSY for a chunk in use that lies across one. */
static int cut(const struct piece *p, struct why *why)
{
	pfn_t lo = p->b->first_pfn + p->b->altmap_pages, end = p->pfn + p->nr;

	if (!buddy_cut(p->pfn) || !buddy_cut(end))
		return refuse(why, EBUSY, "block %llu: a chunk in use reaches beyond the parts",
			      (ull)block_nr(p->pfn << page_shift()));
	if (p->pfn > lo)
		buddy_unisolate(lo, p->pfn - lo);
	if (end < p->b->first_pfn + block_pages())
		buddy_unisolate(end, p->b->first_pfn + block_pages() - end);
	return 0;
}

static int evacuate(paddr_t pa, u64 len, u64 *moved, struct why *why)
{
	u64 used = 0, room = buddy_free_total();
	int r = 0;

	for (struct piece p = { 0 }; !r && next_piece(&p, pa, len);)
		if (p.b->state == BLOCK_ONLINE) {
			r = cut(&p, why);
			if (!r)
				r = movable_check(p.pfn, p.nr, &used, why);
		}
	if (!r && used > room)
		r = refuse(why, ENOMEM, "%s: %llu pages are in use, only %llu are free elsewhere",
			   hotplug_range_text(pa, len).text, (ull)used, (ull)room);
	for (struct piece p = { 0 }; !r && next_piece(&p, pa, len);)
		if (p.b->state == BLOCK_ONLINE)
			r = movable_evacuate(p.pfn, p.nr, moved, why);
	return r;
}

static int conceal_locked(paddr_t pa, u64 len, u64 *moved, struct why *why)
{
	int r = parts_check(pa, len, true, why);

	if (r)
		return r;
	for (struct piece p = { 0 }; next_piece(&p, pa, len);)
		if (p.b->state == BLOCK_ONLINE)
			isolate(p.b);
	r = evacuate(pa, len, moved, why);
	for (struct piece p = { 0 }; next_piece(&p, pa, len);) {
		if (!r && p.b->state == BLOCK_ONLINE)
			buddy_take(p.pfn, p.nr);
		if (!r)
			parts_mark(&p, false);
		if (p.b->state == BLOCK_ONLINE)
			release(p.b);
	}
	return r;
}

int hotplug_conceal(paddr_t pa, u64 len, u64 *moved, struct why *why)
{
	int r = hotplug_enter(why);

	*moved = 0;
	if (r)
		return r;
	r = conceal_locked(pa, len, moved, why);
	hotplug_write_unlock();
	return r;
}
