/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S0-34 for spaces: freeing a table while CPUs use its space requires an invalidation by address
 * and ASID that includes pointers to tables; if only one CPU has walked the tree, only on that CPU.
 * No operation of aspace.h frees a table of a live space, so the test does it.
 */
#include <tests/pgd/spaces.h>
#include <tests/tlb/reuse.h>

#define PAGES 8

static const char *const users[] = { "every-cpu", "one-cpu", NULL };

static void use_space(void *arg)
{
	(void)arg;
	aspace_use(&spaces.s[0]);
}

/* An address under a table of its own, after the table of the space's page. */
static vaddr_t part_va(const struct pt *pt)
{
	return align_down(space_va(), pt_span(pt->fmt, 1)) + pt_span(pt->fmt, 1);
}

static bool part_map(struct test_run *t, struct probes *p)
{
	struct aspace *s = &spaces.s[0];
	struct why why = { 0 };
	bool done = true;

	p->nr = 0;
	probes_spread(p, part_va(&s->pt), pt_span(s->pt.fmt, 1), PAGES);
	for (unsigned i = 0; i < PAGES && done; i++)
		done = CHECK_OK(t,
				aspace_map(s, align_down(p->va[i], page_size()), page_size(),
					   page_pa(spaces.page[0]), PT_R, &why),
				&why);
	return done;
}

/* Unmap leaves first, then the table: each requires an invalidation of its own kind. */
static void part_unmap(struct pt *pt, struct pt_gather *g)
{
	struct pt_plan plan;

	pt_plan_sure(pt, &plan, PT_OP_UNMAP, part_va(pt), pt_span(pt->fmt, 1));
	pt_unmap(&plan, g);
	pt_plan_end(&plan);
	pt_gather_flush(g);
}

static void part_free(struct pt *pt, struct pt_gather *g)
{
	u64 len = pt_span(pt->fmt, 1);

	pt_free_empty(pt, part_va(pt), len, part_va(pt), part_va(pt) + len, g);
	pt_gather_flush(g);
	pt_gather_release(g);
}

static void all_fault(struct test_run *t, struct probes *p, cpumask_t cpus)
{
	probes_run(p, cpus);
	CHECK_FAULTS(t, p, cpus);
}

TEST(pgd, space_tables,
     .claim = "a table that is freed from a space in use and reused as data translates nothing on "
	      "any CPU",
     .rows = "S0-34 S4-15", .needs = NEED_WALK_TLB, .params = users)
{
	static struct probes p NOINIT;
	cpumask_t cpus = t->param_at ? cpu_bit(this_cpu()->nr) : cpus_online();
	struct pt *pt = &spaces.s[0].pt;
	struct pt_gather g;
	struct test_hog hog;
	paddr_t table;

	if (!spaces_get(t, 1))
		return;
	hog_init(&hog);
	if (part_map(t, &p)) {
		table = reuse_table(pt, part_va(pt));
		cpu_run(cpus, use_space, NULL);
		probes_prime(&p, cpus);
		CHECK_READS(t, &p, cpus);
		pt_gather_begin(&g, pt, NULL, 0);
		part_unmap(pt, &g);
		all_fault(t, &p, cpus);
		part_free(pt, &g);
		if (CHECK(t, reuse_fill(&hog, table,
					pt->fmt->leaf(page_pa(spaces.page[0]), PT_R, 0, 0))))
			all_fault(t, &p, cpus);
		cpu_run(cpus, space_leave, NULL);
	}
	spaces_put(t);
	hog_drop(&hog);
}
