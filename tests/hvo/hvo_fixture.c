/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/hvo/hvo_fixture.c - see tests/hvo/hvo.h. */
#include <tests/harness/order_rules.h>
#include <tests/hvo/hvo.h>

static bool hvo_chunk(struct hvo *h)
{
	for (h->order = BUDDY_MAX_ORDER; h->order >= memmap_optimise_order(); h->order--) {
		h->head = page_alloc(h->r.node, ZONE_MOVABLE, h->order, "tests/hvo");
		if (h->head && page_pa(h->head) - h->r.pa < layout.block_bytes)
			return true;
		if (h->head)
			page_free(h->head, h->order);
	}
	return false;
}

bool hvo_get(struct test_run *t, struct hvo *h, u64 blocks)
{
	struct pt_slot slot;
	struct range first;

	*h = (struct hvo) { 0 };
	if (memmap_optimise_order() > BUDDY_MAX_ORDER) {
		test_skip(t, "no chunk has struct pages on more than two pages, with pages of %luK",
			  page_size() / KiB);
		return false;
	}
	if (!range_get(t, &h->r, blocks, "host"))
		return false;
	h->r.opts.memmap_now = true; /* tests read all of them */
	if (!range_add(t, &h->r))
		return false;
	first = h->r;
	first.len = layout.block_bytes;
	if (!range_online(t, &first, ZONE_MOVABLE))
		return false;
	if (!hvo_chunk(h)) {
		range_reset(&h->r);
		test_skip(t, "zone Movable has other memory, which is allocated first");
		return false;
	}
	h->va = memmap_va(page_to_pfn(h->head));
	h->pages = (unsigned)((64ul << h->order) / page_size());
	h->saves = h->pages - 2;
	pt_lookup(&kpt, h->va, &slot);
	h->run = slot.level ? 0 : kpt.fmt->run_shift(slot.val, 0);
	return true;
}

void hvo_put(struct test_run *t, struct hvo *h)
{
	struct range first = h->r;

	first.len = layout.block_bytes;
	page_free(h->head, h->order);
	range_offline(t, &first);
	range_remove(t, &h->r);
	range_reset(&h->r);
}

bool hvo_owes_break(const struct hvo *h)
{
	const struct pt_fmt *f = kpt.fmt;
	pte_t old = f->leaf(GiB, PT_R | PT_W | PT_GLOBAL, 0, 0);
	pte_t new = f->leaf(2 * GiB, PT_R | PT_GLOBAL, 0, 0);

	if (h->run &&
	    order_rule(&kpt, f->leaf(GiB, PT_R | PT_W | PT_GLOBAL, 0, h->run), old, 0) & DUTY_BREAK)
		return true;
	return order_rule(&kpt, old, new, 0) & DUTY_BREAK ||
	       order_rule(&kpt, f->leaf(GiB, PT_R | PT_W | PT_GLOBAL, 1, 0), f->table(GiB, 1), 1) &
		       DUTY_BREAK;
}
