/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A feature that `no=` switches off is not used: no capability of the engine, no back end and no
 * entry needs it.  The test is skipped if no feature is switched off; tests/system boots with each
 * one.
 *
 * Every other feature is used exactly if the CPUs have it (S1-23): tests/system boots with the 8
 * combinations of Svinval, Svnapot and Svpbmt.
 */
#include <kern/feature.h>
#include <lib/string.h>
#include <mm/vmalloc/ioremap.h>
#include <tests/harness/util.h>

static struct test_run *current_test;
static unsigned nr_off;

static void features_note(const struct feature *f, bool off)
{
	const struct tlb_scheme *tlb;
	char reason[120] = "";

	if (!off)
		return;
	nr_off++;
	CHECK_EQ(current_test, kpt.caps & f->caps, 0);
	tlb = f->tlb ? tlb_scheme_find(f->tlb, NULL) : NULL;
	if (!tlb)
		return;
	CHECK(current_test, tlb->usable && !tlb->usable(reason, sizeof(reason)));
	CHECK(current_test, strstr(reason, f->name) != NULL);
	CHECK(current_test, tlb_selected() != tlb);
}

struct feature_leaves {
	u64 in_runs, typed; /* leaves in contiguous runs; leaves whose type needs PT_CAP_PBMT */
};

static int features_look(const struct pt_slot *slot, void *arg)
{
	struct feature_leaves *l = arg;

	l->in_runs += kpt.fmt->run_shift(slot->val, slot->level) != 0;
	l->typed += (kpt.fmt->prot(slot->val, slot->level) & kpt.fmt->pbmt_prot) != 0;
	return 0;
}

/* Request runs of pages: runs exist exactly if the CPUs have the capability. */
static void check_runs(struct test_run *t)
{
	struct feature_leaves l = { 0 };
	struct range r;

	if (!range_get(t, &r, 1, "block"))
		return;
	r.opts.contig = true;
	r.opts.leaf = 0;
	if (range_add(t, &r))
		pt_walk(&kpt, linear_va(r.pa), r.len, PT_ON_LEAF, features_look, &l);
	CHECK_EQ(t, l.in_runs != 0, (kpt.caps & PT_CAP_CONTIG) != 0);
	CHECK_EQ(t, l.typed, 0);
	range_reset(&r);
}

/*
 * If the format needs a capability to encode device memory, registers are mapped with that type.
 * Boot may have mapped all devices before the capabilities were known (ENGINE 1.6), so absent
 * memory is mapped in place of registers.
 */
static void check_types(struct test_run *t)
{
	const struct va_region *region = &layout.r[REGION_DEVICE];
	struct feature_leaves l = { 0 };
	volatile void *regs;
	struct range r;

	if (!range_get(t, &r, 1, NULL))
		return;
	regs = ioremap(r.pa, page_size());
	if (!CHECK(t, regs))
		return;
	pt_walk(&kpt, region->va, region->len, PT_ON_LEAF, features_look, &l);
	CHECK_EQ(t, l.typed != 0, kpt.fmt->pbmt_prot && kpt.caps & PT_CAP_PBMT);
	iounmap(regs);
	tables_free_empty(region->va, region->len);
}

/* Without the trusted capability a new leaf requires a fence. */
static void check_new_leaf(struct test_run *t)
{
	pte_t leaf = layout.fmt->leaf(layout.phys_base, PT_R | PT_GLOBAL, 0, 0);

	if (!(kpt.caps & PT_CAP_WALK_ORDERED))
		CHECK(t, layout.fmt->duty(0, leaf, 0, kpt.caps) & PT_DUTY_LAZY);
}

TEST(boot, features_off,
     .claim = "a feature that no= names is unused: no capability, back end or entry for it",
     .needs = NEED_RANGE)
{
	current_test = t;
	nr_off = 0;
	features_each(features_note);
	if (!nr_off) {
		test_skip(t, "nothing is switched off; boot with no=NAME");
		return;
	}
	check_runs(t);
	check_new_leaf(t);
	test_key(t, "off=%u", nr_off);
}

/* Page tables and back ends use exactly the features of the CPUs' ID registers, less `no=`. */
static void used_iff_here(const struct feature *f, bool off)
{
	char says[100], reason[120];
	bool want = arch_feature_here(f, says, sizeof(says)) && !off;
	const struct tlb_scheme *tlb = f->tlb ? tlb_scheme_find(f->tlb, NULL) : NULL;

	if (f->caps)
		CHECK_EQ(current_test, (kpt.caps & f->caps) != 0, want);
	if (tlb)
		CHECK_EQ(current_test, tlb->usable(reason, sizeof(reason)), want);
}

TEST(boot, features_here,
     .claim = "entries and back ends that need a feature are used exactly if the CPUs have it",
     .rows = "S1-23", .needs = NEED_RANGE)
{
	current_test = t;
	features_each(used_iff_here);
	check_runs(t);
	check_types(t);
}
