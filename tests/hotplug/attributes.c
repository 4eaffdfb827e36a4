/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-47, S4-13: added memory is mapped like boot memory: every leaf of its linear map and memmap
 * is, bit for bit, the leaf that the rights of a boot page give at its address.
 */
#include <tests/harness/util.h>

struct check {
	enum pt_prot prot;
	u64 leaves, wrong;
};

static int attributes_leaf(const struct pt_slot *slot, void *arg)
{
	const struct pt_fmt *f = kpt.fmt;
	paddr_t pa = f->pa(slot->val, slot->level, slot->va);
	unsigned run = f->run_shift(slot->val, slot->level);
	struct check *c = arg;

	c->leaves++;
	c->wrong += slot->val != f->leaf(pa, c->prot, slot->level, run);
	return 0;
}

static enum pt_prot prot_at(vaddr_t va)
{
	struct pt_slot slot;

	pt_lookup(&kpt, va, &slot);
	return kpt.fmt->prot(slot.val, slot.level);
}

static void compare_leaves(struct test_run *t, vaddr_t va, u64 len, vaddr_t at_boot)
{
	struct check c = { .prot = prot_at(at_boot) };

	CHECK_EQ(t, c.prot & ~(unsigned)PT_GLOBAL, PT_R | PT_W);
	hotplug_read_lock();
	hotplug_walk(va, len, PT_ON_LEAF, attributes_leaf, &c);
	hotplug_read_unlock();
	CHECK(t, c.leaves > 0);
	CHECK_EQ(t, c.wrong, 0);
}

static const char *const leaves[] = { "auto", "page", NULL };

TEST(hotplug, attributes,
     .claim = "added memory and its memmap are mapped with the attributes of boot memory",
     .rows = "S1-47 S4-13", .needs = NEED_RANGE, .params = leaves)
{
	struct page *p = page_alloc_any(0, ZONE_NORMAL, 0, "attributes");
	struct range r;

	if (CHECK(t, p != NULL) && range_get(t, &r, 1, "block")) {
		r.opts.leaf = t->param[0] == 'p' ? 0 : -1;
		if (range_add(t, &r)) {
			compare_leaves(t, linear_va(r.pa), r.len, ptr_va(page_ptr(p)));
			compare_leaves(t, ptr_va(pa_page(r.pa)), memmap_bytes(block_pages()),
				       ptr_va(p));
			range_remove(t, &r);
		}
		range_reset(&r);
	}
	page_free(p, 0);
}
