/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/shadow_cost.c - how many pages of old memory the shadow of a range takes when the
 * range goes online (shadow=on), counted before it does: a page for each eight of the range, and
 * each table that the addresses of the shadow do not have yet.
 */
#include <tests/harness/util.h>

/* Tables that are missing on the path to va, without those counted for addresses from `first` up to
 * va. */
static u64 missing_tables(vaddr_t va, vaddr_t first)
{
	struct pt_slot slot;
	u64 nr = 0;

	pt_lookup(&kpt, va, &slot);
	for (unsigned level = 1; level <= slot.level; level++)
		nr += va == first || is_aligned(va, pt_span(kpt.fmt, level));
	return nr;
}

u64 range_shadow_pages(const struct range *r)
{
	const struct va_region *shadow = &layout.r[REGION_SHADOW];
	vaddr_t first = shadow->va + (linear_va(r->pa) - layout.r[REGION_LINEAR].va) / 8;
	u64 len = r->len / 8, nr = len / page_size();

	if (!shadow->len)
		return 0;
	for (vaddr_t va = first; va < first + len;
	     va = align_down(va, pt_span(kpt.fmt, 1)) + pt_span(kpt.fmt, 1))
		nr += missing_tables(va, first);
	return nr;
}
