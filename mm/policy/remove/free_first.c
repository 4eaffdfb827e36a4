/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/policy/remove/free_first.c - UNSAFE: the frames that a page table maps are freed when its
 * leaves are cleared, and the table is invalidated afterwards (B-03, L-05, X-07).
 *
 * The order of a request for comments to Linux of May 2026 (docs/schemes.md, "remove"), which moves
 * the flush of unmap_hotplug_pte_range() to the end of its loop.  So the following is as in that
 * patch: only page leaves are affected, a larger leaf is invalidated before its frames are freed;
 * only frames of struct pages are freed early, as those of the linear map have no owner to return
 * to; tables are unhooked and freed afterwards with an invalidation of their own, as in
 * two_flush.c.
 */
#include <mm/page/page.h>
#include <mm/policy/policy.h>
#include <mm/pt/pt.h>

/* How many of the first `cleared` pages of the gather's frames are whole chunks of the buddy? */
static u32 whole_chunks(const struct pt_gather *g, u32 cleared)
{
	u32 n = 0;

	for (u32 i = 0; i < g->nr_spans; i++) {
		const struct pt_span *s = &g->spans[i];
		u32 chunk;

		for (u32 at = 0; at < s->nr; at += chunk, n += chunk) {
			paddr_t pa = s->pa + (u64)at * page_size();

			chunk = s->provenance == PAGE_BUDDY ? 1u << page_order(pa_page(pa))
							    : min_u32(s->nr - at, cleared - n);
			if (!chunk || n + chunk > cleared)
				return n;
		}
	}
	return n;
}

/* Unmap the larger leaf at va, or all page leaves of its table in the range.  Returns how many page
 * leaves were cleared; *len: the bytes that were handled from va on. */
static u32 unmap_part(struct remove_job *job, vaddr_t va, u64 left, u64 *len)
{
	struct pt_plan part = *job->plan; /* of the checked range; UNMAP reserves no tables */
	u32 before = job->gather->nr_leaves;
	struct pt_slot slot;
	u64 span;

	pt_lookup(job->pt, va, &slot);
	span = pt_span(job->pt->fmt, slot.level ? slot.level : 1);
	if (slot.level && slot.kind == PT_LEAF)
		span <<= job->pt->fmt->run_shift(slot.val, slot.level);
	part.va = va;
	part.len = *len = min_u64(align_down(va, span) + span - va, left);
	pt_unmap(&part, job->gather);
	return slot.level ? 0 : job->gather->nr_leaves - before;
}

static void run(struct remove_job *job)
{
	struct pt_gather *g = job->gather;
	vaddr_t va = job->plan->va;
	u32 early = g->nr_early, cleared = 0;
	u64 step;

	for (u64 left = job->plan->len; left; va += step, left -= step) {
		cleared += unmap_part(job, va, left, &step);
		pt_gather_free_early(g, whole_chunks(g, cleared - (g->nr_early - early)));
		pt_gather_flush(g);
	}
	pt_free_empty(job->pt, job->plan->va, job->plan->len, job->floor, job->ceiling, g);
	pt_gather_flush(g);
}

static const struct remove_scheme free_first = {
	.s = { .name = "free-first",
	       .claim = "a page table's frames are freed, then its leaves are invalidated at once",
	       .linux_peer = "unmap_hotplug_pte_range of an RFC of May 2026, never merged",
	       .unsafe = "it frees frames of struct pages that TLBs still lead to",
	       .promises = PROMISE_FAULTS | PROMISE_TABLES | PROMISE_LEAVES_FIRST |
			   PROMISE_FLUSH_BETWEEN | PROMISE_FRAMES },
	.run = run,
};
REMOVE_SCHEME(free_first, free_first);
