/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong on purpose: leaves and tables are invalidated together. */
#include <mm/policy/policy.h>
#include <mm/pt/pt.h>

static void wrong_flush_between_run(struct remove_job *job)
{
	pt_unmap(job->plan, job->gather);
	pt_free_empty(job->pt, job->plan->va, job->plan->len, job->floor, job->ceiling,
		      job->gather);
	pt_gather_flush(job->gather);
}

static const struct remove_scheme wrong_flush_between = {
	.s = { .name = "wrong-flush-between",
	       .claim = "leaves and tables are invalidated together",
	       .promises = PROMISE_FLUSH_BETWEEN },
	.run = wrong_flush_between_run,
};
REMOVE_SCHEME(wrong_flush_between, wrong_flush_between);
