/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/digest.c - a fingerprint of everything that memory hotplug may change (ENGINE 7).
 *
 *   map       live leaves, adjacent ones of equal attributes joined into runs.  The shadow
 *             (mm/kernel/shadow.h) may use any of its own frames: its leaves count by address and
 *             attributes, and by frames that are not its own
 *
 *   registry  ranges of memory
 *
 *   refs      blocks, sub-sections, device ranges, the counts in the heads of memmap
 *             reservations, and the struct pages of the reserves of devices
 *
 *   free      free pages by node and zone; page tables count as free of their node, because a
 *             test compares the tables that a policy keeps with its formula
 *
 * Equal before and after an operation and its inverse (ENGINE 7.2).  Takes the hotplug lock for
 * read unless this CPU holds it for write.
 */
#include <lib/assert.h>
#include <lib/hash.h>
#include <mm/hotplug/devmem.h>
#include <mm/hotplug/hotplug.h>
#include <mm/hotplug/memory_block.h>
#include <mm/hotplug/subblock.h>
#include <mm/hotplug/subsection.h>
#include <mm/kernel/kpt.h>
#include <mm/kernel/shadow.h>
#include <mm/page/region.h>
#include <mm/vmalloc/vmalloc.h>

/* Leaves that continue each other: next va, next pa, same level and attributes. */
struct leaf_run {
	vaddr_t va, end;
	paddr_t pa;
	u32 level, prot, run_shift;
};

struct digest_walk {
	u64 hash;
	struct leaf_run run;
	u64 tables[NODES_MAX]; /* from the buddy */
};

static void close_run(struct digest_walk *w)
{
	const struct leaf_run *r = &w->run;

	if (r->va == r->end)
		return;
	w->hash = hash_u64(w->hash, r->va);
	w->hash = hash_u64(w->hash, r->end - r->va);
	w->hash = hash_u64(w->hash, r->pa);
	w->hash = hash_u64(w->hash, (u64)r->run_shift << 40 | (u64)r->level << 32 | r->prot);
}

/* Frames that the shadow may not map: those of another owner, and free ones. */
static u64 hash_foreign(u64 hash, paddr_t pa, u64 len)
{
	for (u64 at = pa; at < pa + len; at += page_size()) {
		const struct page *p = pa_page(at);

		if (page_state(p) != PAGE_USED || page_order(p) || p->owner != shadow_owner)
			hash = hash_u64(hash, at);
	}
	return hash;
}

static int leaf(const struct pt_slot *s, struct digest_walk *w)
{
	const struct pt_fmt *f = layout.fmt;
	struct leaf_run *r = &w->run;
	paddr_t pa = f->pa(s->val, s->level, s->va);
	u64 len = s->n * pt_span(f, s->level);
	u32 prot = f->prot(s->val, s->level), run_shift = f->run_shift(s->val, s->level);

	if (s->va - layout.r[REGION_SHADOW].va < layout.r[REGION_SHADOW].len) {
		w->hash = hash_foreign(w->hash, pa, len);
		pa = linear_pa(s->va); /* in step with the addresses */
	}
	if (s->va != r->end || pa != r->pa + (r->end - r->va) || s->level != r->level ||
	    prot != r->prot || run_shift != r->run_shift) {
		close_run(w);
		*r = (struct leaf_run) { s->va, s->va, pa, s->level, prot, run_shift };
	}
	r->end = s->va + len;
	return 0;
}

/* Leaves are joined to runs, other entries are hashed, tables are counted by their node. */
static int digest_visit(const struct pt_slot *s, void *arg)
{
	struct digest_walk *w = arg;
	const struct page *p;

	if (s->kind == PT_LEAF)
		return leaf(s, w);
	if (s->kind != PT_TABLE) {
		w->hash = hash_u64(hash_u64(w->hash, s->va), s->val);
		w->hash = hash_u64(w->hash, (u64)s->level << 32 | s->n);
		return 0;
	}
	p = pa_page(layout.fmt->pa(s->val, s->level, s->va));
	if (page_provenance(p) == PAGE_TABLE)
		w->tables[page_node(p)]++;
	return 0;
}

static u64 refs(void)
{
	u64 h = 0;

	for (const struct block *b = block_next(NULL); b; b = block_next(b)) {
		const struct page *head = b->memmap ? memmap_head(b) : NULL;

		h = hash_u64(h, b->first_pfn);
		h = hash_u64(h, (u64)b->state | (u64)b->node << 8 | (u64)b->zone << 16 |
					(u64)b->held << 24 | (u64)b->isolated << 25);
		if (b->subblocks)
			h = hash_u64(h, block_usable(b));
		if (head)
			h = hash_u64(hash_u64(h, head->refcount), head->private);
	}
	return devmem_digest(subsection_digest(h));
}

static u64 free_pages(const struct digest_walk *w)
{
	u64 h = 0;

	for (unsigned node = 0; node < NODES_MAX; node++)
		for (unsigned zone = 0; zone < ZONE_NR; zone++) {
			u64 pages = buddy_free_pages(node, zone);

			h = hash_u64(h, zone == ZONE_NORMAL ? pages + w->tables[node] : pages);
		}
	return h;
}

static void take(struct digest *d)
{
	const struct pt_fmt *f = layout.fmt;
	vaddr_t base = 0 - (1ul << f->half_bits);
	struct digest_walk w = { 0 };

	hotplug_walk(base, 1ul << f->half_bits, PT_ON_LEAF | PT_ON_TABLE | PT_ON_OTHER | PT_BY_RUNS,
		     digest_visit, &w);
	close_run(&w);
	d->map = w.hash;
	d->registry = region_digest();
	d->refs = refs();
	d->free = free_pages(&w);
}

void digest_take(struct digest *d)
{
	bool ours = !hotplug_write_held();
	u64 h;

	vmalloc_purge(); /* the frames that wait for its invalidation are free afterwards */
	if (ours)
		hotplug_read_lock();
	take(d);
	if (ours)
		hotplug_read_unlock();
	h = hash_u64(hash_u64(hash_u64(d->map, d->registry), d->refs), d->free);
	d->word = (u32)(h ^ h >> 32);
}

int digest_compare(const struct digest *before, const struct digest *after, struct why *why)
{
	static const char *const names[] = { "the map", "the registry",
					     "blocks, sub-sections, devices or their counts",
					     "free pages" };
	const u64 b[] = { before->map, before->registry, before->refs, before->free };
	const u64 a[] = { after->map, after->registry, after->refs, after->free };

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		if (a[i] != b[i])
			return refuse(why, EIO, "digest: %s differs, %08x before, %08x after",
				      names[i], before->word, after->word);
	return 0;
}
