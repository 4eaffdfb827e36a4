/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/digest_range.c - a fingerprint of one range of memory, equal for equal states at any
 * address and from any source: the leaves that map it and its memmap, and the states of its blocks
 * (S1-32).
 *
 * Addresses are relative to the start of the range; frames outside it count as "elsewhere".
 */
#include <lib/hash.h>
#include <mm/hotplug/hotplug.h>
#include <mm/kernel/kpt.h>

struct digest_leaves {
	u64 hash;
	vaddr_t base;
	paddr_t pa;
	u64 len;
};

static int digest_leaf(const struct pt_slot *s, void *arg)
{
	const struct pt_fmt *f = layout.fmt;
	struct digest_leaves *w = arg;
	u64 pa = f->pa(s->val, s->level, s->va) - w->pa;

	w->hash = hash_u64(w->hash, s->va - w->base);
	w->hash = hash_u64(w->hash, pa < w->len ? pa : ~0ul);
	w->hash = hash_u64(w->hash, (u64)f->run_shift(s->val, s->level) << 40 |
					    (u64)s->level << 32 | f->prot(s->val, s->level));
	return 0;
}

static u64 hash_block(u64 h, const struct block *b)
{
	if (!b)
		return hash_u64(h, BLOCK_ABSENT);
	return hash_u64(h, (u64)b->state | (u64)b->node << 8 | (u64)b->zone << 16 |
				   (u64)b->held << 24 | (u64)b->altmap_pages << 32);
}

u32 digest_range(paddr_t pa, u64 len)
{
	struct digest_leaves w = { .base = linear_va(pa), .pa = pa, .len = len };
	u64 pages = len >> page_shift();

	hotplug_read_lock();
	pt_walk(&kpt, w.base, len, PT_ON_LEAF, digest_leaf, &w);
	w.base = memmap_va(pa >> page_shift());
	pt_walk(&kpt, w.base, memmap_bytes(pages), PT_ON_LEAF, digest_leaf, &w);
	for (u64 at = 0; at < len; at += layout.block_bytes)
		w.hash = hash_block(w.hash, block_find((pa + at) >> page_shift()));
	hotplug_read_unlock();
	return (u32)(w.hash ^ w.hash >> 32);
}
