/* SPDX-License-Identifier: BSD-2-Clause */
/* stores.c - what a store owes: order of contents, locks by actor, and which events are barriers.
 */
#include "exact.h"

static void fill_range(paddr_t pa, u64 len)
{
	struct pt_event e = { .kind = PT_EV_FILL, .pa = pa, .len = len };

	stage_run(0, &e);
}

/* By each barrier that orders stores, and by no other event. */
static void ordered_by(void)
{
	static const u8 barriers[] = { PT_EV_SYNC, PT_EV_PUBLISH, PT_EV_PUBLISH_DATA,
				       PT_EV_VISIBLE };
	static const u8 others[] = { PT_EV_WAIT, PT_EV_CTX, PT_EV_LOCK, PT_EV_UNLOCK,
				     PT_EV_WALK_BEGIN };

	for (unsigned i = 0; i < ARRAY_SIZE(barriers); i++) {
		frame(0, PT_EV_FILL, FRAME + i * PAGE);
		event(0, barriers[i]);
		set(0, VA + i * PAGE, 0, 1, entry(FRAME + i * PAGE, "w"));
		want(!san_count(SAN_PUBLISH_DATA), pt_event_name(barriers[i]));
	}
	for (unsigned i = 0; i < ARRAY_SIZE(others); i++) {
		frame(0, PT_EV_FILL, OTHER + i * PAGE);
		event(0, others[i]);
		event(0, PT_EV_CTX);
		event(1, PT_EV_PUBLISH_DATA); /* another CPU's */
		set(0, VA + (8 + i) * PAGE, 0, 1, entry(OTHER + i * PAGE, "w"));
		want(san_count(SAN_PUBLISH_DATA) == i + 1, pt_event_name(others[i]));
	}
	event(0, PT_EV_WALK_END);
	event(0, PT_EV_VISIBLE);
}

static void each_fill(void)
{
	event(0, PT_EV_PUBLISH_DATA);
	for (unsigned i = 0; i < SAN_FILLS; i++)
		frame(0, PT_EV_FILL, FRAME + i * PAGE);
	for (unsigned i = 0; i < SAN_FILLS; i++)
		set(0, VA + i * PAGE, 0, 1, entry(FRAME + i * PAGE, "w"));
}

static void fill_beside(void)
{
	fill_range(FRAME, PAGE);
	fill_range(FRAME + 3 * PAGE, PAGE);
	set(0, VA, 0, 2, entry(FRAME + PAGE, "w"));
}

static void fill_a_byte(void)
{
	fill_range(FRAME + 2 * PAGE - 1, 1);
	set(0, VA, 0, 2, LEAF);
	event(0, PT_EV_PUBLISH_DATA);
	fill_range(OTHER, 1);
	set(0, VA + 8 * PAGE, 0, 2, entry(OTHER, "w"));
}

static void fills_are_no_requests(void)
{
	leave(VA, 1, FRAME);
	for (unsigned i = 0; i <= SAN_REQUESTS; i++)
		fill_range(OTHER, VA + PAGE);
}

/* A table that is filled while a block is mapped there, and hooked without a barrier. */
static void filled_below_a_block(bool ordered)
{
	struct pt_event e = { .kind = PT_EV_SET, .va = VA + SLOT, .n = 1, .len = PAGE };

	bbm_level = 2;
	set(0, VA + SLOT, 1, 1, entry(FRAME, "wb"));
	event(0, PT_EV_PUBLISH);
	e.pt = stage_pt(0);
	e.new = LEAF;
	stage_run(0, &e);
	if (ordered)
		event(0, PT_EV_PUBLISH);
	set(0, VA + SLOT, 1, 1, pointer(stage_spare()));
}

static void filled_unordered(void)
{
	filled_below_a_block(false);
}

static void filled_ordered(void)
{
	filled_below_a_block(true);
}

/* The writers of mm/kernel/writer.h, and the locks that they hold when they store. */
static const struct {
	u8 writer;
	u16 lock; /* 0: none is wanted */
} actors[] = {
	{ PT_WRITER_NONE, 0 },
	{ PT_WRITER_BOOT, 0 },
	{ PT_WRITER_HOTPLUG, 1 << 9 },
	{ PT_WRITER_MIGRATE, 1 << 3 },
	{ PT_WRITER_VMALLOC, 0 },
	{ PT_WRITER_DEVICE, 1 << 3 },
	{ PT_WRITER_APPLY, 0 },
	{ PT_WRITER_DIRECT, 1 << 9 },
	{ PT_WRITER_OPTIMISE, 1 << 9 },
	{ PT_WRITER_SHADOW, 1 << 9 },
	{ PT_WRITERS, 0 },
};

static void each_actor(void)
{
	u32 n = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(actors); i++) {
		writer = actors[i].writer;
		locks = actors[i].lock;
		set(0, VA, 0, 1, LEAF);
		set(0, VA, 0, 1, LEAF);
		want(san_count(SAN_LOCK) == n, "an actor that has its lock");
		locks = (u16)~actors[i].lock;
		set(0, VA, 0, 1, LEAF);
		n += actors[i].lock != 0;
		want(san_count(SAN_LOCK) == n, "an actor that has not its lock");
		event(0, PT_EV_VISIBLE);
	}
}

/* Boot, before the second CPU translates. */
static void alone(void)
{
	san_cpu_off(1);
	writer = PT_WRITER_HOTPLUG;
	set(0, VA, 0, 1, LEAF);
	event(0, PT_EV_VISIBLE);
}

static void release(u16 held_locks, unsigned class, bool rw)
{
	struct pt_event e = { .kind = PT_EV_UNLOCK, .ops = class, .global = rw };

	locks = held_locks;
	stage_run(0, &e);
}

/* The lock of another writer, a lock held for reading, or one that is not held, permits no store.
 */
static void other_locks(void)
{
	locks = 1 << 9;
	writer = PT_WRITER_HOTPLUG;
	leave(VA, 1, FRAME);
	event(0, PT_EV_VISIBLE);
	release(1 << 9 | 1 << 10, 2, true);
	release(1 << 1, 1, true);
	release(1 << 9, 1, false);
	want_held(0, "1");
	release(1 << 9, 1, true);
	want(!unclean(), "its lock");
}

/* A writer that has no lock for writing. */
static void no_lock_of_theirs(void)
{
	static const u8 free_actors[] = { PT_WRITER_NONE, PT_WRITER_VMALLOC, PT_WRITERS };

	for (unsigned i = 0; i < ARRAY_SIZE(free_actors); i++) {
		locks = 1 << 9;
		writer = free_actors[i];
		leave(VA + 2 * i * PAGE, 1, FRAME + 2 * i * PAGE);
		set(0, VA + (8 + i) * PAGE, 0, 1, entry(OTHER + i * PAGE, "w"));
		release(1 << 9, 1, true);
	}
	want_held(0, "101010");
}

/* A late report of a writer has its addresses. */
static void told_of_its_addresses(void)
{
	struct pt_event told = { .va = VA + PAGE, .len = PAGE, .writer = PT_WRITER_HOTPLUG };

	set(0, VA, 0, 3, LEAF);
	for (unsigned i = 3; i--;)
		set(0, VA + i * PAGE, 0, 1, 0);
	san_written_by(&told);
	release(1 << 9, 1, true);
	want_held(0, "1010");
}

/* ---- two halves ---- */

static void swallowed(void)
{
	set(0, VA, 0, 1, LEAF);
	set(0, VA + 8 * PAGE, 0, 1, entry(OTHER, "w"));
	set_begin(0, VA, 0, 1, 0); /* and no more */
	set(1, VA + 9 * PAGE, 0, 1, entry(OTHER + PAGE, "w"));
	want(unclean() == 1, "another CPU's store");
	set(0, VA + 8 * PAGE, 0, 1, 0);
	want_held(0, "0000000010");
	want(unclean() == 1, "the store that was");
	free_frame(FRAME);
}

/* A tree that no CPU loaded, after a store that was not performed. */
static void unknown_tree(void)
{
	struct pt_event e = { .kind = PT_EV_SET, .va = VA, .n = 1, .len = PAGE, .new = 1 };

	set_begin(0, VA, 0, 1, LEAF);
	e.pt = stage_pt(STAGE_TREES - 1);
	e.new = LEAF;
	locks = 1 << 9;
	writer = PT_WRITER_HOTPLUG;
	stage_run(0, &e);
	release(1 << 9, 1, true);
}

static void two_at_once(void)
{
	set(0, VA, 0, 1, LEAF);
	set(0, VA + 8 * PAGE, 0, 1, entry(OTHER, "w"));
	set_begin(0, VA, 0, 1, 0);
	set_other();
	set_begin(1, VA + 8 * PAGE, 0, 1, 0);
	set_end();
	free_frame(FRAME); /* still there */
	want_held(1, "1000000010");
	set_other();
	set_end();
	invalidate(0, VA, 9 * PAGE, 1, false);
	want(!unclean(), "both");
}

static void not_stored(void)
{
	set_begin(0, VA, 0, 1, LEAF);
	set_ends_unstored();
}

/* Two pieces of one store. */
static void one_break(void)
{
	set(0, VA, 0, 1, LEAF);
	set(0, VA + PAGE, 0, 1, entry(FRAME + 4 * PAGE, "w"));
	set(0, VA, 0, 2, entry(OTHER, "w"));
	invalidate(0, VA, 2 * PAGE, 1, false);
}

/* ---- made again before the invalidation ---- */

static void beside_unclean(void)
{
	leave(VA + PAGE, 1, FRAME);
	set(0, VA, 0, 1, entry(OTHER, "w"));
	set(0, VA + 2 * PAGE, 0, 1, entry(OTHER + 8 * PAGE, "w"));
	want_held(0, "0100");
}

static void same_frame_again(void)
{
	leave(VA, 4, FRAME);
	set(0, VA + 2 * PAGE, 0, 1, entry(FRAME + 2 * PAGE, "w"));
	want_held(0, "11110");
}

/* [R] Svnapot: a copy of the run and its pages, or the reverse, give the same frames. */
static void other_shape_again(void)
{
	leave(VA, 16, FRAME);
	set(0, VA, 0, 16, entry(FRAME, "wr"));
	invalidate(0, VA, 16 * PAGE, 1, false);
	set(0, VA, 0, 16, 0);
	set(0, VA + 3 * PAGE, 0, 1, entry(FRAME + 3 * PAGE, "w"));
}

static void made_and_freed(void)
{
	leave(VA, 1, FRAME);
	set(0, VA, 0, 1, entry(OTHER, "w"));
	want(unclean() == (isa == RISCV), "told: no other report of it");
	if (isa == RISCV)
		invalidate(0, VA, PAGE, 1, false);
	free_frame(FRAME);
}

/* ---- context synchronisation ---- */

static void owes(void)
{
	leave(VA, 1, FRAME);
	event(0, PT_EV_SYNC);
	tlbi(0, VA, PAGE, 1, false, EVERY);
	event(0, PT_EV_WAIT);
}

static void owed_once(void)
{
	owes();
	event(0, PT_EV_WALK_BEGIN);
	event(0, PT_EV_WALK_END);
	want(!san_count(SAN_CTX), "a walk");
	set(1, VA + 8 * PAGE, 0, 1, entry(OTHER, "w"));
	set(0, VA, 0, 1, LEAF);
	set(0, VA + PAGE, 0, 1, entry(FRAME + PAGE, "w"));
}

static void owed_at_the_free(void)
{
	owes();
	frame(0, PT_EV_PAGE_FREE, stage_spare());
}

/* An observer's break: its second half may follow at once. */
static void owed_of_an_observer(void)
{
	stage_env.loaded = stage_loaded;
	owes();
	set(0, VA, 0, 1, LEAF);
	want(!san_count(SAN_CTX), "made");
	set(0, VA, 0, 1, 0);
}

/* Walks enter and leave beside an entry that is not clean. */
static void walks_move_nothing(void)
{
	leave(VA, 1, FRAME);
	event(1, PT_EV_WALK_BEGIN);
	event(1, PT_EV_WALK_END);
	load_root(1, 0, stage_root(), 0);
	event(1, PT_EV_CTX);
	want_held(0, "1");
}

const struct exact exact_stores[] = {
	{ "ordered by barriers alone", ordered_by, SAN_PUBLISH_DATA, 5, BOTH },
	{ "each frame that was filled", each_fill, SAN_PUBLISH_DATA, SAN_FILLS, BOTH },
	{ "frames beside those that were filled", fill_beside, SAN_RULES },
	{ "a byte of a frame", fill_a_byte, SAN_PUBLISH_DATA, 2, BOTH },
	{ "fills are no requests", fills_are_no_requests, SAN_RULES },
	{ "filled below a block", filled_unordered, SAN_PUBLISH, 1, BOTH },
	{ "filled below a block, ordered", filled_ordered, SAN_RULES },
	{ "each actor's lock", each_actor, SAN_LOCK, 6, BOTH },
	{ "one CPU alone", alone, SAN_RULES },
	{ "other locks", other_locks, SAN_NEVER, 1, BOTH },
	{ "actors without a lock", no_lock_of_theirs, SAN_RULES },
	{ "reported with its addresses", told_of_its_addresses, SAN_NEVER, 1, BOTH },
	{ "a store that was swallowed", swallowed, SAN_RULES },
	{ "a tree that no CPU loaded", unknown_tree, SAN_RULES },
	{ "two stores at once", two_at_once, SAN_RULES },
	{ "a store that was not performed", not_stored, SAN_FOREIGN, 1, BOTH },
	{ "one break", one_break, SAN_BREAK, 1, ON_ARM },
	{ "beside an entry that is not clean", beside_unclean, SAN_RULES },
	{ "the same frame again", same_frame_again, SAN_RULES },
	{ "the other shape again", other_shape_again, SAN_UNBROKEN, 2, ON_ARM },
	{ "made over it, and freed", made_and_freed, SAN_UNBROKEN, 1, ON_ARM },
	{ "owed once", owed_once, SAN_CTX, 1, ON_ARM },
	{ "owed when a page is freed", owed_at_the_free, SAN_CTX, 1, ON_ARM },
	{ "owed, of an observer", owed_of_an_observer, SAN_CTX, 1, ON_ARM },
	{ "walks beside it", walks_move_nothing, SAN_RULES },
};
const unsigned nr_exact_stores = ARRAY_SIZE(exact_stores);
