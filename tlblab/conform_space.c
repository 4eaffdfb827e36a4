/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlblab/conform_space.c - a page of an address space, for the conformance tests (conform.h): every
 * CPU uses two spaces, and the one that executes the form has the other one loaded.
 *
 * Roots are loaded without mm/study/aspace.c, whose aspace_use() may fence.  A CPU keeps a space
 * loaded from its first use in a round until conform_space_end().
 */
#include <arch/arch.h>
#include <mm/study/aspace.h>
#include <tlblab/conform.h>

#define SPACE_VA 0x40007000000ul
#define PAGES 16

static struct aspace space[2];

const struct pt *conform_space(unsigned n)
{
	return &space[n].pt;
}

/* It gets its ASID at its first use. */
static bool space_open(struct aspace *s, const char *name)
{
	if (aspace_create(s, name, this_cpu()->node, NULL))
		return false;
	aspace_use(s);
	aspace_use(NULL);
	return true;
}

bool conform_spaces_open(void)
{
	if (!asid_count() || !space_open(&space[0], "conform A"))
		return false;
	if (space_open(&space[1], "conform B"))
		return true;
	aspace_destroy(&space[0], NULL);
	return false;
}

static void invalidate_all(void)
{
	tlb_invalidate(&kpt, &(struct pt_inval) { .global = true, .walk = true });
}

void conform_spaces_close(void)
{
	aspace_destroy(&space[0], NULL);
	aspace_destroy(&space[1], NULL);
	invalidate_all();
}

static vaddr_t space_base(void)
{
	return SPACE_VA & (aspace_end() / 2 - 1) & ~(page_size() * PAGES - 1);
}

vaddr_t conform_space_map(struct conform *c)
{
	vaddr_t va = space_base() + (rng_below(&c->rng, PAGES) << page_shift());

	for (unsigned n = 0; n < ARRAY_SIZE(space); n++)
		if (pt_lookup(&space[n].pt, va, NULL) != PT_LEAF &&
		    aspace_map(&space[n], va, page_size(), page_pa(c->lab.frame[n]), PT_R | PT_W,
			       NULL))
			return 0;
	return va;
}

/* The tree counts as one that no CPU has loaded, so that nothing is invalidated. */
void conform_space_unmap(vaddr_t va)
{
	struct pt *pt = &space[0].pt;
	struct pt_plan plan;

	pt->state = PT_FRESH;
	pt_plan_sure(pt, &plan, PT_OP_UNMAP, va, page_size());
	pt_unmap(&plan, NULL);
	pt_plan_end(&plan);
	pt->state = PT_LIVE;
}

static void leave(void *unused)
{
	(void)unused;
	arch_space_leave(&kpt);
}

void conform_space_end(struct conform *c)
{
	(void)c;
	cpu_run(cpus_online(), leave, NULL);
	invalidate_all();
}
