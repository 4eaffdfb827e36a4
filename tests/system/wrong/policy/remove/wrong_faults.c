/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong on purpose: the invalidation is missing. */
#include <mm/policy/policy.h>
#include <mm/pt/pt.h>

static void wrong_faults_run(struct remove_job *job)
{
	pt_unmap(job->plan, job->gather);
	pt_free_empty(job->pt, job->plan->va, job->plan->len, job->floor, job->ceiling,
		      job->gather);
	job->gather->owed = false;
	pt_gather_flush(job->gather);
}

static const struct remove_scheme wrong_faults = {
	.s = { .name = "wrong-faults",
	       .claim = "the invalidation is missing",
	       .promises = PROMISE_FAULTS },
	.run = wrong_faults_run,
};
REMOVE_SCHEME(wrong_faults, wrong_faults);
