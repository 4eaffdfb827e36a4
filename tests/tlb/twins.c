/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S0-50: a test that needs a stale entry to fail must be shown to fail.  Each of them is run once
 * more without any invalidation, and then fails if a stale entry survives.  No manual guarantees
 * that, since a CPU may drop an entry at any time.  If none survives TRIES runs, the result is
 * could=no; tests/system/test_suite.py requires could=yes on QEMU, which keeps entries.
 * tlb.twins_known verifies that no test with NEED_LEAF_TLB or NEED_REMOTE_TLB is missing.
 *
 * A test that counts pages also reports the tables that are kept meanwhile (tests/harness/util.h):
 * a control with all invalidations counts these reports, and only a larger number is a result.
 */
#include <lib/string.h>
#include <mm/pt/taps/inject.h>
#include <tests/harness/run.h>
#include <tests/harness/util.h>

#define TRIES 4

static const char *const twins[] = {
	"tlb.block_unmap",
	"tlb.back_ends",
	"tlb.range_lengths",
	"tlb.range_beyond",
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
	NULL, /* keeps one name on each line */
};

/* Tests whose stale entry would do damage (they store or execute code), and their controls. */
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
	{ "tlb.reused_frame", "tlb.reused_frame_twin" },
	{ "conform.form", "each second round leaves the invalidation out" },
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

/* Run the test with its n-th parameter.  Returns the number of tables that were kept. */
static unsigned run_with_omission(struct test_run *run, const struct test_entry *e, unsigned n,
				  struct rng rng, enum omit what)
{
	*run = (struct test_run) { .test = e->test,
				   .param = test_param(e->test, n),
				   .param_at = n,
				   .rng = rng,
				   .twin = true };
	omit_begin(what);
	test_body(e, run);
	return omit_flush();
}

TEST(tlb, twin, .mutes_sanitizer = true,
     .claim = "without any invalidation the test of this name fails, or the result is could=no",
     .rows = "S0-50", .rev = 2, .needs = NEED_RANGE | NEED_SMP | NEED_LEAF_TLB | NEED_REMOTE_TLB,
     .params = twins)
{
	const struct test_entry *e = entry_of(t->param);
	static struct test_run run;
	unsigned n = 0, tries = 0, tables, kept;

	if (!CHECK(t, e != NULL))
		return;
	if (inject_on()) {
		test_skip(t, "bug= makes another mistake already");
		return;
	}
	do { /* the first parameter that this machine supports */
		tables = run_with_omission(&run, e, n, t->rng, OMIT_NONE);
	} while (run.skip && run.param && test_param(e->test, ++n));
	if (run.skip) {
		test_skip(t, "%s: %s", t->param, run.skip);
		return;
	}
	for (kept = run.failed; run.failed == kept && tries < TRIES; tries++)
		tables = run_with_omission(&run, e, n, t->rng, OMIT_ALL);
	if (run.failed == kept)
		test_could(t, false);
	test_key(t, "complaints=%u tries=%u tables=%u", run.failed - kept, tries, tables);
}

static bool has_twin(const char *name)
{
	size_t len = strlen(name);

	if (!strncmp(name, "bugs.", 5) || !strcmp(name, "tlb.twin"))
		return true; /* one body has the case with the mistake and the case without */
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
     .claim = "every test that needs a stale entry to fail has a twin, or names another control",
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
