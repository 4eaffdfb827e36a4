/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/movable_evacuate.c - move every used page of an isolated range elsewhere, while CPUs
 * use it.
 *
 * A batch: publish windows, unmap, one invalidation that reaches every CPU, copy all pages through
 * the linear map, one barrier, map all, close the windows.  After the invalidation no CPU can write
 * to the old pages, so the copies are exact.  A CPU that faulted waits until its window closes
 * (ENGINE 4).  A CPU that accesses the page later walks to the new leaf without waiting: only the
 * barrier orders the copy before the leaf.  Without it that CPU could load the old contents of the
 * frame, or a late store of the copy could overwrite its own store.
 */
#include <arch/arch.h>
#include <kern/cpu.h>
#include <lib/atomic.h>
#include <lib/string.h>
#include <mm/hotplug/hotplug.h>
#include <mm/hotplug/movable_internal.h>
#include <mm/kernel/kpt.h>
#include <mm/kernel/writer.h>
#include <mm/pt/pt_tap.h>

static u64 moved_ever;

struct batch {
	struct page *from[MOVABLE_BATCH], *to[MOVABLE_BATCH];
	vaddr_t va[MOVABLE_BATCH];
	struct pt_spot spot[MOVABLE_BATCH];
	paddr_t home[MOVABLE_BATCH];
	unsigned nr;
};

static int cannot_move(const struct page *p, struct why *why)
{
	pfn_t pfn = page_to_pfn(p);
	/* once: another CPU may free the page meanwhile */
	const char *owner = atomic_load_relaxed(&p->owner);
	u64 nr = block_nr(pfn << page_shift());

	if (!owner)
		owner = "an unnamed user";
	if (page_movable(p))
		return refuse(why, EBUSY, "block %lu: page 0x%lx is pinned by %s", nr, pfn, owner);
	return refuse(why, EBUSY, "block %lu: page 0x%lx cannot move, it is used by %s", nr, pfn,
		      owner);
}

static bool can_move(const struct page *p)
{
	return page_movable(p) && !page_pinned(p) && page_order(p) == 0;
}

/* The same for a head of any state: a used page that can move.  One load and one comparison,
 * because each page of a block in use is tested twice. */
static inline bool moves(const struct page *p)
{
	const u64 mask = PAGE_FLAGS(0, 15, 255, 0) | ~0ul << 32;
	const u64 __attribute__((may_alias)) *head = (const void *)p;

	_Static_assert(offsetof(struct page, refcount) == 4, "in the upper half of the first word");
	return (*head & mask) == (PAGE_FLAGS(0, PAGE_USED, 0, 0) | 1ul << 32) && page_movable(p);
}

int movable_check(pfn_t pfn, u64 nr, u64 *used, struct why *why)
{
	u64 flags = spin_lock_irqsave(&movable_lock);
	const struct page *p = pfn_to_page(pfn), *end = p + nr;
	u64 n = 0;
	int err = 0;

	while (!err && p < end) {
		if (moves(p)) {
			n++;
			p++;
			continue;
		}
		if (page_state(p) == PAGE_USED)
			err = cannot_move(p, why);
		p += page_step(p);
	}
	*used += n;
	spin_unlock_irqrestore(&movable_lock, flags);
	return err;
}

/* ---- one batch, under movable_lock ------------------------------------------------------------
 */

/*
 * Allocate a target frame for each page of the batch: zone Movable, then Normal, each on the same
 * node first.  Free pages of the range are isolated, so none is allocated here.
 * Pages without a target are dropped from the batch, with -ENOMEM.
 */
static int find_homes(struct batch *b, struct why *why)
{
	unsigned node = b->nr ? page_node(b->from[0]) : 0;
	unsigned got = page_alloc_bulk(node, ZONE_MOVABLE, 0, b->to, b->nr, NULL);
	int err = 0;

	if (got < b->nr)
		got += page_alloc_bulk(node, ZONE_NORMAL, 0, b->to + got, b->nr - got, NULL);
	if (got < b->nr)
		err = refuse(why, ENOMEM, "no free page left to move page 0x%lx to",
			     page_to_pfn(b->from[got]));
	b->nr = got;
	return err;
}

static void unmap_all(struct batch *b)
{
	struct pt_gather g;

	/* A movable page is mapped by one page leaf of its own. */
	ASSERT_OP(pt_spots_find(&kpt, b->va, b->nr, b->spot), ==, 0);
	pt_gather_begin(&g, &kpt, NULL, 0);
	pt_spots_break(&kpt, b->spot, b->nr, &g);
	pt_gather_flush(&g); /* from here on no CPU can write to the old pages */
	pt_gather_release(&g);
}

/* Code is fetched through the instruction caches, which do not see the stores of the copy. */
static inline void copy(char *to, const char *from, paddr_t pa, const struct movable *m, u64 len)
{
	arch_copy_page(to, from, len);
	pt_tap_fill(pa, len);
	if (m->code)
		cpu_sync_code(ptr_va(to), len);
}

/* Addresses are computed from those of one page: struct pages are as far apart as their frames. */
static void copy_all(struct batch *b)
{
	const struct page *of = b->to[0];
	char *linear = page_ptr(of);
	paddr_t pa = page_pa(of);
	s64 len = (s64)page_size();
	paddr_t *home = b->home;

	for (unsigned i = 0, n = b->nr; i < n; i++) {
		s64 to = (b->to[i] - of) * len, from = (b->from[i] - of) * len;

		home[i] = pa + (u64)to;
		copy(linear + to, linear + from, home[i], page_movable(b->from[i]), (u64)len);
	}
}

static void hand_over(struct page *from, struct page *to)
{
	struct movable *m = page_movable(from);

	to->owner = from->owner;
	to->private = from->private;
	m->page = to;
	from->private = 0;
}

/* Unshown (dmb fence): MODEL.md window. */
static void migrate(struct batch *b)
{
	enum pt_writer was = writer_enter(PT_WRITER_MIGRATE);

	break_pages_open(b->va, b->nr);
	arch_mb(); /* windows before the entries are cleared: a CPU that faults finds its window */
	unmap_all(b);
	copy_all(b);
	pt_spots_make(&kpt, b->spot, b->home, b->nr);
	writer_leave(was);
	break_pages_close(b->nr);
	for (unsigned i = 0; i < b->nr; i++)
		hand_over(b->from[i], b->to[i]);
	page_free_bulk(b->from, b->nr);
	atomic_fetch_add_relaxed(&moved_ever, b->nr);
}

u64 movable_moved(void)
{
	return atomic_load_relaxed(&moved_ever);
}

int movable_move(struct movable *m, struct why *why)
{
	u64 flags = spin_lock_irqsave(&movable_lock);
	struct batch b = { .from = { m->page }, .va = { m->va }, .nr = 1 };
	int err = can_move(m->page) ? find_homes(&b, why) : cannot_move(m->page, why);

	if (!err)
		migrate(&b);
	spin_unlock_irqrestore(&movable_lock, flags);
	return err;
}

/*
 * Fill a batch from *pfn on; 0, or -EBUSY for the page at *pfn.  Chunks may grow meanwhile when
 * other CPUs free pages: a former head may have become a tail, which is skipped page by page.
 */
static int collect(struct batch *b, pfn_t *pfn, pfn_t end, struct why *why)
{
	struct page *p = pfn_to_page(*pfn), *last = p + (end - *pfn);
	struct page **from = b->from;
	vaddr_t *va = b->va;
	int err = 0;

	while (from < b->from + MOVABLE_BATCH && p < last) {
		if (moves(p)) {
			*va++ = page_movable(p)->va;
			*from++ = p++;
			continue;
		}
		if (page_state(p) == PAGE_USED) {
			err = cannot_move(p, why);
			break;
		}
		p += page_step(p);
	}
	b->nr = (unsigned)(from - b->from);
	*pfn = page_to_pfn(p);
	return err;
}

static int one_batch(pfn_t *pfn, pfn_t end, u64 *moved, struct why *why)
{
	u64 flags = spin_lock_irqsave(&movable_lock);
	struct batch b;
	int err = collect(&b, pfn, end, why);
	int homeless = find_homes(&b, why);

	if (b.nr)
		migrate(&b);
	spin_unlock_irqrestore(&movable_lock, flags);
	*moved += b.nr;
	return homeless ? homeless : err; /* the first one in the range, as in *why */
}

int movable_evacuate(pfn_t pfn, u64 nr, u64 *moved, struct why *why)
{
	pfn_t end = pfn + nr;
	int err = 0;

	while (!err && pfn < end) {
		err = one_batch(&pfn, end, moved, why);
		if (!err && pfn < end && hotplug_cancelled && hotplug_cancelled())
			err = refuse(why, ECANCELED, "stopped while moving pages");
	}
	return err;
}
