/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/alloc/large_slot.c - see large_slot.h. */
#include <mm/page/buddy.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/alloc/large_slot.h>

struct large_slot large_slot;

bool large_slot_begin(struct test_run *t)
{
	struct large_slot *s = &large_slot;
	paddr_t pa;

	s->order = kpt.fmt->bits[0];
	if (s->order > BUDDY_MAX_ORDER) {
		test_skip(t, "the buddy has no chunk of %lu MiB", pt_span(kpt.fmt, 1) / MiB);
		return false;
	}
	if (kpt.fmt->levels == 2 && (kpt.root_append || kpt.root_constant)) {
		test_skip(t, "page tables are entries of the root, which are never freed");
		return false;
	}
	s->pages = 2 * large_slot_pages();
	s->chunk = page_alloc_any(0, ZONE_NORMAL, s->order, "large");
	s->all = vmalloc_va_alloc(s->pages);
	s->va = align_up(s->all, pt_span(kpt.fmt, 1));
	if (!s->chunk)
		test_skip(t, "no free chunk of %lu MiB", pt_span(kpt.fmt, 1) / MiB);
	if (!s->chunk || !CHECK(t, s->all != 0))
		return false;
	pa = page_pa(s->chunk);
	CHECK_EQ(t, vmalloc_map(s->va, &pa, 1, PT_R | PT_GLOBAL), 0);
	vmalloc_unmap(s->va, 1);
	return true;
}

int large_slot_map(void)
{
	return vmalloc_map_large(large_slot.va, page_pa(large_slot.chunk), large_slot_pages(),
				 PT_R | PT_GLOBAL);
}

void large_slot_end(void)
{
	if (large_slot.all)
		vmalloc_va_free(large_slot.all, large_slot.pages);
	if (large_slot.chunk)
		page_free(large_slot.chunk, large_slot.order);
	large_slot.all = 0;
	large_slot.chunk = NULL;
}
