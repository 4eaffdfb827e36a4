/* SPDX-License-Identifier: BSD-2-Clause */
/* requests.c - what an invalidation reaches, and when; barriers that are none. */
#include "exact.h"

static void page_by_page(unsigned n)
{
	leave(VA, n, FRAME);
	event(0, PT_EV_SYNC);
	for (unsigned i = 0; i < n; i++)
		tlbi(0, VA + i * PAGE, PAGE, 1, false, EVERY);
	event(0, PT_EV_WAIT);
	event(0, PT_EV_CTX);
}

static void all_requests(void)
{
	page_by_page(SAN_REQUESTS);
	want(!unclean(), "each request is waited for");
	page_by_page(SAN_REQUESTS);
	want(!unclean(), "each request is waited for, again");
}

static void one_request_too_many(void)
{
	page_by_page(SAN_REQUESTS + 1);
	want_held(0, "100000000");
}

static void other_tree(void)
{
	struct pt_event e = { .kind = PT_EV_TLBI, .va = VA, .len = PAGE, .levels = 1 };

	load_root(0, 1, stage_copy(), 0);
	leave(VA, 1, FRAME);
	event(0, PT_EV_SYNC);
	e.pt = stage_pt(1);
	e.cpus = EVERY;
	e.global = true;
	stage_run(0, &e);
	event(0, PT_EV_WAIT);
	event(0, PT_EV_CTX);
	want_held(0, "10");
	e.pt = NULL; /* of no tree: of all */
	event(0, PT_EV_SYNC);
	stage_run(0, &e);
	event(0, PT_EV_WAIT);
	event(0, PT_EV_CTX);
	want_held(0, "00");
}

/* Everything, and no CPU waits. */
static void all_not_waited(void)
{
	leave(VA, 1, FRAME);
	event(0, PT_EV_SYNC);
	tlbi(0, 0, 0, 0, true, EVERY);
	free_frame(FRAME);
}

static void told_once(void)
{
	leave(VA, 1, FRAME);
	tlbi(0, VA, PAGE, 1, false, EVERY);
	tlbi(0, VA, PAGE, 1, false, EVERY);
	free_frame(FRAME);
}

/* A store is no barrier, and neither are these. */
static void store_no_barrier(void)
{
	leave(VA, 1, FRAME);
	set(0, VA + 8 * PAGE, 0, 1, entry(OTHER, "w"));
	event(0, PT_EV_VISIBLE);
	event(0, PT_EV_PUBLISH);
	event(0, PT_EV_PUBLISH_DATA);
	frame(0, PT_EV_FILL, OTHER + PAGE);
	tlbi(0, VA, PAGE, 1, false, EVERY);
}

/* CPU 1 had no barrier since CPU 0 stored. */
static void no_barrier_of_its_own(void)
{
	leave(VA, 1, FRAME);
	tlbi(1, VA, PAGE, 1, false, EVERY);
	event(1, PT_EV_WAIT);
	event(1, PT_EV_CTX);
	want_held(1, "10");
	free_frame(FRAME);
}

/* The TLBI is executed before the store. */
static void request_before_store(void)
{
	set(0, VA, 0, 1, LEAF);
	set_begin(0, VA, 0, 1, 0);
	event(0, PT_EV_SYNC);
	tlbi(0, VA, PAGE, 1, false, EVERY);
	set_end();
	event(0, PT_EV_WAIT);
	event(0, PT_EV_CTX);
	want_held(0, "10");
	free_frame(FRAME);
}

static void barrier_before_store(void)
{
	set(0, VA, 0, 1, LEAF);
	set_begin(0, VA, 0, 1, 0);
	event(0, PT_EV_SYNC);
	set_end();
	tlbi(0, VA, PAGE, 1, false, EVERY);
}

static void local(vaddr_t va, u64 len)
{
	local_request = true;
	event(1, PT_EV_SYNC);
	tlbi(1, va, len, len ? 1 : 0, !len, 2);
	event(1, PT_EV_WAIT);
	event(1, PT_EV_CTX);
	local_request = false;
}

/* A CPU drops its own entries: a whole piece, or nothing of it. */
static void for_itself(void)
{
	leave(VA, 4, FRAME);
	local(VA + PAGE, PAGE);
	want_held(1, "11110");
	want(unclean() == 1, "a part for itself");
	local(VA, 4 * PAGE);
	want_held(1, "00000");
	want_held(0, "11110");
	leave(VA + 8 * PAGE, 1, OTHER);
	want(held(VA + 8 * PAGE, 1), "another page");
	local(0, 0);
	want(!held(VA + 8 * PAGE, 1) && held(VA + 8 * PAGE, 0), "everything for itself");
}

/* Pages at address 0. */
static void at_zero(void)
{
	hook(0, stage_spare());
	local(0, 0);
	leave(0, 2, FRAME);
	want(held(0, 0) && held(PAGE, 0), "two pages");
	invalidate(0, 0, PAGE, 1, false);
	want(!held(0, 0) && held(PAGE, 0) && unclean() == 1, "the first of two");
	local(0, 2 * PAGE);
	want(!held(PAGE, 1) && held(PAGE, 0), "the second, for itself");
	invalidate(0, 0, 2 * PAGE, 1, false);
	want(!unclean(), "both");
}

static void page_below_pointer(void)
{
	set(0, VA + SLOT, 0, 1, LEAF);
	event(0, PT_EV_VISIBLE);
}

/* A hart's fence of everything is executed before the store of the pointer. */
static void fence_before_pointer(void)
{
	paddr_t table = stage_spare();
	vaddr_t va = VA + SLOT;

	event(0, PT_EV_PUBLISH);
	set_begin(0, va, 1, 1, pointer(table));
	event(1, PT_EV_SYNC);
	tlbi(1, 0, 0, 0, true, 2);
	set_end();
	event(1, PT_EV_WAIT);
	event(1, PT_EV_CTX);
	page_below_pointer();
	local(va, PAGE);
}

static void fence_behind_pointer(void)
{
	hook(VA + SLOT, stage_spare());
	page_below_pointer();
	local(0, 0);
	local(VA + SLOT, PAGE);
}

static void retried_leaf(void)
{
	stage_env.retried = stage_bounded;
	locks = 1 << 9; /* class 1, for writing */
	writer = PT_WRITER_HOTPLUG;
	set(0, VA, 0, 1, LEAF);
	event(0, PT_EV_UNLOCK);
}

static void bounded_walks(void)
{
	stage_env.bounded = stage_bounded;
	hook(VA + SLOT, stage_spare());
	page_below_pointer();
	local(VA + SLOT, PAGE);
}

/* A walk ends where memory has no pointer: nothing above the pages was missed there. */
static void walk_ends_above(void)
{
	local(VA + SLOT, PAGE);
	local(VA + (1ul << 30), PAGE);
}

/* ---- what an observer knows: no trees of requests, and what a CPU has seen ---- */

static void seen_or_not(bool seen)
{
	stage_env.loaded = stage_loaded;
	stage_env.seen = stage_seen;
	entries_seen = seen;
	is_told = true;
	leave(VA, 1, FRAME);
	invalidate(1, VA, PAGE, 1, false);
	want_held(0, seen ? "0" : "1");
	free_frame(FRAME);
}

static void store_seen(void)
{
	seen_or_not(true);
}

static void store_not_seen(void)
{
	seen_or_not(false);
}

/* The ASID of a request is that of a tree that is meant; the first reason stays. */
static void meant_for_another(void)
{
	stage_env.loaded = stage_loaded;
	is_told = true;
	leave(VA, 2, FRAME);
	invalidate(0, VA, PAGE, 1, false);
	global_request = false;
	asid_request = 7;
	invalidate(0, VA, 2 * PAGE, 1, false);
	free_frame(FRAME + PAGE);
}

/* An invalidation of everything on one CPU does not count for the others. */
static void all_of_one_cpu(void)
{
	stage_env.loaded = stage_loaded;
	is_told = true;
	leave(VA, 1, FRAME);
	event(0, PT_EV_SYNC);
	tlbi(0, 0, 0, 0, true, 1);
	event(0, PT_EV_WAIT);
	event(0, PT_EV_CTX);
	want_held(0, "0");
	want_held(1, "1");
	free_frame(FRAME);
}

/* A CPU that mends its own fault: the reason why the owner's request missed the page stays. */
static void mends_its_fault(void)
{
	leave(VA, 2, FRAME);
	invalidate(0, VA, PAGE, 1, false);
	event(0, PT_EV_SYNC);
	tlbi(0, VA + PAGE, PAGE, 2, false, EVERY);
	load_root(2, 0, stage_root(), 0);
	local(VA + PAGE, PAGE);
	free_frame(FRAME + PAGE);
}

/* One SET of two leaves whose frames are not adjacent. */
static void two_leaves(const char *first, const char *second)
{
	set(0, VA, 0, 1, entry(FRAME, first));
	set(0, VA + PAGE, 0, 1, entry(OTHER, second));
	set(0, VA, 0, 2, 0);
}

/* The request that was waited for was for the other leaf. */
static void other_leaf(void)
{
	two_leaves("w", "w");
	invalidate(0, VA, PAGE, 1, false);
	free_frame(OTHER);
}

static void other_leaf_not_waited(void)
{
	two_leaves("w", "w");
	event(0, PT_EV_SYNC);
	tlbi(0, VA, PAGE, 1, false, EVERY);
	free_frame(FRAME);
}

/* The request of an ASID did not name the global leaf, in either order of the leaves. */
static void global_leaf_left(bool first)
{
	two_leaves(first ? "wg" : "w", first ? "w" : "wg");
	global_request = false;
	invalidate(0, VA, 2 * PAGE, 1, false);
	want_held(0, first ? "10" : "01");
	free_frame(first ? FRAME : OTHER);
}

static void global_leaf_first(void)
{
	global_leaf_left(true);
}

static void global_leaf_last(void)
{
	global_leaf_left(false);
}

const struct exact exact_requests[] = {
	{ "as many requests as there is room for", all_requests, SAN_RULES },
	{ "one request too many", one_request_too_many, SAN_RULES, 0, 0, false, 1 },
	{ "a request for another tree", other_tree, SAN_RULES },
	{ "everything, not waited for", all_not_waited, SAN_WAIT, 1, BOTH },
	{ "no barrier, reported once", told_once, SAN_SYNC, 1, BOTH },
	{ "a store is no barrier", store_no_barrier, SAN_SYNC, 1, BOTH },
	{ "no barrier of its own", no_barrier_of_its_own, SAN_SYNC, 1, BOTH },
	{ "a request before the store", request_before_store, SAN_WAIT, 1, BOTH },
	{ "a barrier before the store", barrier_before_store, SAN_SYNC, 1, BOTH },
	{ "for itself", for_itself, SAN_RULES },
	{ "at address 0", at_zero, SAN_RULES },
	{ "a fence before the pointer", fence_before_pointer, SAN_FAILED, 1, ON_RISCV },
	{ "a fence after the pointer", fence_behind_pointer, SAN_RULES },
	{ "failed walks are bounded", bounded_walks, SAN_RULES },
	{ "a new leaf is left to retries", retried_leaf, SAN_RULES },
	{ "walks that end above", walk_ends_above, SAN_RULES },
	{ "a store that is seen", store_seen, SAN_RULES },
	{ "a store that is not seen", store_not_seen, SAN_SYNC, 1, BOTH },
	{ "meant for another tree", meant_for_another, SAN_RANGE, 1, BOTH },
	{ "everything of one CPU", all_of_one_cpu, SAN_NEVER, 1, BOTH },
	{ "a CPU mends its fault", mends_its_fault, SAN_LEVEL, 1, BOTH },
	{ "the other leaf of a store", other_leaf, SAN_RANGE, 1, BOTH },
	{ "the other leaf, not waited for", other_leaf_not_waited, SAN_WAIT, 1, BOTH },
	{ "a global leaf left, the first", global_leaf_first, SAN_ASID, 1, BOTH },
	{ "a global leaf left, the last", global_leaf_last, SAN_ASID, 1, BOTH },
};
const unsigned nr_exact_requests = ARRAY_SIZE(exact_requests);
