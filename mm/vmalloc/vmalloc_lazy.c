/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/vmalloc/vmalloc_lazy.c - deferred invalidations of vmalloc, one for many (see
 * mm/vmalloc/vmalloc.h).
 *
 * Two batches: one is filled while the other is purged.  A batch has one gather, so one
 * invalidation, and the frames, linked by their struct pages, and addresses that wait for it.
 * Another CPU may have made the stores that cleared the leaves.  It released `lock` after them, and
 * the purging CPU took and released it before the invalidation, so SYNC covers them (ENGINE 5.1).
 *
 * Unshown (acquire release fence): the locks of the allocators order the free frames and addresses;
 * the number only saves a purge.
 */
#include <kern/lock.h>
#include <lib/assert.h>
#include <lib/atomic.h>
#include <lib/init.h>
#include <mm/kernel/kpt.h>
#include <mm/page/page.h>
#include <mm/vmalloc/vmalloc_internal.h>

#define RUNS_MAX 256 /* of addresses, in a batch */

struct lazy_batch {
	struct pt_gather gather; /* open while nr > 0 */
	struct list chunks;
	u32 nr;
	u64 pages;
	struct lazy_run *run; /* RUNS_MAX of them */
};

struct lazy_run {
	vaddr_t va;
	u64 pages;
};

u64 vmalloc_lazy_max;

static struct spinlock lock = SPINLOCK_INIT(LOCK_VMALLOC, "vmalloc lazy");
/* Held by the CPU that purges, never for reading: a waiter serves calls and keeps interrupts. */
RWLOCK(purging, LOCK_VMALLOC, "vmalloc purge");
static struct lazy_run runs[2][RUNS_MAX] NOINIT;
static struct lazy_batch batches[2] = { { .run = runs[0] }, { .run = runs[1] } };
static struct lazy_batch *filled = &batches[0]; /* under `lock` */
static u64 deferred;                            /* pages in both; atomic */

u64 vmalloc_lazy_pages(void)
{
	/* acquire: a CPU that reads 0 also observes the frees of frames and addresses */
	return atomic_load_acquire(&deferred);
}

/* One more run in the batch; `lock` is held. */
static void batch_add(struct lazy_batch *b, vaddr_t va, u64 n, struct list *chunks,
		      struct pt_gather *g)
{
	if (!b->nr) {
		pt_gather_begin(&b->gather, &kpt, NULL, 0);
		list_init(&b->chunks);
	}
	pt_gather_move(&b->gather, g);
	list_splice_tail(&b->chunks, chunks);
	b->run[b->nr].va = va;
	b->run[b->nr++].pages = n;
	b->pages += n;
	atomic_fetch_add_relaxed(&deferred, n);
}

/* False: the batch has no room. */
static bool try_defer(vaddr_t va, u64 n, struct list *chunks, struct pt_gather *g, bool *full)
{
	u64 flags = spin_lock_irqsave(&lock);
	struct lazy_batch *b = filled;
	bool room = b->nr < RUNS_MAX;

	if (room)
		batch_add(b, va, n, chunks, g);
	*full = b->nr == RUNS_MAX || b->pages > vmalloc_lazy_max;
	spin_unlock_irqrestore(&lock, flags);
	return room;
}

void vmalloc_defer(vaddr_t va, u64 n, struct list *chunks)
{
	struct pt_gather g;
	bool full;

	vmalloc_clear(va, n, &g);
	while (!try_defer(va, n, chunks, &g, &full))
		vmalloc_purge(); /* another CPU filled it up before it purged */
	if (full)
		vmalloc_purge();
}

void vmalloc_unmap_lazy(vaddr_t va, u64 n)
{
	struct list none;

	list_init(&none);
	vmalloc_defer(va, n, &none);
}

/* The other batch is empty: `purging` is held. */
static struct lazy_batch *change_batches(void)
{
	u64 flags = spin_lock_irqsave(&lock);
	struct lazy_batch *b = filled;

	filled = &batches[b == &batches[0]];
	spin_unlock_irqrestore(&lock, flags);
	return b;
}

/* Frames and addresses are freed after the invalidation is complete on every CPU. */
static void finish(struct lazy_batch *b)
{
	u64 pages = b->pages;

	vmalloc_finish(&b->gather);
	vmalloc_free_chunks(&b->chunks);
	for (u32 i = 0; i < b->nr; i++)
		vmalloc_va_free(b->run[i].va, b->run[i].pages);
	b->nr = 0;
	b->pages = 0;
	/* release: pairs with vmalloc_lazy_pages() */
	atomic_fetch_sub_release(&deferred, pages);
}

bool vmalloc_purge(void)
{
	struct lazy_batch *b;

	if (!vmalloc_lazy_pages())
		return false;
	write_lock(&purging);
	b = change_batches();
	if (b->nr)
		finish(b);
	write_unlock(&purging);
	return true;
}
