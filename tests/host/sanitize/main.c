/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main.c - each rule of the model in both polarities: a scene as the manual wants it gives no
 * report, the same scene with one mistake gives a report of this rule and of no other.
 *
 * The table at the end has the rule of each scene and the ISAs on which it can be broken; it was
 * written from the manuals, and shares nothing with the model but the names of rules.
 */
#include "exact.h"
#include <stdio.h>
#include <string.h>

static void mapped(unsigned n)
{
	set(0, VA, 0, n, LEAF);
	event(0, PT_EV_VISIBLE);
}

/* ---- break-before-make ---- */

static void another_frame(bool wrong)
{
	mapped(1);
	set_begin(0, VA, 0, 1, entry(OTHER, "w"));
	if (!wrong) {
		poke(VA, 0, 0);
		invalidate(0, VA, PAGE, 1, false);
	}
	set_end();
}

static void break_that_is_none(bool wrong)
{
	mapped(1);
	set_begin(0, VA, 0, 1, entry(OTHER, "w"));
	if (!wrong)
		poke(VA, 0, 0); /* wrong: invalidated while it is still valid */
	invalidate(0, VA, PAGE, 1, false);
	set_end();
}

static void memory_type(bool wrong)
{
	mapped(1);
	set_begin(0, VA, 0, 1, wrong ? LEAF | 8 : LEAF ^ 1ul << 55); /* software's bit */
	set_end();
}

static void to_global(bool wrong)
{
	set(0, VA, 0, 1, entry(FRAME, wrong ? "w" : "wg"));
	set(0, VA, 0, 1, entry(FRAME, wrong ? "wg" : "w"));
	invalidate(0, VA, PAGE, 1, false);
}

static void read_only_twins(bool wrong)
{
	set(0, VA, 0, 1, entry(FRAME, ""));
	set(0, VA, 0, 1, entry(wrong ? OTHER + PAGE : OTHER, ""));
	invalidate(0, VA, PAGE, 1, false);
}

static void block_to_table(bool wrong)
{
	paddr_t table = stage_spare();

	set(0, VA + (1ul << 21), 1, 1, entry(FRAME, "wb"));
	bbm_level = wrong ? 1 : 2;
	event(0, PT_EV_PUBLISH);
	set(0, VA + (1ul << 21), 1, 1, pointer(table));
	invalidate(0, VA + (1ul << 21), 1ul << 21, 2, true);
}

static void contiguous_bit(bool wrong)
{
	mapped(16);
	bbm_level = wrong ? 0 : 1;
	set(0, VA, 0, 16, entry(FRAME, "wr"));
	invalidate(0, VA, 16 * PAGE, 1, false);
}

static void folded(bool wrong, const char *rights)
{
	mapped(16);
	set_begin(0, VA, 0, 16, entry(FRAME, rights));
	for (unsigned i = 0; i < 16 && !wrong; i++)
		poke(VA + i * PAGE, 0, 0);
	if (!wrong)
		invalidate(0, VA, 16 * PAGE, 1, false);
	set_end();
	invalidate(0, VA, 16 * PAGE, 1, false);
}

/* Svnapot: N alone is benign, for all entries translate alike. */
static void napot(bool wrong)
{
	folded(wrong, "wr");
}

static void napot_read_only(bool wrong)
{
	folded(wrong, "r");
}

/* The last page of the run is at another address. */
static void napot_other_page(bool wrong)
{
	mapped(15);
	set(0, VA + 15 * PAGE, 0, 1, entry(FRAME + (wrong ? 14 : 15) * PAGE, "w"));
	event(0, PT_EV_VISIBLE);
	set(0, VA, 0, 16, entry(FRAME, "wr"));
	invalidate(0, VA, 16 * PAGE, 1, false);
}

static void napot_unfolded(bool wrong)
{
	set(0, VA, 0, 16, entry(FRAME, "wr"));
	event(0, PT_EV_VISIBLE);
	set(0, VA, 0, 16, entry(FRAME + (wrong ? PAGE : 0), "w"));
	invalidate(0, VA, 16 * PAGE, 1, false);
}

static void made_too_early(bool wrong)
{
	mapped(1);
	set(0, VA, 0, 1, 0);
	if (!wrong)
		invalidate(0, VA, PAGE, 1, false);
	set(1, VA, 0, 1, entry(OTHER, "w"));
}

static void same_again(bool wrong)
{
	mapped(1);
	set(0, VA, 0, 1, 0);
	set(0, VA, 0, 1, wrong ? entry(OTHER, "w") : LEAF); /* no other frame: nothing to break */
}

/* ---- store, barrier, TLBI, barrier ---- */

static void unmap(unsigned skip, unsigned levels, bool walk, vaddr_t va, u64 len, cpumask_t cpus)
{
	mapped(4);
	set(0, VA, 0, 4, 0);
	if (skip != PT_EV_SYNC)
		event(0, PT_EV_SYNC);
	if (skip != PT_EV_TLBI)
		tlbi(0, va, len, levels, walk, cpus);
	if (skip != PT_EV_WAIT)
		event(0, PT_EV_WAIT);
	if (skip != PT_EV_CTX)
		event(0, PT_EV_CTX);
	for (unsigned i = 0; i < 4; i++)
		frame(0, PT_EV_FRAME_FREE, FRAME + i * PAGE);
	set(0, VA + 8 * PAGE, 0, 1, entry(OTHER, "w"));
}

#define UNMAP(name, skip, levels, walk, va, len, cpus)                                             \
	static void name(bool wrong)                                                               \
	{                                                                                          \
		if (wrong)                                                                         \
			unmap(skip, levels, walk, va, len, cpus);                                  \
		else                                                                               \
			unmap(PT_EV_KINDS, 1, false, VA, 4 * PAGE, EVERY);                         \
	}

UNMAP(no_sync, PT_EV_SYNC, 1, false, VA, 4 * PAGE, EVERY)
UNMAP(no_wait, PT_EV_WAIT, 1, false, VA, 4 * PAGE, EVERY)
UNMAP(no_ctx, PT_EV_CTX, 1, false, VA, 4 * PAGE, EVERY)
UNMAP(no_tlbi, PT_EV_TLBI, 1, false, VA, 4 * PAGE, EVERY)
UNMAP(too_short, PT_EV_KINDS, 1, false, VA, 3 * PAGE, EVERY)
UNMAP(one_cpu, PT_EV_KINDS, 1, false, VA, 4 * PAGE, 1)
UNMAP(wide_steps, PT_EV_KINDS, 2, false, VA, 4 * PAGE, EVERY)

/* The barrier of another CPU than the one that invalidates is none of its own. */
static void sync_elsewhere(bool wrong)
{
	mapped(1);
	set(0, VA, 0, 1, 0);
	event(wrong ? 1 : 0, PT_EV_SYNC);
	tlbi(0, VA, PAGE, 1, false, EVERY);
	event(0, PT_EV_WAIT);
	event(0, PT_EV_CTX);
	frame(0, PT_EV_FRAME_FREE, FRAME);
}

/* Several requests, each for a part, and one wait. */
static void in_parts(bool wrong)
{
	mapped(4);
	set(0, VA, 0, 4, 0);
	event(0, PT_EV_SYNC);
	tlbi(0, VA, PAGE, 1, false, EVERY);
	tlbi(0, VA + 3 * PAGE, PAGE, 1, false, EVERY);
	if (!wrong)
		tlbi(0, VA + PAGE, 2 * PAGE, 1, false, EVERY);
	event(0, PT_EV_WAIT);
	event(0, PT_EV_CTX);
	frame(0, PT_EV_FRAME_ALLOC, FRAME + PAGE);
}

/* The model remembers its store, however many other stores are completed meanwhile. */
static void long_ago(bool wrong)
{
	mapped(4);
	set(0, VA, 0, 4, 0);
	invalidate(0, VA, (wrong ? 3 : 4) * PAGE, 1, false);
	for (unsigned i = 0; i < SAN_STORES; i++) {
		set(0, VA + 8 * PAGE, 0, 1, entry(OTHER, "w"));
		event(0, PT_EV_VISIBLE);
		set(0, VA + 8 * PAGE, 0, 1, 0);
		invalidate(0, VA + 8 * PAGE, PAGE, 1, false);
	}
	frame(0, PT_EV_FRAME_FREE, FRAME + 3 * PAGE);
}

static void lock_ends(bool wrong)
{
	locks = 1 << 9; /* class 1, for writing */
	writer = PT_WRITER_HOTPLUG;
	mapped(1);
	set(0, VA, 0, 1, 0);
	if (!wrong)
		invalidate(0, VA, PAGE, 1, false);
	event(0, PT_EV_UNLOCK);
}

/* The kernel names the writer after its store; the stores of another CPU keep their own writer. */
static void lock_of_the_writer(bool wrong)
{
	struct pt_event told = { .cpu = 0, .va = VA, .len = PAGE, .writer = PT_WRITER_HOTPLUG };

	set(0, VA, 0, 1, LEAF);
	set(1, VA + 8 * PAGE, 0, 1, entry(OTHER, "w"));
	set(0, VA, 0, 1, 0);
	set(1, VA + 8 * PAGE, 0, 1, 0);
	san_written_by(&told);
	if (!wrong)
		invalidate(0, VA, PAGE, 1, false);
	locks = 1 << 9;
	event(0, PT_EV_UNLOCK);
}

static void less_rights(bool wrong)
{
	mapped(1);
	set(0, VA, 0, 1, entry(FRAME, wrong ? "" : "w"));
	frame(0, PT_EV_FRAME_FREE, FRAME);
}

static void more_rights(bool wrong)
{
	set(0, VA, 0, 1, entry(FRAME, wrong ? "x" : ""));
	set(0, VA, 0, 1, LEAF);
	frame(0, PT_EV_FRAME_FREE, FRAME);
}

static void tagged(bool wrong)
{
	set(0, VA, 0, 1, LEAF);
	set(0, VA, 0, 1, 0);
	global_request = false;
	asid_request = wrong ? 7 : 0;
	invalidate(0, VA, PAGE, 1, false);
	frame(0, PT_EV_FRAME_FREE, FRAME);
}

static void tag_again(bool wrong)
{
	mapped(1);
	load_root(1, 1, stage_root(), 5);
	load_root(1, 0, stage_root(), 0);
	if (!wrong)
		invalidate(0, 0, 0, 0, true);
	load_root(1, 2, stage_spare(), 5);
}

static void tag_of_a_copy(bool wrong)
{
	mapped(1);
	load_root(1, 1, stage_root(), 5);
	load_root(1, 2, wrong ? stage_spare() : stage_copy(), 5);
}

/* ---- CPUs that are off ---- */

/* Started again, its own invalidation counts, and not that of another CPU. */
static void started(bool wrong)
{
	san_cpu_off(1);
	event(wrong ? 0 : 1, PT_EV_SYNC);
	tlbi(wrong ? 0 : 1, 0, 0, 0, true, wrong ? 1 : 2);
	event(wrong ? 0 : 1, PT_EV_WAIT);
	event(wrong ? 0 : 1, PT_EV_CTX);
	load_root(1, 0, stage_root(), 0);
}

/* No copy is used meanwhile. */
static void off_meanwhile(bool wrong)
{
	if (!wrong)
		san_cpu_off(1);
	one_cpu(true);
}

/* ---- pointers to tables ---- */

static void unhook(bool walk)
{
	set(0, VA, 1, 1, 0);
	invalidate(0, VA, 1ul << 21, 1, walk);
	frame(0, PT_EV_PAGE_FREE, stage_table());
}

static void walk_caches(bool wrong)
{
	unhook(!wrong);
}

/* With the leaf in it: one operation for the slot reaches one of its 512 pages. */
static void leaves_of_a_table(bool wrong)
{
	mapped(1);
	set(0, VA, 1, 1, 0);
	invalidate(0, VA, 1ul << 21, wrong ? 2 : 3, true);
	frame(0, PT_EV_FRAME_FREE, FRAME);
}

/* The same two levels up. */
static void leaves_of_tables(bool wrong)
{
	mapped(1);
	set(0, 0, 2, 1, 0);
	invalidate(0, 0, 1ul << 30, wrong ? 6 : 7, true);
	frame(0, PT_EV_FRAME_FREE, FRAME);
}

/* Pages become a block without a break, and the block is removed: the block's invalidation does not
 * name the level of a page that was cached. */
static void joined_in_use(bool wrong)
{
	mapped(4);
	bbm_level = 2;
	set(0, VA, 1, 1, entry(FRAME, "wb"));
	invalidate(0, VA, 1ul << 21, wrong ? 2 : 3, true);
	frame(0, PT_EV_FRAME_FREE, stage_table());
	set(0, VA, 1, 1, 0);
	invalidate(0, VA, 1ul << 21, 2, false);
	frame(0, PT_EV_FRAME_FREE, FRAME + PAGE);
}

static void publish(bool wrong)
{
	paddr_t table = stage_spare();

	frame(0, PT_EV_PAGE_ALLOC, table);
	if (!wrong)
		event(0, PT_EV_PUBLISH);
	set(0, VA + (1ul << 21), 1, 1, pointer(table));
}

static void contents(bool wrong)
{
	frame(0, PT_EV_FILL, FRAME);
	if (!wrong)
		event(0, PT_EV_PUBLISH_DATA);
	set(0, VA, 0, 1, LEAF);
}

static void second_owner(bool wrong)
{
	if (!wrong) {
		unhook(true);
		frame(0, PT_EV_FRAME_FREE, stage_table());
	}
	frame(0, PT_EV_FRAME_ALLOC, stage_table());
}

static void hooked_twice(bool wrong)
{
	set(0, VA + (1ul << 21), 1, 1, pointer(wrong ? stage_table() : stage_spare()));
}

/* In the same slot of another root. */
static void shared_by_roots(bool wrong)
{
	load_root(0, 1, stage_spare(), 0);
	set_in(1, wrong ? VA + (1ul << 30) : VA, 2, pointer(stage_root() + PAGE));
}

/* A tree whose root changes more often than there is room for trees. */
static void roots_replaced(bool wrong)
{
	paddr_t root[] = { stage_spare(), stage_spare() };

	for (unsigned i = 0; i < 2 * SAN_TREES; i++)
		load_root(0, 1, root[i % 2], 0);
	set_in(1, wrong ? VA + (1ul << 30) : VA, 2, pointer(stage_root() + PAGE));
}

/* More trees, one after the other, than there is room for: each is over when its root is freed. */
static void roots_freed(bool wrong)
{
	paddr_t root = stage_spare();

	for (unsigned i = 1; i <= SAN_TREES; i++) {
		load_root(0, i, root, 0);
		load_root(0, 0, stage_root(), 0);
		frame(0, PT_EV_FRAME_FREE, root);
	}
	load_root(0, 1, root, 0);
	set_in(1, wrong ? VA + (1ul << 30) : VA, 2, pointer(stage_root() + PAGE));
}

static void pointer_gone(bool wrong)
{
	if (wrong)
		unhook(true);
	set(0, VA, 0, 1, LEAF);
}

static void split_in_use(bool wrong)
{
	paddr_t table = stage_spare();
	vaddr_t va = VA + (1ul << 21);

	bbm_level = 2;
	set(0, va, 1, 1, entry(FRAME, "wb"));
	for (unsigned i = 0; i < 512; i++)
		fill(table, i, entry(FRAME + i * PAGE, wrong && i == 3 ? "" : "w"));
	event(0, PT_EV_PUBLISH);
	set(0, va, 1, 1, pointer(table));
	frame(1, PT_EV_FRAME_ALLOC, FRAME + 3 * PAGE); /* as before, it is at the same address */
}

static void freed_while_hooked(bool wrong)
{
	if (!wrong)
		unhook(true);
	frame(0, PT_EV_FRAME_FREE, stage_table());
}

static void freed_while_walked(bool wrong)
{
	event(1, PT_EV_WALK_BEGIN);
	unhook(true);
	if (!wrong)
		event(1, PT_EV_WALK_END);
	frame(0, PT_EV_FRAME_FREE, stage_table());
}

/* ---- the rest ---- */

static void part_of_a_run(bool wrong)
{
	set(0, VA, 0, 16, entry(FRAME, "wr"));
	set(0, VA, 0, wrong ? 8 : 16, 0);
}

static void rights_at_once(bool wrong)
{
	set(0, VA, 0, 1, entry(FRAME, wrong ? "wx" : "x"));
}

static void behind_its_back(bool wrong)
{
	pte_t was = LEAF;

	mapped(1);
	if (wrong)
		poke(VA, 0, entry(OTHER, "w"));
	claimed_old = &was;
	set(0, VA, 0, 1, 0);
}

static void unlocked(bool wrong)
{
	writer = PT_WRITER_DIRECT;
	locks = wrong ? 1 << 1 : 1 << 9; /* class 1, for reading; for writing */
	set(0, VA, 0, 1, LEAF);
}

/* ---- entries that become valid ---- */

static void not_visible(bool wrong)
{
	locks = 1 << 9; /* class 1, for writing */
	writer = PT_WRITER_HOTPLUG;
	set(0, VA, 0, 1, LEAF);
	if (!wrong)
		event(0, PT_EV_VISIBLE);
	event(0, PT_EV_UNLOCK);
}

/* A store that other observers see may not yet be visible to this CPU's walks. */
static void visible_to_others(bool wrong)
{
	locks = 1 << 9;
	writer = PT_WRITER_HOTPLUG;
	set(0, VA, 0, 1, LEAF);
	event(0, PT_EV_PUBLISH_DATA);
	event(0, PT_EV_PUBLISH);
	event(0, PT_EV_SYNC);
	if (!wrong)
		event(0, PT_EV_VISIBLE);
	event(0, PT_EV_UNLOCK);
}

/* A page in a new table; returns its address. */
static vaddr_t page_of_new_table(void)
{
	vaddr_t va = VA + (1ul << 21);

	event(0, PT_EV_PUBLISH);
	set(0, va, 1, 1, pointer(stage_spare()));
	set(0, va, 0, 1, LEAF);
	event(0, PT_EV_VISIBLE);
	return va;
}

/* A hart that faulted below a table that is new to it. */
static void failed_walk(bool wrong)
{
	vaddr_t va = page_of_new_table();

	local_request = true;
	event(1, PT_EV_SYNC);
	tlbi(1, va, PAGE, 1, !wrong, 2);
	event(1, PT_EV_WAIT);
	event(1, PT_EV_CTX);
	tlbi(1, va, PAGE, 1, false, 2); /* of the leaf, from now on */
}

/* The page is removed again: no hart may use it, so each failed walk may stay. */
static void failed_walk_removed(bool wrong)
{
	vaddr_t va = page_of_new_table();

	set(0, va, 0, 1, 0);
	local_request = true;
	event(0, PT_EV_SYNC);
	tlbi(0, va, PAGE, 1, !wrong, 2);
	event(0, PT_EV_WAIT);
	event(0, PT_EV_CTX);
}

/* ---- the table ---- */

enum { ONLY = 4 };

static const struct scene {
	const char *name;
	void (*play)(bool wrong);
	u8 rule;
	u8 where; /* it is a mistake; elsewhere the manual allows it, or (ONLY) it is not run */
} scenes[] = {
	{ "another frame", another_frame, SAN_BREAK, ON_ARM },
	{ "invalidated while valid", break_that_is_none, SAN_BREAK, ON_ARM },
	{ "memory type", memory_type, SAN_BREAK, ON_ARM | ONLY },
	{ "non-global to global", to_global, SAN_BREAK, ON_ARM },
	{ "read-only frames that differ", read_only_twins, SAN_BREAK, ON_ARM },
	{ "block to table", block_to_table, SAN_BREAK, ON_ARM },
	{ "contiguous bit", contiguous_bit, SAN_BREAK, ON_ARM | ONLY },
	{ "contiguous run without a break", napot, SAN_BREAK, ON_ARM },
	{ "contiguous run of other rights without a break", napot_read_only, SAN_BREAK, BOTH },
	{ "contiguous run of another page", napot_other_page, SAN_BREAK, ON_RISCV | ONLY },
	{ "pages of a contiguous run, by one", napot_unfolded, SAN_BREAK, ON_RISCV | ONLY },
	{ "made before the invalidation", made_too_early, SAN_UNBROKEN, ON_ARM },
	{ "made again", same_again, SAN_UNBROKEN, ON_ARM },
	{ "no barrier before", no_sync, SAN_SYNC, BOTH },
	{ "barrier of another CPU", sync_elsewhere, SAN_SYNC, BOTH },
	{ "no wait", no_wait, SAN_WAIT, BOTH },
	{ "no context synchronisation", no_ctx, SAN_CTX, ON_ARM },
	{ "no invalidation", no_tlbi, SAN_NEVER, BOTH },
	{ "lock released", lock_ends, SAN_NEVER, BOTH },
	{ "lock released, its writer named late", lock_of_the_writer, SAN_NEVER, BOTH },
	{ "less rights", less_rights, SAN_NEVER, BOTH },
	{ "one right more, one less", more_rights, SAN_NEVER, BOTH },
	{ "too short", too_short, SAN_RANGE, BOTH },
	{ "a part is missing", in_parts, SAN_RANGE, BOTH },
	{ "long ago", long_ago, SAN_RANGE, BOTH },
	{ "steps too wide", wide_steps, SAN_LEVEL, BOTH },
	{ "leaves below a pointer", leaves_of_a_table, SAN_LEVEL, ON_ARM },
	{ "leaves two levels below", leaves_of_tables, SAN_LEVEL, ON_ARM },
	{ "pages joined in use", joined_in_use, SAN_LEVEL, ON_ARM },
	{ "form for leaves", walk_caches, SAN_WALKS, BOTH },
	{ "another ASID", tagged, SAN_ASID, BOTH },
	{ "an ASID again", tag_again, SAN_TAG, BOTH },
	{ "an ASID for a copy", tag_of_a_copy, SAN_TAG, BOTH },
	{ "one CPU of two", one_cpu, SAN_SCOPE, BOTH },
	{ "started, and not invalidated", started, SAN_STARTED, BOTH },
	{ "one CPU of two, the other off", off_meanwhile, SAN_SCOPE, BOTH },
	{ "table without a barrier", publish, SAN_PUBLISH, BOTH },
	{ "leaf without a barrier", contents, SAN_PUBLISH_DATA, BOTH },
	{ "handed out while a table", second_owner, SAN_TWICE, BOTH },
	{ "hooked twice", hooked_twice, SAN_TWICE, BOTH },
	{ "shared by two roots", shared_by_roots, SAN_TWICE, BOTH },
	{ "a root that was replaced", roots_replaced, SAN_TWICE, BOTH },
	{ "roots that were freed", roots_freed, SAN_TWICE, BOTH },
	{ "a table that was removed", pointer_gone, SAN_LOST, BOTH },
	{ "a leaf split in use", split_in_use, SAN_NEVER, BOTH },
	{ "freed while hooked", freed_while_hooked, SAN_LIVE, BOTH },
	{ "freed while walked", freed_while_walked, SAN_WALKER, BOTH },
	{ "part of a run", part_of_a_run, SAN_RUN, BOTH },
	{ "writable and executable", rights_at_once, SAN_WX, BOTH },
	{ "a foreign store", behind_its_back, SAN_FOREIGN, BOTH },
	{ "without the lock", unlocked, SAN_LOCK, BOTH },
	{ "not made visible", not_visible, SAN_UNSEEN, BOTH },
	{ "visible to others alone", visible_to_others, SAN_UNSEEN, BOTH },
	{ "a failed walk above the pages", failed_walk, SAN_FAILED, ON_RISCV },
	{ "a failed walk above a removed page", failed_walk_removed, SAN_FAILED, 0 },
};

static unsigned failures;

static void print_line(const char *text)
{
	printf("%s\n", text);
}

static const char *no_symbol(u64 pc, char *buf, size_t size)
{
	snprintf(buf, size, "0x%lx", pc);
	return buf;
}

static void play(const struct scene *s, enum isa on, bool wrong)
{
	bool mistake = wrong && s->where >> on & 1;
	struct san_seen seen;

	stage_begin(on);
	s->play(wrong);
	san_seen(&seen);
	for (unsigned r = 0; r < SAN_RULES; r++) {
		u32 wanted = mistake && r == s->rule;

		if ((san_count(r) != 0) == wanted)
			continue;
		failures++;
		printf("not ok: %s, %s, %s: %u reports of %s\n", s->name,
		       on == ARM ? "arm64" : "riscv64", wrong ? "broken" : "sound", san_count(r),
		       san_rules[r].id);
		san_print_reports(print_line, no_symbol);
	}
	if (seen.lost) {
		failures++;
		printf("not ok: %s: %u lost\n", s->name, seen.lost);
	}
}

int main(void)
{
	unsigned run = 0, rules = 0;

	failures += told_failures();
	failures += exact_failures() + entry_failures();
	for (unsigned i = 0; i < ARRAY_SIZE(scenes); i++)
		for (unsigned on = 0; on < ISAS; on++) {
			if (scenes[i].where & ONLY && !(scenes[i].where >> on & 1))
				continue;
			play(&scenes[i], on, false);
			play(&scenes[i], on, true);
			run += 2;
			rules |= 1u << scenes[i].rule;
		}
	for (unsigned i = 0; i < nr_exact_foreign; i++)
		rules |= 1u << exact_foreign[i].rule;
	rules &= (1u << SAN_RULES) - 1;
	if (rules != (1u << SAN_RULES) - 1) {
		printf("not ok: rules without a scene: 0x%x\n", ((1u << SAN_RULES) - 1) & ~rules);
		failures++;
	}
	if (stage_unbalanced()) {
		printf("not ok: the model is entered twice, or left without\n");
		failures++;
	}
	printf("# sanitize: %u scenes, %u failures\n", run, failures);
	return failures != 0;
}
