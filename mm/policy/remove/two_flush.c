/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/policy/remove/two_flush.c - leaves and their invalidation are complete before the first table
 * is unhooked; tables have an invalidation of their own.
 *
 * For machines where a table must not be unhooked while leaves below it may be cached.
 */
#include <mm/policy/policy.h>
#include <mm/pt/pt.h>

static void run(struct remove_job *job)
{
	pt_unmap(job->plan, job->gather);
	pt_gather_flush(job->gather);
	pt_free_empty(job->pt, job->plan->va, job->plan->len, job->floor, job->ceiling,
		      job->gather);
	pt_gather_flush(job->gather);
}

static const struct remove_scheme two_flush = {
	.s = { .name = "two-flush",
	       .claim = "leaves are invalidated and waited for before any table is unhooked",
	       .linux_peer = "unmap_hotplug_range of the linear map since 48478b9f79137 (2026)",
	       .promises = PROMISE_FAULTS | PROMISE_TABLES | PROMISE_LEAVES_FIRST |
			   PROMISE_FLUSH_BETWEEN | PROMISE_FRAMES },
	.run = run,
};
REMOVE_SCHEME(two_flush, two_flush);
