// SPDX-License-Identifier: BSD-2-Clause
/*
 * What `no=` switches off is used by nobody: no capability of the engine, no back end, no entry
 * that needs it.  Skipped where nothing is switched off; tests/system boots with every row.
 */
#include <kern/feature.h>
#include <lib/string.h>
#include <tests/util.h>

static struct test_run *asking;
static unsigned nr_off;

static void one(const struct feature *f, bool off)
{
	const struct tlb_scheme *tlb;
	char reason[120] = "";

	if (!off)
		return;
	nr_off++;
	CHECK_EQ(asking, kpt.caps & f->caps, 0);
	tlb = f->tlb ? tlb_scheme_find(f->tlb, NULL) : NULL;
	if (!tlb)
		return;
	CHECK(asking, tlb->usable && !tlb->usable(reason, sizeof(reason)));
	CHECK(asking, strstr(reason, f->name) != NULL);
	CHECK(asking, tlb_selected() != tlb);
}

static int in_run(const struct pt_slot *slot, void *nr)
{
	*(u64 *)nr += kpt.fmt->run_shift(slot->val, slot->level) != 0;
	return 0;
}

/* Runs are asked for; without the capability there must be none. */
static void check_runs(struct test_run *t)
{
	struct range r;
	u64 nr = 0;

	if (kpt.caps & PT_CAP_CONTIG || !range_get(t, &r, 1, "block"))
		return;
	r.opts.contig = true;
	if (range_add(t, &r))
		pt_walk(&kpt, linear_va(r.pa), r.len, PT_ON_LEAF, in_run, &nr);
	CHECK_EQ(t, nr, 0);
	range_reset(&r);
}

/* A new leaf owes a fence again where the CPUs are not to be trusted with it. */
static void check_new_leaf(struct test_run *t)
{
	pte_t leaf = layout.fmt->leaf(layout.phys_base, PT_R | PT_GLOBAL, 0, 0);

	if (!(kpt.caps & PT_CAP_NO_NEG))
		CHECK(t, layout.fmt->duty(0, leaf, 0, kpt.caps) & PT_DUTY_LAZY);
}

TEST(boot, features_off,
     .claim = "what no= names is unused: no capability, no back end, no entry made for it",
     .rows = "E-10", .needs = NEED_RANGE)
{
	asking = t;
	nr_off = 0;
	features_each(one);
	if (!nr_off) {
		test_skip(t, "nothing is switched off; boot with no=NAME");
		return;
	}
	check_runs(t);
	check_new_leaf(t);
	test_key(t, "off=%u", nr_off);
}
