/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/policy/remove/two_pass.c - leaves at every level, then tables that became empty, then one
 * invalidation for both (S0-14, S0-15, S0-16).
 *
 * One wait is enough because nothing is freed before it: the gather holds the unhooked tables.
 */
#include <mm/policy/policy.h>
#include <mm/pt/pt.h>

static void run(struct remove_job *job)
{
	pt_unmap(job->plan, job->gather);
	pt_free_empty(job->pt, job->plan->va, job->plan->len, job->floor, job->ceiling,
		      job->gather);
	pt_gather_flush(job->gather);
}

static const struct remove_scheme two_pass = {
	.s = { .name = "two-pass",
	       .claim = "leaves, then empty tables, one invalidation and one wait for both",
	       .linux_peer = "unmap_hotplug_range, free_empty_tables",
	       .promises =
		       PROMISE_FAULTS | PROMISE_TABLES | PROMISE_LEAVES_FIRST | PROMISE_FRAMES },
	.run = run,
};
REMOVE_SCHEME(two_pass, two_pass);
