/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/memmap/memmap_optimise.c - tails of chunks in use share one frame.
 *
 * The steps that may fail are first: the split with its tables, or the allocation of the frames.
 * Then, with the window open and interrupts off, no struct page is accessed: its mapping may be
 * invalid at that moment.
 */
#include <arch/arch.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <mm/hotplug/hotplug.h>
#include <mm/kernel/kpt.h>
#include <mm/kernel/writer.h>
#include <mm/live/live_split.h>
#include <mm/memmap/memmap.h>
#include <mm/memmap/memmap_optimise.h>
#include <mm/pt/pt_tap.h>

#define KEPT 2                                           /* frames: of the head, of the tails */
#define PAGES_MAX ((64u << BUDDY_MAX_ORDER) / (4 * KiB)) /* of struct pages of a chunk */

#define RW (PT_R | PT_W | PT_GLOBAL)
#define RO (PT_R | PT_GLOBAL)

static u64 saved;

struct shared_tails {
	struct page *head;
	u64 nr; /* its pages */
	vaddr_t va;
	u64 len;                  /* of its struct pages */
	unsigned pages;           /* that hold them */
	paddr_t frame[PAGES_MAX]; /* of these pages now, or afterwards */
};

unsigned memmap_optimise_order(void)
{
	return log2_u64((KEPT + 1) * page_size() / sizeof(struct page) - 1) + 1;
}

u64 memmap_optimise_saved(void)
{
	return saved;
}

static struct shared_tails compound_of(struct page *head)
{
	struct shared_tails c = { .head = head, .nr = 1ul << page_order(head), .va = ptr_va(head) };

	c.len = c.nr * sizeof(struct page);
	c.pages = (unsigned)(c.len >> page_shift());
	return c;
}

/* ---- checks ---- */

static int check_block(const struct page *head, struct why *why)
{
	pfn_t pfn = page_to_pfn(head);
	const struct block *b = block_find(pfn);

	if (!b || b->boot)
		return refuse(why, EBUSY, "page 0x%lx is boot memory, its struct pages are in use",
			      pfn);
	if (b->state != BLOCK_ONLINE)
		return refuse(why, EBUSY, "block %lu is %s, not online",
			      block_nr(pfn << page_shift()), block_state_name(b->state));
	if (b->memmap->where != MEMMAP_IN_OLD_MEMORY)
		return refuse(why, EBUSY,
			      "block %lu holds its own memmap (memmap=%s), whose frames leave with "
			      "it",
			      block_nr(pfn << page_shift()), b->memmap->s.name);
	return 0;
}

static int check_head(const struct page *head, enum pt_provenance class, struct why *why)
{
	pfn_t pfn = page_to_pfn(head);

	if (page_state(head) != PAGE_USED || page_provenance(head) != class || head->private)
		return refuse(why, EINVAL, "page 0x%lx is not the head of %s", pfn,
			      class == PAGE_BUDDY ? "pages that an owner has to itself"
						  : "an optimised chunk");
	if (page_order(head) < memmap_optimise_order())
		return refuse(why, EINVAL,
			      "the struct pages of order %u fill %lu pages, of %u none "
			      "can be saved",
			      page_order(head),
			      compound_of((struct page *)(uintptr_t)head).len >> page_shift(),
			      KEPT);
	return 0;
}

/* ---- tails ---- */

static void store_tails(struct page *from, u64 nr, const struct page *tail)
{
	u64 words[8];

	memcpy(words, tail, sizeof(words));
	arch_store_template(from, nr, words);
}

/* Write each tail of the chunk through its current mapping.  A CPU that reads one meanwhile gets
 * the same state, class and node as before. */
static void write_tails(const struct shared_tails *c, struct page *head)
{
	struct page tail = { .flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_TAIL, 0, page_node(c->head)),
			     .head = head };

	store_tails(c->head + 1, c->nr - 1, &tail);
	pt_tap_fill(c->frame[1], page_size());
}

/* ---- the change ---- */

/* Map pages from the third on to the frame of the second, or to their own; and set the rights of
 * the second. */
static void retarget(const struct shared_tails *c, bool share, struct pt_gather *g)
{
	vaddr_t va = c->va + KEPT * page_size();
	struct pt_plan plan;
	unsigned n;

	pt_plan_sure(&kpt, &plan, PT_OP_PROTECT, c->va + page_size(), c->len - page_size());
	if (share)
		pt_retarget(&plan, va, c->len - KEPT * page_size(), c->frame[1], RO, true, g);
	for (unsigned i = KEPT; !share && i < c->pages; i += n, va += n * page_size()) {
		for (n = 1; i + n < c->pages && c->frame[i + n] == c->frame[i] + n * page_size();)
			n++;
		pt_retarget(&plan, va, n * page_size(), c->frame[i], RW, false, g);
	}
	pt_retarget(&plan, c->va + page_size(), page_size(), c->frame[1], share ? RO : RW, false,
		    g);
	pt_plan_end(&plan);
}

static void change_frames(const struct shared_tails *c, bool share, struct pt_gather *g)
{
	u64 flags = live_window_open(c->va, c->len);

	retarget(c, share, g);
	pt_gather_flush(g);
	live_window_close(flags);
}

static void note_frames(struct shared_tails *c)
{
	for (unsigned i = 0; i < c->pages; i++)
		c->frame[i] = pt_translate(&kpt, c->va + i * page_size());
}

/* The frames were a chunk or a part of one: they are freed as single pages. */
static void collect(const struct shared_tails *c, struct pt_gather *g)
{
	for (unsigned i = KEPT; i < c->pages; i++) {
		page_split(c->frame[i] >> page_shift());
		ASSERT_OP(pt_gather_span(g, c->frame[i], 1, PAGE_BUDDY), ==, 0);
	}
}

static int optimise_locked(struct page *head, struct why *why)
{
	struct shared_tails c;
	struct pt_span spans[PAGES_MAX];
	struct pt_gather g;
	int err = check_head(head, PAGE_BUDDY, why);

	err = err ? err : check_block(head, why);
	if (err)
		return err;
	c = compound_of(head);
	err = live_split(c.va, c.len, page_node(head), why);
	if (err)
		return err;
	note_frames(&c);
	write_tails(&c, head);
	page_set(head, PAGE_REMAPPED, PAGE_USED, page_order(head));
	pt_gather_begin(&g, &kpt, spans, PAGES_MAX);
	collect(&c, &g);
	change_frames(&c, true, &g);
	saved += c.pages - KEPT;
	pt_gather_release(&g);
	return 0;
}

int memmap_optimise(struct page *head, struct why *why)
{
	enum pt_writer was;
	int err;

	hotplug_write_lock();
	was = writer_enter(PT_WRITER_OPTIMISE);
	err = optimise_locked(head, why);
	writer_leave(was);
	hotplug_write_unlock();
	return err;
}

/* ---- undo ---- */

/* The original frame, if it is free: then the leaf can be made whole.  Never one of zone
 * Movable: struct pages cannot move. */
static struct page *frame_at(paddr_t pa, unsigned node)
{
	pfn_t pfn = pa >> page_shift();
	const struct block *b = block_find(pfn);
	struct page *p = NULL;

	if (b && b->state == BLOCK_ONLINE && (b->boot || b->zone == ZONE_NORMAL))
		p = page_alloc_in(pfn, pfn + 1, "memmap");
	return p ? p : page_alloc_any(node, ZONE_NORMAL, 0, "memmap");
}

static void drop_frames(const struct shared_tails *c, unsigned from)
{
	while (from-- > KEPT)
		page_free(pa_page(c->frame[from]), 0);
}

static int find_frames(struct shared_tails *c, struct why *why)
{
	for (unsigned i = KEPT; i < c->pages; i++) {
		struct page *p = frame_at(c->frame[0] + i * page_size(), page_node(c->head));

		if (!p) {
			drop_frames(c, i);
			return refuse(why, ENOMEM,
				      "no frames for the struct pages of 0x%lx: %u of %u",
				      page_to_pfn(c->head), i - KEPT, c->pages - KEPT);
		}
		c->frame[i] = page_pa(p);
	}
	return 0;
}

/* The same tails as in the shared frame: a CPU may read either until the invalidation. */
static void fill_frames(const struct shared_tails *c)
{
	for (unsigned i = KEPT; i < c->pages; i++) {
		arch_copy_page(pa_ptr(c->frame[i]), pa_ptr(c->frame[1]), page_size());
		pt_tap_fill(c->frame[i], page_size());
	}
}

static int unoptimise_locked(struct page *head, struct why *why)
{
	struct shared_tails c;
	struct pt_gather g;
	int err = check_head(head, PAGE_REMAPPED, why);

	if (err)
		return err;
	if (!memmap_is_shared_tail(ptr_va(head) + page_size()))
		return refuse(why, EINVAL, "page 0x%lx is not the head of an optimised chunk",
			      page_to_pfn(head));
	c = compound_of(head);
	note_frames(&c);
	err = find_frames(&c, why);
	if (err)
		return err;
	fill_frames(&c);
	pt_gather_begin(&g, &kpt, NULL, 0);
	change_frames(&c, false, &g);
	pt_gather_release(&g);
	write_tails(&c, NULL);
	page_set(head, PAGE_BUDDY, PAGE_USED, page_order(head));
	saved -= c.pages - KEPT;
	live_join(c.va, c.len);
	return 0;
}

int memmap_unoptimise(struct page *head, struct why *why)
{
	enum pt_writer was;
	int err;

	hotplug_write_lock();
	was = writer_enter(PT_WRITER_OPTIMISE);
	err = unoptimise_locked(head, why);
	writer_leave(was);
	hotplug_write_unlock();
	return err;
}
