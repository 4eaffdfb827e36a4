/* SPDX-License-Identifier: BSD-2-Clause */
/* copies.c - which pages are held, and what stays held when a part of them is invalidated. */
#include "exact.h"

static void cut_in_parts(void)
{
	leave(VA, 8, FRAME);
	want_held(0, "111111110");
	want_held(1, "111111110");
	want_held(2, "000000000");
	want(!held(VA - 1, 0), "the page below");
	want(!san_holds(stage_root() + PAGE, VA, 0), "another root");
	invalidate(0, VA + 2 * PAGE, 3 * PAGE, 1, false);
	want_held(0, "110001110");
	free_frame(FRAME + 2 * PAGE);
	free_frame(FRAME + 4 * PAGE);
	invalidate(0, VA + 7 * PAGE, PAGE, 1, false);
	want_held(1, "110001100");
	invalidate(0, VA, PAGE, 1, false);
	want_held(0, "010001100");
	free_frame(FRAME + PAGE);
	want_held(0, "000001100");
	invalidate(0, VA + 5 * PAGE, 2 * PAGE, 1, false);
	want(!unclean(), "all is clean");
}

/* The model forgets a store when its last piece is invalidated, and not before. */
static void parts_of_many_stores(void)
{
	leave(VA + 16 * PAGE, 3, OTHER);
	invalidate(0, VA + 17 * PAGE, 2 * PAGE, 1, false);
	leave(VA + 24 * PAGE, 3, OTHER + 16 * PAGE);
	invalidate(0, VA + 24 * PAGE, 2 * PAGE, 1, false);
	for (unsigned i = 0; i <= SAN_STORES; i++) {
		leave(VA, 3, FRAME);
		invalidate(0, VA + PAGE, PAGE, 1, false);
		invalidate(0, VA, PAGE, 1, false);
		invalidate(0, VA + 2 * PAGE, PAGE, 1, false);
	}
	want(unclean() == 2, "two pages");
	free_frame(OTHER);
	free_frame(OTHER + 18 * PAGE);
}

/* The last of two pieces is removed: nothing of it is kept. */
static void last_piece_reported(void)
{
	leave(VA, 1, FRAME);
	leave(VA + 8 * PAGE, 4, OTHER);
	free_frame(OTHER + PAGE);
	want(!held(VA + 8 * PAGE, 0), "a reported entry is forgotten");
	invalidate(0, VA + 9 * PAGE, PAGE, 1, false);
	want_held(0, "1000000000000");
	want(unclean() == 1, "one page");
	set(0, VA + 8 * PAGE, 0, 1, LEAF);
	free_frame(OTHER + PAGE);
}

static void last_piece_cleaned(void)
{
	leave(VA, 1, FRAME);
	leave(VA + 8 * PAGE, 1, OTHER);
	invalidate(0, VA + 8 * PAGE, PAGE, 1, false);
	free_frame(OTHER);
	set(0, VA + 8 * PAGE, 0, 1, entry(OTHER + PAGE, "w"));
	want_held(0, "1000000000");
}

/* The leaf below is clean; the reason why the pointer is not stays. */
static void pointer_stays(void)
{
	set(0, VA, 0, 1, LEAF);
	set(0, VA, 1, 1, 0);
	invalidate(0, VA, PAGE, 1, false);
	want(unclean() == 1, "the pointer");
	invalidate(0, VA, PAGE, 1, false);
	free_frame(FRAME);
	free_frame(stage_table());
}

static void one_frame_for_all(void)
{
	for (unsigned i = 0; i < 5; i++)
		set(0, VA + i * PAGE, 0, 1, LEAF);
	event(0, PT_EV_SYNC);
	for (unsigned i = 0; i < 5; i++)
		poke(VA + i * PAGE, 0, LEAF);
	set(0, VA, 0, 5, 0);
	want(unclean() == 1, "one piece");
	free_frame(FRAME + PAGE);
	free_frame(FRAME + 4 * PAGE);
	want_held(0, "111110");
	invalidate(0, VA + PAGE, PAGE, 1, false);
	invalidate(0, VA + 3 * PAGE, PAGE, 1, false);
	want_held(1, "101010");
	free_frame(FRAME + 3 * PAGE);
	invalidate(0, VA, PAGE, 1, false);
	invalidate(0, VA + 2 * PAGE, PAGE, 1, false);
	want_held(1, "000010");
	free_frame(FRAME + 2 * PAGE);
	invalidate(0, VA + 4 * PAGE, PAGE, 1, false);
	free_frame(FRAME);
}

/* Frames in the entries' order, but not all side by side. */
static void frames_in_a_row(void)
{
	set(0, VA, 0, 1, entry(FRAME, "w"));
	set(0, VA + PAGE, 0, 1, entry(FRAME + PAGE, "w"));
	set(0, VA + 2 * PAGE, 0, 1, entry(FRAME + PAGE, "w"));
	set(0, VA + 3 * PAGE, 0, 1, entry(FRAME + 5 * PAGE, "w"));
	set(0, VA, 0, 4, 0);
	want(unclean() == 3, "three pieces");
	want_held(0, "11110");
	for (unsigned i = 2; i < 9; i++)
		if (i != 5)
			free_frame(FRAME + i * PAGE);
	want_held(0, "11110");
}

/* The bits of an entry do not give the next entry's frame. */
static void rights_in_a_row(void)
{
	set(0, VA, 0, 1, LEAF & ~0x400ul);
	set(0, VA + PAGE, 0, 1, LEAF);
	set(0, VA, 0, 2, 0);
	free_frame(FRAME + PAGE);
	want_held(0, "110");
}

/* Only the stored entries: their neighbours are unchanged. */
static void a_part_of_a_row(void)
{
	set(0, VA, 0, 8, LEAF);
	set(0, VA + 2 * PAGE, 0, 3, 0);
	want_held(0, "001110000");
	free_frame(FRAME + PAGE);
	free_frame(FRAME + 5 * PAGE);
}

static void a_whole_table(void)
{
	set(0, VA, 0, 1, LEAF);
	set(0, VA + 511 * PAGE, 0, 1, entry(OTHER, "w"));
	set(0, VA, 1, 1, 0);
	want(unclean() == 3, "a pointer and two leaves");
	want(!held(VA - 1, 0) && held(VA, 0), "its first byte");
	want(held(VA + SLOT - 1, 0) && !held(VA + SLOT, 0), "its last byte");
	free_frame(OTHER);
}

static void no_cpu_holds(void)
{
	san_cpu_off(0);
	san_cpu_off(1);
	leave(VA, 4, FRAME);
	want(!unclean(), "nobody translates");
	free_frame(FRAME);
}

static void cpus_go(void)
{
	leave(VA, 2, FRAME);
	leave(VA + 8 * PAGE, 2, OTHER);
	san_cpu_off(1);
	want_held(1, "0000000000");
	want_held(0, "1100000011");
	san_cpu_off(0);
	want(!unclean(), "no CPU is left");
	free_frame(FRAME);
}

static void by_asid(vaddr_t va, u64 len, bool walk)
{
	global_request = false;
	invalidate(0, va, len, 1, walk);
	global_request = true;
}

static void global_by_asid(void)
{
	set(0, VA, 0, 1, entry(FRAME, "wg"));
	set(0, VA + 4 * PAGE, 0, 1, entry(OTHER, "w"));
	set(0, VA + 4 * PAGE, 0, 1, 0);
	set(0, VA, 0, 1, 0);
	by_asid(VA, 5 * PAGE, false);
	want_held(0, "100000");
	free_frame(OTHER);
	free_frame(FRAME);
}

static void global_pointer_by_asid(void)
{
	set(0, VA, 1, 1, 0);
	by_asid(VA, SLOT, true);
	free_frame(stage_table());
}

static void own_pointer_by_asid(void)
{
	sets_global = false;
	set(0, VA, 1, 1, 0);
	by_asid(VA, SLOT, true);
	free_frame(stage_table());
}

/* Two pages of one continued store, each stored after an invalidation of others. */
static void a_row_of_stores(void)
{
	leave(VA + 8 * PAGE, 1, OTHER);
	invalidate(0, VA + 8 * PAGE, PAGE, 1, false);
	set(0, VA, 0, 2, LEAF);
	set(0, VA, 0, 1, 0);
	set(0, VA + PAGE, 0, 1, 0);
	free_frame(FRAME);
	free_frame(FRAME + PAGE);
}

/* Requests of deliberate mistakes do not count for later stores. */
static void a_row_behind_mistakes(void)
{
	san_mute(true);
	event(0, PT_EV_SYNC);
	tlbi(0, VA, PAGE, 1, false, EVERY);
	san_mute(false);
	set(0, VA, 0, 2, LEAF);
	set(0, VA, 0, 1, 0);
	set(0, VA + PAGE, 0, 1, 0);
	free_frame(FRAME);
	free_frame(FRAME + PAGE);
}

/* The first piece of a row is not on its way any more when the last one is cut. */
static void cut_while_stored(void)
{
	set(0, VA, 0, 5, LEAF);
	set_begin(0, VA, 0, 5, 0);
	for (unsigned i = 0; i < 5; i++)
		poke(VA + i * PAGE, 0, 0);
	invalidate(0, VA + PAGE, PAGE, 1, false);
	invalidate(0, VA + 3 * PAGE, PAGE, 1, false);
	want_held(0, "101010");
	set_end();
	for (unsigned i = 0; i < 5; i++)
		free_frame(FRAME + i * PAGE);
	want(!unclean(), "all parts were stored");
}

/* Parts that one CPU of two dropped, then the other. */
static void parts_by_cpu(void)
{
	for (unsigned same = 0; same < 2; same++) {
		vaddr_t va = VA + 8 * same * PAGE;

		for (unsigned i = 0; i < 4; i++)
			set(0, va + i * PAGE, 0, 1, entry(FRAME + (same ? 32 : i) * PAGE, "w"));
		set(0, va, 0, 4, 0);
		event(0, PT_EV_SYNC);
		tlbi(0, va + PAGE, 2 * PAGE, 1, false, 1);
		event(0, PT_EV_WAIT);
		event(0, PT_EV_CTX);
		want(unclean() == 3, "three parts");
		free_frame(FRAME + 33 * PAGE);
		invalidate(0, va + PAGE, 2 * PAGE, 1, false);
		want(unclean() == 2, "two parts");
		free_frame(FRAME + PAGE);
		free_frame(FRAME + 2 * PAGE);
		want(unclean() == 2, "whose frames are others");
		invalidate(0, va, 4 * PAGE, 1, false);
	}
}

/* The part that the other CPU still holds has its own frames. */
static void frame_of_a_part(void)
{
	leave(VA, 4, FRAME);
	event(0, PT_EV_SYNC);
	tlbi(0, VA + 2 * PAGE, PAGE, 1, false, 1);
	event(0, PT_EV_WAIT);
	event(0, PT_EV_CTX);
	want_held(0, "11010");
	want_held(1, "11110");
	free_frame(FRAME + 2 * PAGE);
	want_held(0, "11010");
	want_held(1, "11010");
}

/* One row, whose second store is not seen by the request that drops the first. */
static void row_under_way(void)
{
	set(0, VA, 0, 2, LEAF);
	set(0, VA, 0, 1, 0);
	event(1, PT_EV_SYNC);
	set_begin(0, VA + PAGE, 0, 1, 0);
	tlbi(1, VA, 2 * PAGE, 1, false, EVERY);
	poke(VA + PAGE, 0, 0);
	event(1, PT_EV_WAIT);
	event(1, PT_EV_CTX);
	set_end();
	want(held(VA + PAGE, 0), "stored after the barrier");
	free_frame(FRAME + PAGE);
}

const struct exact exact_copies[] = {
	{ "cut in parts", cut_in_parts, SAN_RANGE, 1, BOTH },
	{ "parts of many stores", parts_of_many_stores, SAN_RANGE, 2, BOTH },
	{ "the last piece reported", last_piece_reported, SAN_NEVER, 1, BOTH },
	{ "the last piece cleaned", last_piece_cleaned, SAN_RULES },
	{ "a pointer stays", pointer_stays, SAN_WALKS, 1, BOTH },
	{ "one frame for all", one_frame_for_all, SAN_RULES },
	{ "frames in a row", frames_in_a_row, SAN_RULES },
	{ "rights in a row", rights_in_a_row, SAN_RULES, 0, ON_ARM, true },
	{ "a part of a row", a_part_of_a_row, SAN_RULES },
	{ "a whole table", a_whole_table, SAN_NEVER, 1, BOTH },
	{ "no CPU holds it", no_cpu_holds, SAN_RULES },
	{ "CPUs go", cpus_go, SAN_RULES },
	{ "global, by its ASID", global_by_asid, SAN_ASID, 1, BOTH },
	{ "global pointer, by its ASID", global_pointer_by_asid, SAN_ASID, 1, BOTH },
	{ "own pointer, by its ASID", own_pointer_by_asid, SAN_RULES },
	{ "a row of stores", a_row_of_stores, SAN_NEVER, 1, BOTH },
	{ "a row after mistakes", a_row_behind_mistakes, SAN_NEVER, 1, BOTH },
	{ "cut while it is stored", cut_while_stored, SAN_RANGE, 1, BOTH },
	{ "parts by CPU", parts_by_cpu, SAN_RULES },
	{ "the frame of a part", frame_of_a_part, SAN_RANGE, 1, BOTH },
	{ "a row under way", row_under_way, SAN_SYNC, 1, BOTH },
};
const unsigned nr_exact_copies = ARRAY_SIZE(exact_copies);
