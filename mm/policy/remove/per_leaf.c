/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/policy/remove/per_leaf.c - each leaf is invalidated and waited for before the next one is
 * cleared; then the tables, with one invalidation (S0-35, X-07, L-05).
 *
 * As safe as two_flush.c.  It exists to measure its cost: one invalidation and one wait for each
 * leaf, where the others have one for each region.  In every scheme the caller frees the frames,
 * after all leaves.
 */
#include <kern/trap.h>
#include <mm/policy/policy.h>
#include <mm/pt/pt.h>

/* Unmap the slot at va, for a leaf its whole run: the plan has checked that no edge splits one
 * (B-04).  Returns the bytes from va to its end. */
static u64 unmap_slot(struct remove_job *job, vaddr_t va, u64 left)
{
	struct pt_plan one = *job->plan; /* a part of the checked range; UNMAP reserves no tables */
	struct pt_slot slot;
	u64 span;

	one.va = va;
	pt_lookup(job->pt, va, &slot);
	span = pt_span(job->pt->fmt, slot.level);
	if (slot.kind == PT_LEAF)
		span <<= job->pt->fmt->run_shift(slot.val, slot.level);
	one.len = min_u64(align_down(va, span) + span - va, left);
	if (slot.kind != PT_EMPTY)
		pt_unmap(&one, job->gather);
	pt_gather_flush(job->gather);
	return one.len;
}

static void run(struct remove_job *job)
{
	vaddr_t va = job->plan->va;
	u64 step;

	for (u64 left = job->plan->len; left; va += step, left -= step) {
		step = unmap_slot(job, va, left);
		watchdog_touch(); /* 32,768 waits for other CPUs may take minutes */
	}
	pt_free_empty(job->pt, job->plan->va, job->plan->len, job->floor, job->ceiling,
		      job->gather);
	pt_gather_flush(job->gather);
}

static const struct remove_scheme per_leaf = {
	.s = { .name = "per-leaf",
	       .claim = "each leaf is invalidated and waited for before the next one is cleared",
	       .linux_peer = "unmap_hotplug_range from 5.7 to 48478b9f79137 (2026); of struct "
			     "pages since then, too",
	       .promises = PROMISE_FAULTS | PROMISE_TABLES | PROMISE_LEAVES_FIRST |
			   PROMISE_FLUSH_BETWEEN | PROMISE_FRAMES },
	.run = run,
};
REMOVE_SCHEME(per_leaf, per_leaf);
