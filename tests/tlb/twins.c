/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S0-50: a test that needs a stale entry to fail must have been seen to fail.  Each of them is
 * run once more without any invalidation and must then fail.  tlb.twins_known verifies that no
 * test with NEED_LEAF_TLB or NEED_REMOTE_TLB is missing.
 */
#include <lib/string.h>
#include <mm/pt/taps/inject.h>
#include <tests/harness/run.h>
#include <tests/harness/util.h>

static const char *const twins[] = {
	"tlb.block_unmap",
	"tlb.back_ends",
	"tlb.range_lengths",
	"tlb.gather_hull",
	"tlb.vmalloc_unmap",
	"hotplug.cycle",
	"hotplug.every_caller",
	"hotplug.contiguous_runs",
	"hotplug.primed_faults",
	"hotplug.subsection_neighbours",
	"devmem.tail_faults",
	"alloc.lazy_stale",
	"alloc.lazy_leave",
	"alloc.large_leaves",
	"alloc.ioremap_gone",
	"alloc.ioremap_shared",
	"alloc.vmap",
	"shadow.follows",
	"walk.apply_live",
	"pgd.space_changes",
	NULL, /* the layout keeps one a line */
};

/* Tests whose stale entry would do harm (they store, or execute code), and the control for each. */
static const struct other_control {
	const char *name;
	const char *shown_by;
} others[] = {
	{ "tlb.stress",
	  "a control in each pattern: the same trial with the invalidation left out" },
	{ "hotplug.under_fire", "tests/system/test_soak.py: bug=local-tlbi" },
	{ "hotplug.in_use", "tests/system/test_soak.py: bug=local-tlbi" },
	{ "acpi.under_fire", "tests/system/test_soak.py: bug=local-tlbi" },
	{ "direct.rights", "direct.rights_twin" },
	{ "hvo.saves", "hvo.saves_twin" },
	{ "hotplug.primed_faults_local", "is itself the control of primed_faults" },
};

static const struct test_entry *entry_of(const char *name)
{
	reg_for_each (tests, it)
		if (!strcmp((*it)->test->name, name))
			return *it;
	return NULL;
}

/* Execute everything that was left out, at once. */
static void lay_to_rest(void)
{
	tlb_omit = false;
	tlb_invalidate(&kpt, &(struct pt_inval) { .global = true, .walk = true });
}

/* With the n-th parameter. */
static void without(struct test_run *run, const struct test_entry *e, unsigned n, struct rng rng)
{
	*run = (struct test_run) { .test = e->test,
				   .param = test_param(e->test, n),
				   .param_at = n,
				   .rng = rng,
				   .twin = true };
	tlb_omit = true;
	test_body(e, run);
	lay_to_rest();
}

TEST(tlb, twin, .mistakes = true,
     .claim = "without any invalidation the test of this name complains: it can fail here",
     .rows = "S0-50", .needs = NEED_RANGE | NEED_SMP | NEED_LEAF_TLB | NEED_REMOTE_TLB,
     .params = twins)
{
	const struct test_entry *e = entry_of(t->param);
	static struct test_run run;
	unsigned n = 0;

	if (!CHECK(t, e != NULL))
		return;
	if (inject_on()) {
		test_skip(t, "bug= makes another mistake already");
		return;
	}
	do { /* the first parameter that this machine supports */
		without(&run, e, n, t->rng);
	} while (run.skip && run.param && test_param(e->test, ++n));
	if (run.skip) {
		test_skip(t, "%s: %s", t->param, run.skip);
		return;
	}
	CHECK(t, run.failed > 0);
	test_key(t, "complaints=%u", run.failed);
}

static bool has_twin(const char *name)
{
	size_t len = strlen(name);

	if (!strncmp(name, "bugs.", 5) || !strcmp(name, "tlb.twin"))
		return true; /* with the mistake and without, in one body */
	if (len > 5 && !strcmp(name + len - 5, "_twin"))
		return true;
	for (unsigned i = 0; twins[i]; i++)
		if (!strcmp(name, twins[i]))
			return true;
	for (unsigned i = 0; i < ARRAY_SIZE(others); i++)
		if (!strcmp(name, others[i].name))
			return true;
	return false;
}

TEST(tlb, twins_known,
     .claim = "every test that needs a stale entry to fail has a twin, or says what shows that it "
	      "fails",
     .rows = "S0-50")
{
	unsigned n = 0;

	reg_for_each (tests, it) {
		const struct test *of = (*it)->test;

		if (!(of->needs & (NEED_LEAF_TLB | NEED_REMOTE_TLB)))
			continue;
		n++;
		if (!has_twin(of->name))
			test_fail(t, __FILE__, __LINE__, "%s has no twin", of->name);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(others); i++)
		CHECK(t, entry_of(others[i].name) != NULL);
	test_key(t, "tests=%u", n);
}
