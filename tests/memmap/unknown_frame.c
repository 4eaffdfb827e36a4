/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S0-24: a memmap whose frame has no struct page cannot be freed.  A copy of the scheme takes
 * such a frame from memory that was not added.
 */
#include <lib/string.h>
#include <tests/harness/util.h>

static pfn_t foreign; /* first of the frames */

static paddr_t frame(struct memmap_plan *p, u64 index, u64 *contiguous)
{
	*contiguous = (memmap_bytes(p->nr) >> page_shift()) - index;
	return (foreign + index) << page_shift();
}

/* The frames are not congruent to the memory that they describe, so any range uses pages. */
static int scatter(struct memmap_plan *p, struct why *why)
{
	(void)why;
	p->scattered = true;
	return 0;
}

/* Make the memmap count as the block's own, so that it is removed with it. */
static void adopt(const struct range *r, struct memmap_scheme *scheme)
{
	struct block *b = range_block(r, 0);
	u64 pages = memmap_bytes(block_pages()) / page_size();

	memmap_mark_altmap(b->first_pfn, pages, memmap_sections_per_block(), r->node);
	b->altmap_pfn = b->first_pfn;
	scheme->where = MEMMAP_IN_EACH_BLOCK;
}

/* All frames are in a block that was not added, or only the last one. */
static const char *const which[] = { "all", "last", NULL };

TEST(memmap, unknown_frame,
     .claim =
	     "a removal that would free a frame without struct page reports it and changes nothing",
     .rows = "S0-24", .needs = NEED_RANGE, .params = which)
{
	struct memmap_scheme scheme = { .where = MEMMAP_IN_OLD_MEMORY,
					.frame = frame,
					.take = scatter };
	struct digest before, after;
	struct why why = { 0 };
	struct range r;

	if (!range_get(t, &r, 2, "host"))
		return;
	scheme.s = r.opts.memmap->s;
	r.opts.memmap = &scheme;
	r.len = layout.block_bytes;
	foreign = ((r.pa + r.len) >> page_shift()) - !strcmp(t->param, "last");
	if (!range_add(t, &r))
		return;
	digest_take(&before);
	CHECK_REFUSED(t, hotplug_remove(r.pa, r.len, &r.opts, NULL, &why), EIO, &why);
	CHECK(t, strstr(why.text, "no struct page") != NULL);
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	adopt(&r, &scheme);
	range_remove(t, &r);
	range_reset(&r);
}
