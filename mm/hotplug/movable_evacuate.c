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

int movable_check(pfn_t pfn, u64 nr, u64 *used, struct why *why)
{
	u64 flags = spin_lock_irqsave(&movable_lock);
	const struct page *p = pfn_to_page(pfn), *end = p + nr;
	int err = 0;

	for (; !err && p < end; p += page_step(p)) {
		if (page_state(p) != PAGE_USED)
			continue;
		*used += 1ul << page_order(p);
		err = can_move(p) ? 0 : cannot_move(p, why);
	}
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
	unsigned got = page_alloc_bulk(node, ZONE_MOVABLE, b->to, b->nr, NULL);
	int err = 0;

	got += page_alloc_bulk(node, ZONE_NORMAL, b->to + got, b->nr - got, NULL);
	if (got < b->nr)
		err = refuse(why, ENOMEM, "no free page left to move page 0x%lx to",
			     page_to_pfn(b->from[got]));
	b->nr = got;
	for (unsigned i = 0; i < got; i++)
		b->to[i]->owner = b->from[i]->owner;
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
static void copy(paddr_t to, const struct page *from)
{
	u64 len = page_size();

	arch_copy_page(pa_ptr(to), page_ptr(from), len);
	pt_tap_fill(to, len);
	if (page_movable(from)->code)
		cpu_sync_code(linear_va(to), len);
}

static void hand_over(struct page *from, struct page *to)
{
	struct movable *m = page_movable(from);

	to->private = from->private;
	m->page = to;
	from->private = 0;
}

/* Unshown (dmb fence): MODEL.md window. */
static void migrate(struct batch *b)
{
	enum pt_writer was = writer_enter(PT_WRITER_MIGRATE);

	for (unsigned i = 0; i < b->nr; i++)
		b->va[i] = page_movable(b->from[i])->va;
	break_pages_open(b->va, b->nr);
	arch_mb(); /* windows before the entries are cleared: a CPU that faults finds its window */
	unmap_all(b);
	for (unsigned i = 0; i < b->nr; i++) {
		b->home[i] = page_pa(b->to[i]);
		copy(b->home[i], b->from[i]);
	}
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
	struct batch b = { .from = { m->page }, .nr = 1 };
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
	int err = 0;

	for (b->nr = 0; b->nr < MOVABLE_BATCH && p < last; p += page_step(p)) {
		if (page_state(p) != PAGE_USED)
			continue;
		if (!can_move(p)) {
			err = cannot_move(p, why);
			break;
		}
		b->from[b->nr++] = p;
	}
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
