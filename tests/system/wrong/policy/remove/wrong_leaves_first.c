/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong on purpose: tables of the first half are freed while the second has leaves. */
#include <mm/policy/policy.h>
#include <mm/pt/pt.h>

static void wrong_leaves_first_run(struct remove_job *job)
{
	struct pt_plan first = *job->plan, second = first;

	first.len = align_down(first.len / 2, pt_span(job->pt->fmt, 1));
	second.va += first.len;
	second.len -= first.len;
	if (first.len) {
		pt_unmap(&first, job->gather);
		pt_free_empty(job->pt, first.va, first.len, job->floor, job->ceiling, job->gather);
	}
	pt_unmap(&second, job->gather);
	pt_free_empty(job->pt, job->plan->va, job->plan->len, job->floor, job->ceiling,
		      job->gather);
	pt_gather_flush(job->gather);
}

static const struct remove_scheme wrong_leaves_first = {
	.s = { .name = "wrong-leaves-first",
	       .claim = "tables of the first half are freed while the second has leaves",
	       .promises = PROMISE_LEAVES_FIRST },
	.run = wrong_leaves_first_run,
};
REMOVE_SCHEME(wrong_leaves_first, wrong_leaves_first);
