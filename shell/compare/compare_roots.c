/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/compare/compare_roots.c - ways to add a mapping to a root that every CPU walks (S4): the
 * cost of each, and its errors, found in the CPUs' registers and in the values that they read.
 */
#include <kern/cpu.h>
#include <shell/compare/compare.h>
#include <tests/pgd/replace.h>

/* In the order of the columns. */
enum { STORES, INVALS, STOPPED_US, STRANGERS, LIVE, UNBROKEN, WINDOWS, LOST, UNREAD };

static const struct compare_column columns[] = {
	[STORES] = { "stores", NULL, 6, COMPARE_COUNT, "to roots" },
	[INVALS] = { "invals", NULL, 6, COMPARE_COUNT, NULL },
	[STOPPED_US] = { "stopped_us", "us", 6, COMPARE_TIME, "in which all CPUs were stopped" },
	[STRANGERS] = { "strangers", "other", 5, COMPARE_COUNT,
			"CPUs with another root than the published one (S4-05)" },
	[LIVE] = { "live_stores", "live", 5, COMPARE_COUNT,
		   "stores into a root that a CPU walks (S4-06)" },
	[UNBROKEN] = { "unbroken", "valid", 5, COMPARE_COUNT,
		       "of them from one valid entry to another" },
	[WINDOWS] = { "windows", "traps", 5, COMPARE_COUNT,
		      "exceptions that found a root which was never published (S4-09)" },
	[LOST] = { "lost", NULL, 4, COMPARE_COUNT,
		   "mappings that another path made meanwhile (S4-07)" },
	[UNREAD] = { "unread", NULL, 6, COMPARE_COUNT, "CPUs that do not read the new mapping" },
	{ 0 },
};

/* Runs twice: for the costs, undisturbed; for the errors, while another path maps under the same
 * slot. */
static int roots_measure(const struct axis *a, const struct scheme *s, u64 value[COMPARE_COLUMNS],
			 struct why *why)
{
	const void *variant = s;
	struct root_verdict quiet, v;
	int err = root_variant_run(variant, false, &quiet, why);

	(void)a;
	if (!err)
		err = root_variant_run(variant, true, &v, why);
	if (err)
		return err;
	value[STORES] = quiet.root_stores;
	value[INVALS] = quiet.invalidations;
	value[STOPPED_US] = quiet.stopped ? quiet.stopped_ns / 1000 : 0;
	value[STRANGERS] = cpus_in(v.strangers);
	value[LIVE] = v.live_stores;
	value[UNBROKEN] = v.unbroken;
	value[WINDOWS] = v.windows;
	value[LOST] = v.lost;
	value[UNREAD] = cpus_in(v.cannot_read);
	return 0;
}

static const struct comparison roots = {
	.axis = "roots",
	.table = "replace",
	.what = "map a page under an empty slot of a root that every CPU walks",
	.columns = columns,
	.unsafe = true,
	.measure = roots_measure,
	.note = "The root is that of an address space: an error is a probe that faults.",
};
COMPARISON(roots, roots);
