/* SPDX-License-Identifier: BSD-2-Clause */
/* trees.c - roots that are loaded and freed, ASIDs, CPUs up to the last one, mistakes on purpose.
 */
#include "exact.h"

#define LAST_CPU (PT_TAP_CPUS - 1)

/* An invalidation of everything, in two parts, for events between them. */
static void ask_for_all(unsigned who)
{
	event(who, PT_EV_SYNC);
	tlbi(who, 0, 0, 0, true, ~0ul);
}

static void wait_for_all(unsigned who)
{
	event(who, PT_EV_WAIT);
	event(who, PT_EV_CTX);
}

static void everything(unsigned who)
{
	ask_for_all(who);
	wait_for_all(who);
}

/* CPU `who` has used this ASID for a copy of the stage's tree, and is back there. */
static void used(unsigned who, unsigned tree, unsigned asid)
{
	load_root(who, tree, stage_copy(), asid);
	load_root(who, 0, stage_root(), 0);
}

static void other_use(unsigned who, unsigned tree, unsigned asid)
{
	load_root(who, tree, stage_spare(), asid);
}

static void of_this_cpu(void)
{
	used(LAST_CPU, 1, 5);
	other_use(0, 2, 5);        /* another CPU */
	other_use(LAST_CPU, 3, 6); /* another ASID */
	want(!san_count(SAN_TAG), "others");
	other_use(LAST_CPU, 4, 5);
	other_use(LAST_CPU, 5, 0); /* no ASID is used */
	other_use(LAST_CPU, 6, 0);
}

static void tag_forgotten(void)
{
	used(LAST_CPU, 1, 5);
	san_mute(true);
	san_mute(false);
	other_use(LAST_CPU, 2, 5);
}

static void tag_invalidated(void)
{
	used(LAST_CPU, 1, 5);
	everything(0);
	other_use(LAST_CPU, 2, 5);
}

/* An earlier request states nothing about loads that follow it. */
static void old_request(bool muted)
{
	if (muted)
		san_mute(true);
	event(1, PT_EV_SYNC);
	tlbi(1, 0, 0, 0, true, EVERY);
	if (muted)
		san_mute(false);
	else
		event(1, PT_EV_WAIT);
	used(1, 1, 5);
	event(1, PT_EV_WAIT);
	event(1, PT_EV_CTX);
	other_use(1, 2, 5);
}

static void waited_before(void)
{
	old_request(false);
}

static void asked_on_purpose(void)
{
	old_request(true);
}

/* CPU 0 requests an invalidation, CPU `who` changes to another tree, CPU 0 waits. */
static void leaves_meanwhile(unsigned who, unsigned goes_to)
{
	ask_for_all(0);
	load_root(who, goes_to, goes_to ? stage_spare() : stage_root(), goes_to ? 7 : 0);
	wait_for_all(0);
	other_use(who, 2, 5);
}

static void left_behind_the_request(void)
{
	load_root(1, 1, stage_copy(), 5);
	leaves_meanwhile(1, 0);
}

static void left_by_the_last(void)
{
	load_root(LAST_CPU, 1, stage_copy(), 5);
	leaves_meanwhile(LAST_CPU, 0);
}

/* Another request, at which the model checks which CPUs have left, is between that and the wait. */
static void left_before_another(unsigned who)
{
	load_root(who, 1, stage_copy(), 5);
	ask_for_all(0);
	load_root(who, 0, stage_root(), 0);
	ask_for_all(2);
	wait_for_all(0);
	other_use(who, 2, 5);
}

static void left_between_requests(void)
{
	left_before_another(1);
}

static void left_between_by_the_last(void)
{
	left_before_another(LAST_CPU);
}

static void left_before_the_request(void)
{
	used(1, 1, 5);
	leaves_meanwhile(1, 3);
}

static void back_behind_the_request(void)
{
	paddr_t root = stage_copy();

	load_root(1, 1, root, 5);
	load_root(1, 0, stage_root(), 0);
	ask_for_all(0);
	load_root(1, 1, root, 5);
	load_root(1, 0, stage_root(), 0);
	wait_for_all(0);
	other_use(1, 2, 5);
}

static bool has_left;

static bool loaded_or_left(const struct pt *pt, unsigned cpu)
{
	return stage_loaded(pt, cpu) && !(has_left && cpu == 1 && pt == stage_pt(1));
}

/* CPU 1 leaves its tree without an event: the model queries the observer when CPU 0 requests and
 * waits. */
static void leaves_unheard(bool before)
{
	stage_env.loaded = loaded_or_left;
	has_left = false;
	load_root(1, 1, stage_copy(), 5);
	has_left = before;
	ask_for_all(0);
	has_left = true;
	wait_for_all(0);
	other_use(1, 2, 5);
}

static void left_unheard_before(void)
{
	leaves_unheard(true);
}

static void left_unheard_behind(void)
{
	leaves_unheard(false);
}

/* A CPU may hold entries of the tree that it has loaded again, after any invalidation. */
static void in_use(bool muted, unsigned cpu)
{
	paddr_t root = stage_copy();

	load_root(cpu, 1, root, 5);
	if (muted) {
		san_mute(true);
		san_mute(false);
	} else {
		everything(0);
	}
	set_in(1, VA, 0, LEAF);
	set_in(1, VA, 0, 0);
	want(san_holds(root, VA, cpu), "a tree in use");
	want(!san_holds(root, VA, 0), "by this CPU alone");
	free_frame(FRAME);
}

static void in_use_forgotten(void)
{
	in_use(true, 2);
}

static void in_use_invalidated(void)
{
	in_use(false, 1);
}

static void in_use_by_the_last(void)
{
	in_use(false, LAST_CPU);
}

/* The first tree is the kernel's. */
static void first_tree_in_use(void)
{
	load_root(1, 1, stage_copy(), 5);
	everything(0);
	leave(VA, 1, FRAME);
	want_held(0, "1");
	want_held(1, "1");
	free_frame(FRAME);
}

static void forgotten_by_the_last(void)
{
	load_root(LAST_CPU, 0, stage_root(), 0);
	event(LAST_CPU, PT_EV_WAIT);
	san_mute(true);
	san_mute(false);
	set(LAST_CPU, VA, 0, 1, LEAF);
}

/* ---- as many trees as there is room for ---- */

static paddr_t last_root;

static void load_all(void)
{
	paddr_t root = stage_spare();

	for (unsigned i = 1; i < SAN_TREES; i++) {
		last_root = i == SAN_TREES - 1 ? stage_copy() : root;
		load_root(1, i, last_root, i);
	}
	load_root(1, 0, stage_root(), 0);
}

static void all_trees(void)
{
	load_all();
	load_root(1, SAN_TREES, stage_spare(), SAN_TREES); /* no room */
}

static void the_last_tag(void)
{
	load_all();
	other_use(1, 1, SAN_TREES - 1);
}

static void the_last_tag_forgotten(void)
{
	load_all();
	san_mute(true);
	san_mute(false);
	other_use(1, 1, SAN_TREES - 1);
}

static void the_last_tag_invalidated(void)
{
	load_all();
	everything(1);
	other_use(1, 1, SAN_TREES - 1);
}

static void the_last_tag_off(void)
{
	load_all();
	san_cpu_off(1);
	other_use(1, 1, SAN_TREES - 1);
	load_root(1, 1, stage_root(), 0); /* told once */
}

static void the_last_freed(void)
{
	load_all();
	free_frame(last_root);
	load_root(0, SAN_TREES, stage_spare(), 0); /* there is room */
}

/* ---- roots that are freed ---- */

static void pieces_of_a_root(void)
{
	paddr_t root = stage_copy();

	load_root(0, 1, root, 5);
	leave(VA + 8 * PAGE, 1, OTHER);
	set_in(1, VA, 0, LEAF);
	set_in(1, VA, 0, 0);
	leave(VA + 10 * PAGE, 1, OTHER + 2 * PAGE);
	want(unclean() == 3, "of two trees");
	free_frame(root);
	want(unclean() == 2, "of the one that stays");
	want_held(0, "00000000101");
	free_frame(FRAME);
}

/* One piece is left, of the tree that stays; the last one was of the other. */
static void pieces_gone_before(void)
{
	paddr_t root = stage_copy();

	load_root(0, 1, root, 5);
	leave(VA + 8 * PAGE, 1, OTHER);
	set_in(1, VA, 0, LEAF);
	set_in(1, VA, 0, 0);
	free_frame(FRAME);
	free_frame(root);
	want_held(0, "000000001");
}

/* The frames beside a root. */
static void beside_a_root(void)
{
	paddr_t below = stage_spare(), root = stage_copy(), above = stage_spare();

	load_root(0, 1, root, 5);
	free_frame(below);
	free_frame(above);
	set_in(1, VA, 0, LEAF);
	set_in(1, VA, 0, 0);
	want(san_holds(root, VA, 0), "the root is there");
}

/* The kernel's root is its own while it is loaded. */
static void first_root_freed(void)
{
	frame(0, PT_EV_FRAME_FREE, stage_root());
	leave(VA, 1, FRAME);
	want_held(0, "1");
}

/* A tree in another slot of the model than the first. */
static void made_in_another_tree(void)
{
	load_root(0, 1, stage_copy(), 0);
	set_in(1, VA, 0, LEAF);
	set_in(1, VA, 0, 0);
	set_in(1, VA, 0, entry(OTHER, "w"));
}

/* ---- do two roots translate the same? ---- */

static void tables_of(paddr_t root, paddr_t table, bool more)
{
	fill(root, 0, pointer(table));
	fill(table, 3, entry(0x80000000, "wb"));
	if (more)
		fill(table, 4, entry(0x80200000, "wb"));
}

static void copy_of_tables(bool more_before, bool more_now)
{
	paddr_t root[] = { stage_spare(), stage_spare() };

	tables_of(root[0], stage_spare(), more_before);
	tables_of(root[1], stage_spare(), more_now);
	load_root(1, 1, root[0], 5);
	load_root(1, 2, root[1], 5);
}

static void all_of_it(void)
{
	copy_of_tables(false, true);
}

static void not_all_of_it(void)
{
	copy_of_tables(true, false);
}

/* The last entry of a root belongs to it; the words after it do not. */
static void last_entry(bool own)
{
	paddr_t a = stage_spare(), behind_a = stage_spare(), b = stage_spare();

	fill(own ? a : behind_a, own ? 511 : 0, pointer(stage_table()));
	load_root(1, 1, a, 5);
	load_root(1, 2, b, 5);
}

static void own_last_entry(void)
{
	last_entry(true);
}

static void behind_the_last_entry(void)
{
	last_entry(false);
}

static void started_once(void)
{
	san_cpu_off(LAST_CPU);
	load_root(LAST_CPU, 0, stage_root(), 0);
	load_root(LAST_CPU, 0, stage_root(), 0);
}

static void started_clean(void)
{
	san_cpu_off(LAST_CPU);
	everything(LAST_CPU);
	load_root(LAST_CPU, 0, stage_root(), 0);
}

static void stopped(void)
{
	leave(VA, 1, FRAME);
	san_begin(NULL);
	want(!pt_tapped(), "it is off");
	free_frame(FRAME);
}

const struct exact exact_trees[] = {
	{ "an ASID of this CPU", of_this_cpu, SAN_TAG, 1, BOTH },
	{ "an ASID forgotten", tag_forgotten, SAN_RULES },
	{ "an ASID invalidated", tag_invalidated, SAN_RULES },
	{ "a request waited for before", waited_before, SAN_TAG, 1, BOTH },
	{ "a request on purpose", asked_on_purpose, SAN_TAG, 1, BOTH },
	{ "a tree left after the request", left_behind_the_request, SAN_TAG, 1, BOTH },
	{ "a tree left between requests", left_between_requests, SAN_TAG, 1, BOTH },
	{ "a tree left between, by the last", left_between_by_the_last, SAN_TAG, 1, BOTH },
	{ "a tree left before the request", left_before_the_request, SAN_RULES },
	{ "a tree left by the last CPU", left_by_the_last, SAN_TAG, 1, BOTH },
	{ "a tree left unheard before", left_unheard_before, SAN_RULES },
	{ "a tree left without an event after it", left_unheard_behind, SAN_TAG, 1, BOTH },
	{ "a tree loaded after the request", back_behind_the_request, SAN_TAG, 1, BOTH },
	{ "in use, forgotten", in_use_forgotten, SAN_NEVER, 1, BOTH },
	{ "in use, invalidated", in_use_invalidated, SAN_NEVER, 1, BOTH },
	{ "in use by the last CPU", in_use_by_the_last, SAN_NEVER, 1, BOTH },
	{ "the first tree in use", first_tree_in_use, SAN_NEVER, 1, BOTH },
	{ "forgotten by the last CPU", forgotten_by_the_last, SAN_RULES },
	{ "all trees, and one more", all_trees, SAN_RULES, 0, 0, false, 1 },
	{ "the last tree's ASID", the_last_tag, SAN_TAG, 1, BOTH },
	{ "the last tree's ASID forgotten", the_last_tag_forgotten, SAN_RULES },
	{ "the last tree's ASID invalidated", the_last_tag_invalidated, SAN_RULES },
	{ "the last tree's ASID, its CPU off", the_last_tag_off, SAN_STARTED, 1, BOTH },
	{ "the last tree freed", the_last_freed, SAN_RULES },
	{ "pieces of a root that is freed", pieces_of_a_root, SAN_RULES },
	{ "pieces that were freed before", pieces_gone_before, SAN_NEVER, 1, BOTH },
	{ "frames beside a root", beside_a_root, SAN_RULES },
	{ "the first root freed", first_root_freed, SAN_RULES },
	{ "made in another tree", made_in_another_tree, SAN_UNBROKEN, 1, ON_ARM },
	{ "a root that has all of it", all_of_it, SAN_RULES },
	{ "a root that has not all of it", not_all_of_it, SAN_TAG, 1, BOTH },
	{ "the last entry of a root", own_last_entry, SAN_TAG, 1, BOTH },
	{ "after the last entry of a root", behind_the_last_entry, SAN_RULES },
	{ "started, reported once", started_once, SAN_STARTED, 1, BOTH },
	{ "started clean", started_clean, SAN_RULES },
	{ "stopped", stopped, SAN_RULES },
};
const unsigned nr_exact_trees = ARRAY_SIZE(exact_trees);
