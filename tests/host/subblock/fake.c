/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/subblock/fake.c - see fake.h. */
#include "fake.h"
#include <kern/cpu.h>
#include <mm/hotplug/hotplug_internal.h>
#include <mm/hotplug/movable.h>
#include <mm/vmalloc/vmalloc.h>
#include <stdlib.h>
#include <want.h>

#define PAGES (BLOCKS * PER_BLOCK)

struct fake fake;
static bool cut_here[PAGES + 1];

void fake_begin(void)
{
	static const struct pt_fmt fmt = { .page_shift = 12 };

	memset(&fake, 0, sizeof(fake));
	memset(cut_here, 0, sizeof(cut_here));
	layout.fmt = &fmt;
	layout.block_bytes = BLOCK;
	fake.subblocks = (struct subblock_map) { .first = BASE + PER_BLOCK,
						 .each = EACH,
						 .nr = 3 * PER_BLOCK / EACH,
						 .bits = fake.bits };
	for (unsigned i = 0; i < BLOCKS; i++) {
		fake.there[i] = i != 4;
		fake.block[i] = (struct block) { .first_pfn = BASE + i * PER_BLOCK,
						 .state = i == 1 ? BLOCK_OFFLINE : BLOCK_ONLINE,
						 .node = (u8)(i + 1),
						 .zone = i == 2 ? ZONE_MOVABLE : ZONE_NORMAL,
						 .subblocks = i ? &fake.subblocks : NULL };
	}
	fake.room = fake.moves = 1000;
}

enum has *fake_page(pfn_t pfn)
{
	WANT(pfn - BASE < PAGES);
	if (pfn - BASE >= PAGES)
		exit(1);
	return &fake.page[pfn - BASE];
}

static struct block *block_of(pfn_t pfn)
{
	return &fake.block[(pfn - BASE) / PER_BLOCK];
}

void fake_set(u64 block, u64 part, bool there)
{
	u64 n = (block - 1) * (PER_BLOCK / EACH) + part;
	const struct block *b = &fake.block[block];

	fake.bits[n / 64] &= ~(1ul << n % 64);
	fake.bits[n / 64] |= (u64)there << n % 64;
	for (unsigned i = 0; i < EACH; i++)
		*fake_page(BASE + block * PER_BLOCK + part * EACH + i) =
			there && b->state == BLOCK_ONLINE && part * EACH + i >= b->altmap_pages
				? FREE
				: NOTHING;
}

/* ---- blocks and the lock ---- */
struct block *block_find(pfn_t pfn)
{
	WANT(fake.locked);
	return pfn - BASE < PAGES && fake.there[(pfn - BASE) / PER_BLOCK] ? block_of(pfn) : NULL;
}

int hotplug_enter(struct why *why)
{
	WANT(!fake.locked);
	if (fake.no_lock)
		return refuse(why, EBUSY, "no lock");
	fake.locked = true;
	fake.locks++;
	return 0;
}

void hotplug_write_unlock(void)
{
	WANT(fake.locked);
	fake.locked = false;
}

/* ---- the buddy ---- */

/* Every page of a run, which is in one online block. */
static void become(pfn_t pfn, u64 nr, enum has from, enum has to, bool all)
{
	WANT(fake.locked && nr && nr <= PER_BLOCK);
	WANT(block_of(pfn) == block_of(pfn + nr - 1) && block_of(pfn)->state == BLOCK_ONLINE);
	for (pfn_t at = pfn; at < pfn + nr; at++) {
		enum has *p = fake_page(at);

		WANT(!all || *p == from);
		if (*p == from)
			*p = to;
	}
}

void buddy_give(pfn_t pfn, u64 nr, unsigned node, enum zone_id zone)
{
	WANT(node == block_of(pfn)->node && zone == block_of(pfn)->zone);
	become(pfn, nr, NOTHING, FREE, true);
}

/* All of the block that can be used. */
static void is_usable_part(pfn_t pfn, u64 nr)
{
	const struct block *b = block_of(pfn);

	WANT(pfn == b->first_pfn + b->altmap_pages && pfn + nr == b->first_pfn + PER_BLOCK);
}

u64 buddy_isolate(pfn_t pfn, u64 nr)
{
	WANT(block_of(pfn)->isolated);
	is_usable_part(pfn, nr);
	become(pfn, nr, FREE, ISOLATED, false);
	return nr;
}

void buddy_unisolate(pfn_t pfn, u64 nr)
{
	if (!block_of(pfn)->isolated) /* the end */
		is_usable_part(pfn, nr);
	else
		WANT(cut_here[pfn - BASE] || cut_here[pfn + nr - BASE]);
	become(pfn, nr, ISOLATED, FREE, false);
}

bool buddy_cut(pfn_t pfn)
{
	WANT(pfn - BASE <= PAGES && fake.locked);
	cut_here[pfn - BASE] = true;
	return pfn != fake.across;
}

void buddy_take(pfn_t pfn, u64 nr)
{
	WANT(block_of(pfn)->isolated);
	become(pfn, nr, ISOLATED, NOTHING, true);
}

u64 buddy_free_total(void)
{
	for (unsigned i = 0; i < PAGES; i++) /* a page that is removed does not count as free */
		WANT(fake.page[i] != FREE || !fake.block[i / PER_BLOCK].isolated);
	return fake.room;
}

bool vmalloc_purge(void)
{
	for (unsigned i = 0; i < PAGES; i++)
		if (fake.page[i] == WAITS)
			fake.page[i] = fake.block[i / PER_BLOCK].isolated ? ISOLATED : FREE;
	return true;
}

/* ---- migration: the range is cut out, the rest of the block is not isolated any more ---- */
static void is_cut_out(pfn_t pfn, u64 nr)
{
	const struct block *b = block_of(pfn);

	WANT(nr && block_of(pfn + nr - 1) == b && b->isolated && b->state == BLOCK_ONLINE);
	WANT(cut_here[pfn - BASE] && cut_here[pfn + nr - BASE]);
	for (pfn_t at = b->first_pfn; at < b->first_pfn + PER_BLOCK; at++)
		WANT(*fake_page(at) != (at - pfn < nr ? FREE : ISOLATED));
}

int movable_check(pfn_t pfn, u64 nr, u64 *used, struct why *why)
{
	is_cut_out(pfn, nr);
	for (pfn_t at = pfn; at < pfn + nr; at++) {
		if (*fake_page(at) == STUCK || *fake_page(at) == WAITS)
			return refuse(why, EBUSY, "stuck");
		*used += *fake_page(at) == USED;
	}
	return 0;
}

int movable_evacuate(pfn_t pfn, u64 nr, u64 *moved, struct why *why)
{
	is_cut_out(pfn, nr);
	for (pfn_t at = pfn; at < pfn + nr; at++) {
		if (*fake_page(at) != USED)
			continue;
		if (!fake.moves--)
			return refuse(why, ECANCELED, "stopped");
		*fake_page(at) = ISOLATED;
		++*moved;
	}
	return 0;
}
