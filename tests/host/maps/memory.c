/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/maps/memory.c - memory of mm/vmalloc/vmalloc.c, mm/kernel/range_apply.c, and a
 * removal's passes. */
#include "fake.h"
#include <mm/kernel/range_apply.h>
#include <mm/policy/policy.h>

static const unsigned sizes[] = { 1, 2, 3, 15, 16, 17, 32, 33, 40 };

/* Runs of adjacent frames: each is one call of the engine, within 16 pages. */
static unsigned runs_of(vaddr_t va, unsigned n)
{
	unsigned runs = 0;

	for (unsigned i = 0; i < n; i++)
		runs += i % 16 == 0 ||
			fake_at(va + i * PAGE)->pa != fake_at(va + i * PAGE - PAGE)->pa + PAGE;
	return runs;
}

static void check_nothing(void)
{
	WANT(!fake_mapped(PART_VM) && !vmalloc_in_use() && !fake.frames_out);
	fake_quiet();
}

static void check_one(unsigned n)
{
	char *p = vmalloc(n, NODE, OWNER);
	unsigned bad = 0;

	WANT(p);
	for (unsigned i = 0; i < n; i++) {
		const struct entry *e = fake_at(ptr_va(p) + i * PAGE);

		bad += e->state != MAPPED || e->prot != RW_PROT;
		for (unsigned k = 0; k < i; k++)
			bad += e->pa == fake_at(ptr_va(p) + k * PAGE)->pa;
	}
	WANT(!bad);
	WANT(fake_mapped(PART_VM) == n && fake.frames_out == n);
	WANT(fake.parts == runs_of(ptr_va(p), n) && !fake.contig);
	WANT(vmalloc_in_use() == n + 1);
	fake_quiet();
	vfree(p, n);
	WANT(fake.flushes == 1);
	check_nothing();
}

/* Whatever is refused, nothing stays. */
static void check_failures(unsigned n)
{
	for (unsigned frames = 0; frames < n; frames++) {
		fake_begin(64, 16);
		fake.frames_most = frames;
		WANT(!vmalloc(n, NODE, OWNER));
		check_nothing();
	}
	for (unsigned plan = 1; plan <= (n + 15) / 16; plan++) {
		fake_begin(64, 16);
		fake.fail_plan = plan;
		WANT(!vmalloc(n, NODE, OWNER));
		check_nothing();
	}
}

static void check_other_tree(void)
{
	paddr_t pa[3] = { fake_frame(0), fake_frame(1), fake_frame(9) };
	vaddr_t va = VM + 7 * PAGE;

	fake_begin(64, 16);
	fake.tree = &other_tree;
	WANT(!vmalloc_map_in(&other_tree, va, pa, 3, PT_R));
	WANT(fake.parts == 2 && fake_mapped(PART_VM) == 3);
	WANT(fake_at(va + 2 * PAGE)->pa == pa[2] && fake_at(va)->prot == PT_R);
	WANT(vmalloc_map_in(&other_tree, va, pa, 1, PT_R) == -EEXIST);
	fake_quiet();
	fake_begin(64, 16);
	WANT(!vmalloc_map(va, pa, 3, PT_R));
	vmalloc_unmap(va, 2);
	WANT(fake_mapped(PART_VM) == 1 && fake_at(va + 2 * PAGE)->state == MAPPED);
	WANT(fake.flushes == 1);
	vmalloc_unmap(va + 2 * PAGE, 1);
	WANT(!fake_mapped(PART_VM));
	fake_quiet();
}

void check_memory(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (unsigned how = 0; how < 4; how++) {
			fake_begin(64, 16);
			fake_first(how & 1);
			fake.scattered = how & 2;
			check_one(sizes[i]);
		}
		check_failures(sizes[i]);
	}
	fake_begin(64, 16);
	WANT(!vmalloc(63, NODE, OWNER) && !vmalloc(0, NODE, OWNER));
	check_nothing();
	check_other_tree();
}

/* ---- a function for each page ---- */

static int page_asked(struct pt_page_entry *e, void *arg)
{
	unsigned *asked = arg;

	WANT(e->va == VM + 3 * PAGE && this_cpu()->writer == PT_WRITER_APPLY);
	return (*asked)++ ? -EPERM : 0;
}

static void apply(bool existing, bool first)
{
	unsigned asked = 0;
	struct why why = { 0 };
	vaddr_t va = VM + 3 * PAGE;

	fake_begin(64, 16);
	fake_first(first);
	fake.writer = PT_WRITER_APPLY;
	fake.node = 1;
	for (unsigned i = 0; i < 4; i++) {
		int err;

		fake.fail_plan = i == 2 ? fake.nr_plans + 1 : 0;
		err = existing ? range_apply_existing(va, 2 * PAGE, page_asked, &asked, &why)
			       : range_apply(va, 2 * PAGE, 1, page_asked, &asked, &why);
		WANT(err == (i == 0 ? 0 : i == 2 ? -ENOMEM : -EPERM));
		WANT(asked == (i < 2 ? i + 1 : i));
		WANT(fake.flushes == asked);
		WANT(fake.applied == (existing ? PT_OP_EXISTING : PT_OP_APPLY));
		fake_quiet();
	}
	WANT_TEXT(why.text, "the function refuses");
}

/* ---- the passes of a removal ---- */

static unsigned removals;

static void remove_passes(struct remove_job *job)
{
	WANT(fake.in_remove && job->pt == &kpt && job->plan->pt == &kpt && job->gather);
	WANT(job->plan->va == VM + PAGE && job->plan->len == 2 * PAGE);
	WANT(job->floor == VM && job->ceiling == VM + 64 * PAGE);
	pt_unmap(job->plan, job->gather);
	pt_gather_flush(job->gather);
	removals++;
}

static void check_remove(bool apart)
{
	static const struct remove_scheme way = { .run = remove_passes };
	static const struct vmalloc_scheme alone = { .may_free = NULL };
	paddr_t pa[2] = { fake_frame(0), fake_frame(1) };
	struct pt_gather g;

	fake_begin(64, 16);
	WANT(!vmalloc_map(VM + PAGE, pa, 2, PT_R));
	removals = 0;
	fake.writer = PT_WRITER_MIGRATE; /* who removes is the one that was here before */
	if (!apart) {
		vmalloc_select(&alone);
		WANT(!kpt.may_free);
		fake.in_remove = true;
		vmalloc_enter();
		vmalloc_leave();
		vmalloc_enter_first();
		vmalloc_leave_first();
	}
	fake.section = 1; /* the hotplug lock */
	pt_gather_begin(&g, &kpt, NULL, 0);
	vmalloc_remove(&way, REGION_VMALLOC, VM + PAGE, 2 * PAGE, &g);
	pt_gather_release(&g);
	fake.section = 0;
	fake.in_remove &= apart;
	WANT(removals == 1 && !fake_mapped(PART_VM));
	fake_quiet();
}

void check_apply(void)
{
	for (unsigned how = 0; how < 4; how++)
		apply(how & 1, how & 2);
	check_remove(true);
	check_remove(false);
}
