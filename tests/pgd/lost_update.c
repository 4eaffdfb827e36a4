/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S4-07: one CPU replaces a root by a copy while another maps a page through the live one.  Two
 * stepped CPUs, in trees that no CPU walks; the tables are recorded, so that nothing leaks when one
 * is lost.
 */
#include <arch/arch.h>
#include <lib/string.h>
#include <tests/harness/explore.h>
#include <tests/harness/own_tree.h>
#include <tests/pgd/replace.h>

#define TABLES 32

static struct {
	struct pt live, temp;
	struct pt_env env;
	paddr_t table[TABLES];
	unsigned nr;
	vaddr_t va; /* both pages are under its root slot */
	bool copies;
	int err[2];
} lost;

static paddr_t lost_alloc(struct pt *pt, unsigned node)
{
	paddr_t pa = lost.nr < TABLES ? table_alloc(node) : PA_NONE;

	(void)pt;
	if (pa != PA_NONE)
		lost.table[lost.nr++] = pa;
	return pa;
}

/* A reserved table that a plan did not need stays recorded until the next schedule. */
static void lost_free(struct pt *pt, paddr_t pa)
{
	(void)pt, (void)pa;
}

static void lost_free_all(void)
{
	while (lost.nr)
		table_free(lost.table[--lost.nr]);
}

static void lost_setup(void *arg)
{
	(void)arg;
	lost_free_all();
	own_tree_init(&lost.live, &lost.env, "live", layout.fmt, lost_alloc, lost_free);
	pt_init(&lost.temp, "temporary", layout.fmt, &lost.env, lost_alloc(NULL, 0));
}

static int lost_map(struct pt *pt, unsigned i)
{
	struct pt_plan plan;
	int err = pt_plan(pt, &plan, PT_OP_MAP, lost.va + i * page_size(), page_size(), 0, 0, NULL);

	if (err)
		return err;
	pt_map(&plan, (i + 1) * page_size(), PT_R | PT_W);
	pt_plan_end(&plan);
	return 0;
}

static void add_page(void *arg)
{
	u64 bytes = pt_root_bytes(layout.fmt);

	(void)arg;
	if (!lost.copies) {
		lost.err[0] = lost_map(&lost.live, 0);
		return;
	}
	root_copy(pa_ptr(lost.temp.root), pa_ptr(lost.live.root), bytes);
	lost.err[0] = lost_map(&lost.temp, 0);
	root_copy(pa_ptr(lost.live.root), pa_ptr(lost.temp.root), bytes);
}

static void map_other(void *arg)
{
	(void)arg;
	lost.err[1] = lost_map(&lost.live, 1);
}

static const char *lost_check(void *arg)
{
	(void)arg;
	if (lost.err[0] || lost.err[1])
		return "a plan was refused";
	for (unsigned i = 0; i < 2; i++)
		if (pt_translate(&lost.live, lost.va + i * page_size()) != (i + 1) * page_size())
			return i ? "the mapping of the other CPU is lost" : "the new page is lost";
	return NULL;
}

static const char *const ways[] = { "live-additive", "copy-back", NULL };

TEST(pgd, lost_update,
     .claim = "a page that is mapped during an addition to the live root stays, in every order; "
	      "during a copy of the root and back the explorer finds the order that loses it",
     .rows = "S4-07 S4-01 S4-02", .needs = NEED_SMP, .params = ways)
{
	struct explore e = { .actors = 2,
			     .run = { add_page, map_other },
			     .setup = lost_setup,
			     .check = lost_check,
			     .bound = 2,
			     .sure = explore_sure(1),
			     .most = 1000 };

	if (!explore_can(t, 2))
		return;
	lost.nr = 0;
	lost.va = space_va();
	lost.copies = !strcmp(t->param, "copy-back");
	e.unsafe = lost.copies;
	explore(t, &e);
	lost_free_all();
}
