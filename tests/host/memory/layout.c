/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/memory/layout.c - the guarantees of the regions, for every format and both
 * placements. */
#include "memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLES 64

static void each_layout(void (*check)(const struct pt_fmt *))
{
	static const u64 blocks[] = { 0, GiB, 2 * GiB };

	reg_for_each (formats, f)
		for (unsigned d = 0; d < 4; d++)
			for (unsigned b = 0; b < ARRAY_SIZE(blocks); b++) {
				struct why why = { 0 };

				layout_with_shadow = d & 2;
				if (layout_init(*f, d & 1, 0x40200000, blocks[b], &why))
					fail_msg("%s: %s", (*f)->name, why.text);
				check(*f);
			}
	layout_with_shadow = false;
}

static u64 slot_of(const struct pt_fmt *f, vaddr_t va)
{
	unsigned top = f->levels - 1u;

	return va >> pt_shift(f, pt_entries(f, top) < 12 && top > 1 ? top - 1 : top);
}

static void regions_fit(const struct pt_fmt *f)
{
	vaddr_t base = 0 - (1ul << f->half_bits);

	for (unsigned i = 0; i < REGION_NR; i++) {
		const struct va_region *r = &layout.r[i];

		if (!r->len)
			continue;
		assert_true(r->va >= base);
		assert_true(r->va + r->len - 1 >= r->va);
		assert_true(is_aligned(r->va | r->len, pt_page_size(f)));
		for (unsigned k = 0; k < i; k++)
			assert_true(r->va - layout.r[k].va >= layout.r[k].len &&
				    layout.r[k].va - r->va >= r->len);
	}
}

static void memmap_covers_the_map(const struct pt_fmt *f)
{
	const struct va_region *m = &layout.r[REGION_VMEMMAP];
	paddr_t pa;
	u64 len;

	layout_mappable(&pa, &len);
	assert_true(is_aligned(pa, max_u64(GiB, layout.block_bytes)));
	assert_true((len >> f->page_shift) * sizeof(struct page) <= m->len);
	assert_true(len >= 4 * GiB);
	assert_int_equal(ptr_va(pfn_to_page(pa >> f->page_shift)), m->va);
	assert_true(layout_is_mappable(pa, len));
	assert_false(layout_is_mappable(pa, len + 1));
	assert_false(layout_is_mappable(pa - 1, 1));
	assert_false(layout_is_mappable(pa + len, 1));
	assert_int_equal(linear_pa(linear_va(pa + 12345)), pa + 12345);
	/* a VA is congruent to its PA for every leaf up to 1 GiB */
	assert_true(is_aligned(linear_va(pa) ^ pa, min_u64(GiB, pt_span(f, f->levels - 1))));
}

static void placement_is_as_named(const struct pt_fmt *f)
{
	const struct va_region *m = &layout.r[REGION_VMEMMAP], *v = &layout.r[REGION_VMALLOC];

	if (!layout.disjoint) {
		unsigned shift = f->levels > 2 ? pt_shift(f, 2) : pt_shift(f, 1);

		assert_int_equal(v->va + v->len, m->va);
		assert_int_equal((m->va - 1) >> shift, m->va >> shift);
		return;
	}
	for (unsigned i = 0; i < REGION_NR; i++)
		for (unsigned k = 0; k < i; k++)
			if (layout.r[i].len && layout.r[k].len)
				assert_true(
					slot_of(f, layout.r[i].va) >
						slot_of(f, layout.r[k].va + layout.r[k].len - 1) ||
					slot_of(f, layout.r[k].va) >
						slot_of(f, layout.r[i].va + layout.r[i].len - 1));
}

static void formats_have_room(void **state)
{
	(void)state;
	each_layout(regions_fit);
	each_layout(memmap_covers_the_map);
	each_layout(placement_is_as_named);
}

static void bad_layouts_are_refused(void **state)
{
	const struct pt_fmt *f = pt_fmt_find("fake-3");
	struct layout before = layout;

	(void)state;
	assert_int_equal(layout_init(f, false, 0, 3 * GiB, NULL), -EINVAL);
	assert_int_equal(layout_init(f, false, 0, 64 * MiB, NULL), -EINVAL);
	assert_int_equal(layout_init(f, false, 1ul << f->pa_bits, 0, NULL), -EINVAL);
	assert_memory_equal(&before, &layout, sizeof(before));
}

/* ---- S0-09 on a real tree ---- */

static struct {
	_Alignas(65536) char page[65536];
} tables[TABLES];
static struct pt_link links[TABLES];
static unsigned used;

static struct pt_cell *env_cells(paddr_t pa)
{
	return (struct pt_cell *)tables[pa >> 16].page;
}

static struct pt_link *env_link(paddr_t pa)
{
	return &links[pa >> 16];
}

static paddr_t env_pa(struct pt_link *l)
{
	return (paddr_t)(l - links) << 16;
}

static paddr_t env_alloc(struct pt *pt, unsigned node)
{
	(void)pt;
	(void)node;
	assert_true(used < TABLES);
	return (paddr_t)used++ << 16;
}

static void env_free(struct pt *pt, paddr_t pa)
{
	(void)pt;
	(void)pa;
}

static void nothing(void)
{
}

static const struct pt_env env = {
	.cells = env_cells,
	.link = env_link,
	.pa = env_pa,
	.alloc = env_alloc,
	.free = env_free,
	.publish = nothing,
	.visible = nothing,
};

static void map_page(struct pt *pt, vaddr_t va)
{
	struct pt_plan plan;
	struct why why = { 0 };

	if (pt_plan(pt, &plan, PT_OP_MAP, va, pt_page_size(pt->fmt), 0, 0, &why))
		fail_msg("%s", why.text);
	pt_map(&plan, RAM_PA, PT_R | PT_W | PT_GLOBAL);
	pt_plan_end(&plan);
}

static void check_sharing(const struct pt_fmt *f)
{
	struct pt pt;
	struct why why = { 0 };

	used = 0;
	for (unsigned i = 0; i < TABLES; i++)
		memset(tables[i].page, 0, sizeof(tables[i].page));
	pt_init(&pt, "test", f, &env, env_alloc(NULL, 0));
	for (unsigned i = 0; i < REGION_NR; i++) {
		const struct va_region *r = &layout.r[i];

		if (!r->len)
			continue;
		map_page(&pt, r->va);
		map_page(&pt, r->va + r->len - pt_page_size(f));
	}
	assert_int_equal(layout_check_sharing(&pt, &why), layout.disjoint ? 0 : -EEXIST);
}

static void disjoint_shares_no_table(void **state)
{
	(void)state;
	each_layout(check_sharing);
}

int run_layout_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_have_room),
		cmocka_unit_test(bad_layouts_are_refused),
		cmocka_unit_test(disjoint_shares_no_table),
	};

	return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
