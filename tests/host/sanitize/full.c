/* SPDX-License-Identifier: BSD-2-Clause */
/* full.c - as many pieces and stores as there is room for, and one more. */
#include "exact.h"

#define TABLES (SAN_STORES / 512)

/* One page alone: no store continues with it. */
static void one_page(vaddr_t va)
{
	set(0, va, 0, 1, entry(FRAME + (va & (16 * SLOT - 1)), "w"));
	set(0, va, 0, 1, 0);
}

/* From above, so that no store continues another; the last one is at VA + SLOT. */
static void all_stores(void)
{
	for (unsigned i = 1; i <= TABLES; i++)
		hook(VA + i * SLOT, stage_spare());
	for (unsigned i = SAN_STORES; i--;)
		one_page(VA + SLOT + i * PAGE);
	want(unclean() == SAN_STORES, "each store is one piece");
}

static void stores_full(void)
{
	all_stores();
	one_page(VA);
	want_held(0, "0");
	want(unclean() == SAN_STORES, "no room");
	invalidate(0, VA + SLOT, PAGE, 1, false);
	one_page(VA);
	want_held(0, "1");
}

/* The only room is where the search ends. */
static void last_store_free(void)
{
	all_stores();
	invalidate(0, VA + SLOT, PAGE, 1, false);
	one_page(VA);
	want_held(0, "1");
}

/* The actor of the last store that there is room for. */
static void last_store_told(void)
{
	struct pt_event told = { .va = VA + SLOT, .len = PAGE, .writer = PT_WRITER_HOTPLUG };

	all_stores();
	san_written_by(&told);
	locks = 1 << 9;
	event(0, PT_EV_UNLOCK);
	want(unclean() == SAN_STORES - 1, "it alone");
	event(0, PT_EV_UNLOCK);
}

/* 16 tables with 512 frames of which no two are adjacent: 513 pieces each. */
static void all_pieces(void)
{
	paddr_t pa = FRAME + SLOT;

	set(0, VA, 0, 4, LEAF);
	set(0, VA, 0, 4, 0);
	for (unsigned i = 1; i <= 16; i++) {
		paddr_t table = stage_spare();

		for (unsigned k = 0; k < 512; k++, pa += 2 * PAGE)
			fill(table, k, entry(pa, "w"));
		hook(VA + i * SLOT, table);
		set(0, VA + i * SLOT, 1, 1, 0);
	}
}

static void pieces_full(void)
{
	struct san_seen seen;

	all_pieces();
	san_seen(&seen);
	want(seen.unclean == SAN_PIECES && seen.most == SAN_PIECES, "all are used");
	want(seen.lost == 1 + 16 * 513 - SAN_PIECES, "those that found no room");
	invalidate(0, VA + PAGE, PAGE, 1, false); /* no room for the pieces before it */
	want_held(0, "11110");
	invalidate(0, VA, PAGE, 1, false); /* ... and behind */
	want_held(1, "11110");
	invalidate(0, 0, 0, 0, true);
	want(!unclean(), "room again");
	set(0, VA, 0, 4, LEAF);
	set(0, VA, 0, 4, 0);
	want_held(0, "11110");
}

/* There is room for the first of three leaves only: the third does not continue it. */
static void row_without_room(void)
{
	all_pieces();
	invalidate(0, VA + SLOT, PAGE, 1, false);
	set(0, VA + 8 * PAGE, 0, 1, entry(OTHER, "w"));
	set(0, VA + 9 * PAGE, 0, 2, entry(OTHER + 8 * PAGE, "w"));
	set(0, VA + 8 * PAGE, 0, 3, 0);
	want_held(0, "11110000100");
}

/* The same from address 0 on, where a leaf ends at its own length. */
static void row_from_zero(void)
{
	hook(0, stage_spare());
	all_pieces();
	invalidate(0, VA + SLOT, PAGE, 1, false);
	set(0, 0, 0, 1, entry(OTHER, "w"));
	set(0, PAGE, 0, 2, entry(OTHER + 8 * PAGE, "w"));
	set(0, 0, 0, 3, 0);
	want(held(0, 0) && !held(PAGE, 0) && !held(2 * PAGE, 0), "the first alone");
}

const struct exact exact_full[] = {
	{ "all stores", stores_full, SAN_RULES, 0, 0, false, 1 },
	{ "the last store free", last_store_free, SAN_RULES },
	{ "the last store's actor", last_store_told, SAN_NEVER, 1, BOTH },
	{ "all pieces", pieces_full, SAN_RULES, 0, 0, false, 1 + 16 * 513 - SAN_PIECES + 2 },
	{ "a row without room", row_without_room, SAN_RULES, 0, 0, false,
	  1 + 16 * 513 - SAN_PIECES + 2 },
	{ "a row from address 0 on", row_from_zero, SAN_RULES, 0, 0, false,
	  1 + 16 * 513 - SAN_PIECES + 2 },
};
const unsigned nr_exact_full = ARRAY_SIZE(exact_full);
