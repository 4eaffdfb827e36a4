/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S2-12 ... S2-18, S2-27: the specified numbers of a self-hosted memmap, read back from the
 * struct pages themselves.
 */
#include <tests/harness/util.h>

/* Pages of memmap for `nr` pages, from the definition: 64 bytes a page. */
static u64 memmap_pages(u64 nr)
{
	return (nr * 64 + page_size() - 1) / page_size();
}

static u64 sections(u64 bytes)
{
	return bytes / layout.section_bytes;
}

/* One reservation: head at pfn, `vmemmap` pages, used by `users` sections. */
static void check_reservation(struct test_run *t, pfn_t pfn, u64 vmemmap, u64 users)
{
	const struct page *head = pfn_to_page(pfn);
	u64 wrong = 0;

	CHECK_EQ(t, head->refcount, users);
	CHECK_EQ(t, head->private, vmemmap);
	for (u64 i = 0; i < vmemmap; i++) {
		const struct page *p = pfn_to_page(pfn + i);

		wrong += page_provenance(p) != PAGE_ALTMAP || page_state(p) != PAGE_MEMMAP;
		wrong += i && p->head != head;
	}
	CHECK_EQ(t, wrong, 0);
	CHECK(t, page_provenance(pfn_to_page(pfn + vmemmap)) != PAGE_ALTMAP);
}

TEST(memmap, metadata_device,
     .claim = "device: one head for the whole range, refcount = sections, private = vmemmap pages",
     .rows = "S2-13 S2-16 S2-17", .needs = NEED_GIB)
{
	struct range r;

	if (!range_get(t, &r, max_u64(1, GiB / layout.block_bytes), "device") || !range_add(t, &r))
		return;
	check_reservation(t, r.pa >> page_shift(), memmap_pages(r.len / page_size()),
			  sections(r.len));
	if (page_size() == 4 * KiB && r.len == GiB) {
		CHECK_EQ(t, pa_page(r.pa)->refcount, 8);
		CHECK_EQ(t, pa_page(r.pa)->private, 4096);
	}
	range_reset(&r);
}

TEST(memmap, metadata_block, .claim = "block: each block has its own head, refcount = its sections",
     .rows = "S2-12 S2-16 S2-18 S2-22", .needs = NEED_RANGE)
{
	u64 vmemmap = memmap_pages(block_pages());
	struct range r;

	if (!range_get(t, &r, 2, "block") || !range_add(t, &r))
		return;
	for (u64 i = 0; i < range_blocks(&r); i++)
		check_reservation(t, (r.pa >> page_shift()) + i * block_pages(), vmemmap,
				  sections(layout.block_bytes));
	if (page_size() == 4 * KiB)
		CHECK_EQ(t, vmemmap, 512 * (layout.block_bytes / (128 * MiB)));
	range_reset(&r);
}

TEST(memmap, self_hosting,
     .claim = "the struct pages of the memmap's own pages are in its first pages",
     .rows = "S2-27 S2-07", .needs = NEED_RANGE)
{
	u64 per_page = page_size() / sizeof(struct page);
	struct range r;
	pfn_t first;
	u64 wrong = 0;

	if (!range_get(t, &r, 1, "block") || !range_add(t, &r))
		return;
	first = r.pa >> page_shift();
	CHECK_EQ(t, range_block(&r, 0)->state, BLOCK_OFFLINE);
	for (pfn_t i = 0; i < memmap_pages(block_pages()); i++) {
		vaddr_t va = ptr_va(pfn_to_page(first + i));

		wrong += pt_translate(&kpt, va) >> page_shift() != first + i / per_page;
		wrong += page_to_pfn(pfn_to_page(first + i)) != first + i;
	}
	CHECK_EQ(t, wrong, 0);
	range_reset(&r);
}
