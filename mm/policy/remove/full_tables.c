/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/policy/remove/full_tables.c - page tables that the range covers whole are unhooked with their
 * leaves, which no store clears; then the other leaves and the empty tables, as in two_pass.c.
 *
 * One entry is stored in place of 512 (8,192 with pages of 64 KiB), and the rule that allows it is
 * at pt_free_full().  Linux does the same where it collapses a table into a huge page.
 */
#include <mm/policy/policy.h>
#include <mm/pt/pt.h>

static void run(struct remove_job *job)
{
	pt_free_full(job->plan, job->floor, job->ceiling, job->gather);
	pt_unmap(job->plan, job->gather);
	pt_free_empty(job->pt, job->plan->va, job->plan->len, job->floor, job->ceiling,
		      job->gather);
	pt_gather_flush(job->gather);
}

static const struct remove_scheme full_tables = {
	.s = { .name = "full-tables",
	       .claim = "page tables with their leaves, then the rest, one invalidation for all",
	       .linux_peer = "pmdp_collapse_flush, for a table that becomes a huge page",
	       .promises = PROMISE_FAULTS | PROMISE_TABLES | PROMISE_FRAMES },
	.run = run,
};
REMOVE_SCHEME(full_tables, full_tables);
