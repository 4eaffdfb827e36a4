/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * foreign.c - an observer of any kernel: no event reports an owner or a lock.  Each rule of the
 * manuals has a scene that breaks it and one that does not; promises of this project's kernel are
 * silent.
 */
#include "exact.h"

#define RUN 16u
#define CONTIGUOUS entry(FRAME, "wr")

static void foreign(void)
{
	stage_env.loaded = stage_loaded;
	stage_env.foreign = true;
	is_told = true;
	load_root(0, 0, stage_root(), 0);
	load_root(1, 0, stage_root(), 0);
}

/* The root again, with another ASID; `again`: only that was replaced. */
static void reload(unsigned who, unsigned asid, bool again)
{
	struct pt_event e = { .kind = PT_EV_ROOT_LOAD,
			      .pa = stage_root(),
			      .asid = asid,
			      .local = again,
			      .pt = stage_pt(0) };

	stage_run(who, &e);
}

/* ---- what this kernel promises, and no other ---- */
static void no_promise(void)
{
	foreign();
	set(0, VA, 0, 1, entry(FRAME, "wx"));
	set(0, VA, 0, 1, 0);
	frame(0, PT_EV_FRAME_FREE, FRAME);
	hook(VA + SLOT, stage_table()); /* a table of two slots */
}

/* ---- members of a run ---- */
static void run_of(unsigned other, const char *flags)
{
	foreign();
	for (unsigned i = 0; i < RUN; i++)
		set(0, VA + i * PAGE, 0, 1,
		    i == other ? entry(FRAME + i * PAGE, flags)
			       : CONTIGUOUS + (isa == ARM ? i * PAGE : 0));
}

static void run_whole(void)
{
	run_of(RUN, "");
}

/* Two entries of it are invalid: perhaps the others follow. */
static void run_in_parts(void)
{
	foreign();
	set(0, VA, 0, 1, CONTIGUOUS);
}

static void run_with_a_single_page(void)
{
	run_of(RUN - 1, "w");
}

static void run_with_another_frame(void)
{
	foreign();
	set(0, VA, 0, 1, CONTIGUOUS);
	set(0, VA + PAGE, 0, 1, entry(OTHER, "wr"));
}

static void run_with_other_rights(void)
{
	run_of(3, "r");
}

static void run_below_another(void)
{
	foreign();
	set(0, VA + (RUN - 1) * PAGE, 0, 1, entry(OTHER, "w"));
	set(0, VA + RUN * PAGE, 0, 1, CONTIGUOUS);
}

static void run_level_1(void)
{
	bbm_level = 1;
	run_of(RUN - 1, "w");
}

/* ---- requests that are not waited for ---- */
static void unawaited(pte_t to, bool wait)
{
	foreign();
	set(0, VA, 0, 1, LEAF);
	set(0, VA, 0, 1, to);
	event(0, PT_EV_SYNC);
	tlbi(0, VA, PAGE, 1, false, EVERY);
	san_not_waited(1);
	if (wait)
		event(0, PT_EV_WAIT);
	san_not_waited(0);
	san_not_waited(0);
}

static void not_awaited(void)
{
	unawaited(0, false);
}

static void awaited(void)
{
	unawaited(0, true);
}

static void young_not_awaited(void)
{
	unawaited(LEAF ^ (isa == ARM ? BIT(10) : BIT(6)), false);
}

static void many_requests(void)
{
	foreign();
	for (unsigned i = 0; i < 2 * SAN_REQUESTS; i++)
		leave(VA + i * PAGE, 1, FRAME + i * PAGE);
	event(0, PT_EV_SYNC);
	for (unsigned i = 0; i < 2 * SAN_REQUESTS; i++)
		tlbi(0, VA + i * PAGE, PAGE, 1, false, EVERY);
	event(0, PT_EV_WAIT);
	want(!unclean(), "each of them");
}

/* ---- ASIDs ---- */
static void two_asids(unsigned request)
{
	foreign();
	reload(0, 5, false);
	set(0, VA, 0, 1, LEAF);
	reload(0, 4, true);
	reload(0, 5, true);
	set(0, VA, 0, 1, 0);
	global_request = false;
	asid_request = request;
	invalidate(0, VA, PAGE, 1, false);
	want(unclean() == (request != 5 && request != 4), "the ASID of the request");
}

static void either_asid(void)
{
	two_asids(5);
}

static void twin_asid(void)
{
	two_asids(4);
}

static void third_asid(void)
{
	two_asids(6);
}

/* The frame of a root is one again: the copies of the last one have another ASID. */
static void root_again(unsigned asid)
{
	foreign();
	reload(0, 5, false);
	reload(1, 5, false);
	set(0, VA, 0, 1, LEAF);
	set(0, VA, 0, 1, 0);
	load_root(0, 1, stage_copy(), 9);
	load_root(0, 0, stage_root(), asid);
	load_root(1, 0, stage_root(), asid);
	set(0, VA, 0, 1, entry(OTHER, "w"));
}

static void same_asid(void)
{
	root_again(5);
}

static void other_asid(void)
{
	root_again(6);
}

/* No CPU uses the address space: its copies wait for the next use of its ASID. */
static void space_not_used(void)
{
	foreign();
	set(0, VA, 0, 1, LEAF);
	set(0, VA, 0, 1, 0);
	load_root(1, 1, stage_copy(), 9);
	load_root(0, 1, stage_copy(), 9);
	set(0, VA, 0, 1, entry(OTHER, "w"));
}

static void reserved_root(void)
{
	paddr_t own = stage_copy();

	foreign();
	load_root(0, 1, own, 5);
	load_root(0, 2, stage_spare(), 5);
	load_root(0, 1, own, 5);
}

/* A kernel may change the ASID while a reserved root is loaded, which then has no copies of it. */
static void forgotten_reserved_root(void)
{
	paddr_t own = stage_copy();
	struct pt_event e = { .kind = PT_EV_ROOT_LOAD,
			      .pa = stage_spare(),
			      .asid = 6,
			      .local = true,
			      .pt = stage_pt(2) };

	foreign();
	load_root(0, 2, e.pa, 5);
	stage_run(0, &e);
	load_root(0, 2, stage_copy(), 7);
	load_root(0, 1, own, 6);
}

static void asid_of_a_root_that_is_gone(void)
{
	paddr_t first = stage_copy(), next = stage_copy();

	foreign();
	load_root(0, 1, first, 5);
	load_root(0, 0, stage_root(), 0);
	san_root_left(first);
	load_root(0, 2, next, 5);
	want(san_count(SAN_TAG) == (isa == ARM), "RISC-V: the fence may follow");
	san_not_waited(0);
}

static void asid_dropped_later(void)
{
	foreign();
	load_root(0, 1, stage_copy(), 5);
	load_root(0, 0, stage_root(), 0);
	load_root(0, 1, stage_copy(), 5);
	event(0, PT_EV_SYNC);
	tlbi(0, 0, 0, 0, true, 1);
	event(0, PT_EV_WAIT);
	san_not_waited(0);
}

/* An observer has room for few roots: it forgets one, whose copies are its own. */
static void back_after_it_was_forgotten(void)
{
	paddr_t own = stage_copy();

	foreign();
	load_root(0, 1, own, 5);
	load_root(0, 1, stage_copy(), 6);
	load_root(0, 2, own, 5);
}

/* ---- what only an observer notices ---- */
static void broken(void)
{
	struct pt_event e = { .kind = PT_EV_TLBI, .va = VA, .new = 0xf0 };

	foreign();
	san_broken(SAN_NOTHING, &e);
}

static void data(void)
{
	struct pt_event e = { .kind = PT_EV_SET, .va = VA, .pt = stage_pt(0) };

	foreign();
	san_broken(SAN_DATA, &e);
}

static bool is_entry(pte_t v, unsigned level)
{
	struct san_geometry g;

	san_geometry(isa == ARM ? "arm64-4k-48" : "riscv-sv48", &g);
	return san_is_entry(&g, v, level, isa == ARM ? 40 : 56);
}

static void no_entries(void)
{
	want(is_entry(LEAF, 0) && is_entry(pointer(FRAME), 1) && is_entry(0, 0), "entries");
	want(is_entry(0x1234567890abcdef & ~1ul, 1), "an invalid word");
	want(!is_entry(pointer(FRAME), 0) || isa == ARM, "a pointer above no table");
	want(!is_entry(entry(FRAME, "wb"), 0) || isa == RISCV, "a block of a page's level");
	want(!is_entry(entry(0, "wb"), 3) || isa == RISCV, "a block of the top level");
	want(!is_entry(isa == ARM ? LEAF | BIT(40) : LEAF | BIT(54), 0),
	     "an address, reserved bits");
	want(!is_entry(pointer(FRAME) | BIT(6), 1) || isa == ARM, "a pointer with A");
	want(isa == ARM || !is_entry(5, 0), "W without R");
}

const struct exact exact_foreign[] = {
	{ "no promise of a foreign kernel", no_promise, SAN_RULES },
	{ "a run", run_whole, SAN_RULES },
	{ "a run in parts", run_in_parts, SAN_RULES },
	{ "a run with a single page", run_with_a_single_page, SAN_MEMBERS, 1, ON_ARM },
	{ "a run with another frame", run_with_another_frame, SAN_MEMBERS, 1, BOTH },
	{ "a run with other rights", run_with_other_rights, SAN_RULES },
	{ "a run after another page", run_below_another, SAN_RULES },
	{ "a run with a single page, level 1", run_level_1, SAN_RULES },
	{ "not awaited at the return", not_awaited, SAN_WAIT, 1, BOTH },
	{ "awaited at the return", awaited, SAN_RULES },
	{ "an access flag, not awaited", young_not_awaited, SAN_RULES },
	{ "more requests than room", many_requests, SAN_RULES },
	{ "one of two ASIDs", either_asid, SAN_RULES },
	{ "the other of two ASIDs", twin_asid, SAN_RULES },
	{ "neither of two ASIDs", third_asid, SAN_RULES },
	{ "a root with its ASID", same_asid, SAN_UNBROKEN, 1, ON_ARM },
	{ "a root with another ASID", other_asid, SAN_RULES },
	{ "a space that no CPU uses", space_not_used, SAN_RULES },
	{ "a reserved root", reserved_root, SAN_RULES },
	{ "a reserved root that was forgotten", forgotten_reserved_root, SAN_RULES },
	{ "the ASID of a lost root", asid_of_a_root_that_is_gone, SAN_TAG, 1, BOTH },
	{ "an ASID whose copies are dropped later", asid_dropped_later, SAN_TAG, 1, ON_ARM },
	{ "a root that was forgotten", back_after_it_was_forgotten, SAN_RULES },
	{ "an operand of nothing", broken, SAN_NOTHING, 1, BOTH },
	{ "data in a table", data, SAN_DATA, 1, BOTH },
	{ "words that are no entries", no_entries, SAN_RULES },
};
const unsigned nr_exact_foreign = ARRAY_SIZE(exact_foreign);
