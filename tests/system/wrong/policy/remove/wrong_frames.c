/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong on purpose: frames are freed, then the invalidation is issued. */
#include <mm/policy/policy.h>
#include <mm/pt/pt.h>

static void wrong_frames_run(struct remove_job *job)
{
	pt_unmap(job->plan, job->gather);
	pt_gather_free_early(job->gather, ~0u);
	pt_gather_flush(job->gather);
	pt_free_empty(job->pt, job->plan->va, job->plan->len, job->floor, job->ceiling,
		      job->gather);
	pt_gather_flush(job->gather);
}

static const struct remove_scheme wrong_frames = {
	.s = { .name = "wrong-frames",
	       .claim = "frames are freed, then the invalidation is issued",
	       .promises = PROMISE_FRAMES },
	.run = wrong_frames_run,
};
REMOVE_SCHEME(wrong_frames, wrong_frames);
