/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S0-05: stepped CPUs that install one table.  No CPU walks the tree.  The test records its tables,
 * so that the twin, which loses a table, leaks no page.
 */
#include <arch/arch.h>
#include <lib/assert.h>
#include <mm/pt/taps/inject.h>
#include <tests/harness/explore.h>
#include <tests/harness/own_tree.h>

#define TABLES 32

static struct {
	struct pt pt;
	struct pt_env env;
	paddr_t table[TABLES];
	unsigned nr;
	vaddr_t va;
	int err[ACTORS_MAX];
	unsigned actors;
} tree;

static paddr_t alloc(struct pt *pt, unsigned node)
{
	paddr_t pa = tree.nr < TABLES ? table_alloc(node) : PA_NONE;

	(void)pt;
	if (pa != PA_NONE)
		tree.table[tree.nr++] = pa;
	return pa;
}

static void sched_free(struct pt *pt, paddr_t pa)
{
	unsigned i = 0;

	(void)pt;
	while (tree.table[i] != pa)
		ASSERT_OP(++i, <, tree.nr);
	tree.table[i] = tree.table[--tree.nr];
	table_free(pa);
}

static void free_all(void)
{
	while (tree.nr)
		table_free(tree.table[--tree.nr]);
}

static void setup(void *arg)
{
	(void)arg;
	free_all();
	own_tree_init(&tree.pt, &tree.env, "sched", kpt.fmt, alloc, sched_free);
}

static void sched_map(unsigned i)
{
	struct pt_plan plan;

	tree.err[i] = pt_plan(&tree.pt, &plan, PT_OP_MAP, tree.va + i * page_size(), page_size(), 0,
			      0, NULL);
	if (tree.err[i])
		return;
	pt_map(&plan, (i + 1) * page_size(), PT_R | PT_W);
	pt_plan_end(&plan);
}

static void map_a(void *arg)
{
	(void)arg;
	sched_map(0);
}

static void map_b(void *arg)
{
	(void)arg;
	sched_map(1);
}

static void map_c(void *arg)
{
	(void)arg;
	sched_map(2);
}

static const char *check(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < tree.actors; i++)
		if (tree.err[i])
			return "a plan was refused";
	for (unsigned i = 0; i < tree.actors; i++)
		if (pt_translate(&tree.pt, tree.va + i * page_size()) != (i + 1) * page_size())
			return "a leaf is lost";
	if (tree.pt.nr_tables != tree.pt.fmt->levels - 1u || tree.nr != tree.pt.nr_tables + 1)
		return "a table is lost";
	return NULL;
}

static struct explore installers(unsigned actors, unsigned most)
{
	tree.actors = actors;
	tree.nr = 0;
	tree.va = layout.r[REGION_VMALLOC].va;
	return (struct explore) { .actors = actors,
				  .run = { map_a, map_b, map_c },
				  .setup = setup,
				  .check = check,
				  .bound = 3,
				  .sure = actors == 2 ? 2 : 1,
				  .most = most };
}

TEST(sched, install, .claim = "two installers of one table: no leaf and no table is lost",
     .rows = "S0-05 S1-10 S1-11", .needs = NEED_SMP)
{
	struct explore e = installers(2, 3000);

	if (!explore_can(t, 2))
		return;
	explore(t, &e);
	free_all();
}

TEST(sched, install_three, .claim = "three installers of one table: no leaf and no table is lost",
     .rows = "S0-05 S1-10 S1-11", .needs = NEED_SMP, .slow = true)
{
	struct explore e = installers(3, 6000);

	if (!explore_can(t, 3))
		return;
	explore(t, &e);
	free_all();
}

/* ---- the twin: a plain store instead of the compare-and-exchange ---- */

static bool plain_store(struct pt_event *e)
{
	e->plain = e->pt == &tree.pt;
	return true;
}

TEST(sched, install_twin,
     .claim = "if a table is installed by a plain store, the explorer finds, twice, the order that "
	      "loses it",
     .rows = "S0-05", .needs = NEED_SMP)
{
	struct explore e = installers(2, 3000);
	struct inject_count c;

	if (!explore_can(t, 2))
		return;
	inject_begin(&(struct inject) { .bend = plain_store });
	e.unsafe = true;
	explore(t, &e);
	inject_end(&c);
	free_all();
}
