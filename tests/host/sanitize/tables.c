/* SPDX-License-Identifier: BSD-2-Clause */
/* tables.c - pages that are tables, who walks them, and the page size of trees. */
#include "exact.h"

#define FAR 0x800000000ul /* pages that no scene reads */

static void alloc_page(paddr_t pa)
{
	frame(0, PT_EV_PAGE_ALLOC, pa);
}

static void alloc_frame(paddr_t pa)
{
	frame(0, PT_EV_FRAME_ALLOC, pa);
}

/* ---- walkers ---- */

static void walk(unsigned who, vaddr_t va, u64 len)
{
	struct pt_event e = { .kind = PT_EV_WALK_BEGIN, .va = va, .len = len };

	e.pt = stage_pt(0);
	stage_run(who, &e);
}

static void table_goes(void)
{
	set(0, VA, 1, 1, 0);
	invalidate(0, VA, SLOT, 1, true);
	free_frame(stage_table());
}

static void walks_beside(void)
{
	walk(1, VA + SLOT, PAGE);
	walk(2, VA - SLOT, SLOT);
	walk(3, VA - 2 * SLOT, PAGE);
	walk(0, VA, PAGE); /* the CPU that frees the table may walk */
	table_goes();
}

static void walks_its_last_byte(void)
{
	walk(1, VA + SLOT - 1, 1);
	table_goes();
}

static void walks_its_first_byte(void)
{
	walk(PT_TAP_CPUS - 1, VA - PAGE, PAGE + 1);
	table_goes();
}

static void walk_ended(void)
{
	walk(1, VA, PAGE);
	event(1, PT_EV_WALK_END);
	table_goes();
}

static void walk_ended_late(void)
{
	walk(1, VA, PAGE);
	walk(2, VA, PAGE);
	set(0, VA, 1, 1, 0);
	invalidate(0, VA, SLOT, 1, true);
	event(1, PT_EV_WALK_END);
	event(2, PT_EV_WALK_END);
	free_frame(stage_table());
}

/* A root is loaded, a page is allocated, while it walks. */
static void walks_on(void)
{
	walk(1, VA, PAGE);
	load_root(1, 0, stage_root(), 0);
	frame(1, PT_EV_PAGE_ALLOC, stage_spare());
	table_goes();
}

static void walks_an_unknown(void)
{
	san_forget_table(stage_table());
	walk(1, VA, PAGE);
	table_goes();
}

static void walks_another_tree(void)
{
	struct pt_event e = { .kind = PT_EV_WALK_BEGIN, .va = VA, .len = PAGE };

	e.pt = stage_pt(1);
	stage_run(1, &e);
	table_goes();
}

/* ---- owners ---- */

static void forgotten(void)
{
	san_forget_table(stage_table());
	san_forget_table(stage_spare());
	free_frame(stage_table());
	alloc_frame(stage_table());
}

static void reserved_twice(void)
{
	alloc_page(stage_table());
}

static void freed_once(void)
{
	free_frame(stage_table());
	alloc_frame(stage_table());
	free_frame(stage_table());
}

static void beside_a_table(void)
{
	paddr_t below = stage_spare(), table = stage_spare(), above = stage_spare();

	hook(VA + SLOT, table);
	free_frame(below);
	free_frame(above);
	set(0, VA + SLOT, 1, 1, 0);
	set(0, VA, 1, 1, 0); /* a lower table */
	free_frame(below);
	free_frame(above);
	want(unclean() == 2, "the pointers");
}

/* Every table of a root that is loaded is in use; memory after a root is no part of it. */
static void tables_of_a_root(void)
{
	paddr_t root = stage_spare(), behind = stage_spare();
	paddr_t mine = stage_spare(), not_mine = stage_spare(), deep = stage_spare();

	fill(root, 511, pointer(mine));
	fill(mine, 511, pointer(deep));
	fill(behind, 0, pointer(not_mine));
	load_root(0, 1, root, 5);
	alloc_frame(not_mine);
	want(!san_count(SAN_TWICE), "no table");
	alloc_frame(mine);
	alloc_frame(deep);
}

/* A table of another CPU's, that was reserved and hooked without a barrier of this one. */
static void reserved_elsewhere(void)
{
	paddr_t table = stage_spare();

	frame(1, PT_EV_PAGE_ALLOC, table);
	set(0, VA + SLOT, 1, 1, pointer(table));
}

static void barrier_before_it(void)
{
	paddr_t table = stage_spare();

	event(0, PT_EV_PUBLISH);
	alloc_page(table);
	set(0, VA + SLOT, 1, 1, pointer(table));
}

/* ---- as many tables as there is room for ---- */

static void same_tables(void)
{
	for (unsigned i = 0; i < 2 * 6000; i++)
		alloc_page(FAR + i % 6000 * PAGE);
}

static void tables_come_and_go(void)
{
	for (unsigned i = 0; i < SAN_TABLES + 100; i++) {
		alloc_page(FAR + i * PAGE);
		free_frame(FAR + i * PAGE);
	}
}

/* Two are there when a scene begins. */
static void too_many_tables(void)
{
	for (unsigned i = 2; i < SAN_TABLES + 1; i++)
		alloc_page(FAR + i * PAGE);
}

/* ---- the page of FRAME events ---- */

#define LARGE 4 /* pages of 4 KiB in one of 16 KiB */

static paddr_t large_page(void)
{
	paddr_t pa = stage_spare();

	while (pa % (LARGE * PAGE))
		pa = stage_spare();
	for (unsigned i = 1; i < LARGE; i++)
		stage_spare();
	return pa;
}

static void free_two(paddr_t pa)
{
	struct pt_event e = { .kind = PT_EV_FRAME_FREE, .pa = pa, .n = 2 };

	stage_run(0, &e);
}

/* A root of 16 KiB pages and one table behind it. */
static paddr_t load_large(unsigned tree)
{
	paddr_t root = large_page(), table = large_page();

	fill(root, 0, pointer(table));
	large_pages = true;
	load_root(0, tree, root, 0);
	return root;
}

static void large_pages_first(void)
{
	paddr_t root;

	san_begin(&stage_env);
	root = load_large(1);
	free_two(root);
}

static void large_pages_second(void)
{
	paddr_t root = load_large(1);

	free_two(root);
	want(!san_count(SAN_LIVE), "two pages of 4 KiB");
	free_two(root + (LARGE - 1) * PAGE);
}

const struct exact exact_tables[] = {
	{ "walks beside it", walks_beside, SAN_RULES },
	{ "walks its last byte", walks_its_last_byte, SAN_WALKER, 1, BOTH },
	{ "walks its first byte", walks_its_first_byte, SAN_WALKER, 1, BOTH },
	{ "a walk that ended", walk_ended, SAN_RULES },
	{ "two walks that end", walk_ended_late, SAN_RULES },
	{ "a walk that continues", walks_on, SAN_WALKER, 1, BOTH },
	{ "walks an unknown table", walks_an_unknown, SAN_WALKER, 1, BOTH },
	{ "walks another tree", walks_another_tree, SAN_RULES },
	{ "a table that was lost sight of", forgotten, SAN_RULES },
	{ "reserved twice", reserved_twice, SAN_TWICE, 1, BOTH },
	{ "freed once", freed_once, SAN_LIVE, 1, BOTH },
	{ "pages beside a table", beside_a_table, SAN_RULES },
	{ "tables of a root", tables_of_a_root, SAN_TWICE, 2, BOTH },
	{ "reserved by another CPU", reserved_elsewhere, SAN_RULES },
	{ "a barrier before the contents", barrier_before_it, SAN_PUBLISH, 1, BOTH },
	{ "the same tables", same_tables, SAN_RULES },
	{ "tables are added and removed", tables_come_and_go, SAN_RULES },
	{ "too many tables", too_many_tables, SAN_RULES, 0, 0, false, 1 },
	{ "large pages first", large_pages_first, SAN_LIVE, 1, ON_ARM, true },
	{ "large pages second", large_pages_second, SAN_LIVE, 1, ON_ARM, true },
};
const unsigned nr_exact_tables = ARRAY_SIZE(exact_tables);
