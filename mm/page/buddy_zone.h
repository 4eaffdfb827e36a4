/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/page/buddy_zone.h - internals of the buddy, for mm/page/buddy*.c and mm/kernel/table.c only.
 *
 * A pool is the memory that one lock protects: a zone of a node.  ZONE_NORMAL has two, so that page
 * tables stay out of removable memory (S0-49) without a search of a list.
 */
#pragma once
#include <kern/lock.h>
#include <lib/atomic.h>
#include <mm/hotplug/memory_block.h>
#include <mm/pt/pt_tap.h>

enum pool_id {
	POOL_BOOT,   /* ZONE_NORMAL, boot memory */
	POOL_NORMAL, /* ZONE_NORMAL, hot-added */
	POOL_MOVABLE,
	POOL_DEVICE,
	POOL_NR,
};

struct pool {
	struct spinlock lock;
	u8 node, id;
	bool ready;  /* the list heads point to themselves */
	u64 free;    /* pages; atomic: stored under the lock, read without it */
	u64 managed; /* pages given and not taken */
	struct list lists[BUDDY_MAX_ORDER + 1];
};

extern struct pool pools[NODES_MAX][POOL_NR];
extern unsigned buddy_nodes; /* one more than the highest node that ever had memory */

/* The chunk window that no free chunk crosses: the unit of every walk over heads. */
#define BUDDY_WINDOW (1ul << BUDDY_MAX_ORDER)

struct pool *pool_of(pfn_t, const struct block *);
/* Both under the pool's lock.  take: a chunk of this order or NULL, off the lists, its flags not
 * yet written.  put: a chunk that becomes free, and is joined with free buddies. */
struct page *pool_take(struct pool *, unsigned order);
/* As many single pages, at most n: they begin at *first, and are those that n calls of
 * pool_take(z, 0) would take, in the same order.  Returns how many, 0 if the pool is empty. */
unsigned pool_take_singles(struct pool *, unsigned n, struct page **first);
void pool_put(struct pool *, struct page *, unsigned order);

/* `private` of the head of a free chunk of the largest order (mm/page/buddy_late.c); else it is 0.
 */
enum late_state { LATE = 1, LATE_BUSY };
void late_taken(struct page *head);
/* Under the pool's lock: windows of added memory are free and late from now on. */
void late_given(u64 windows);

/*
 * Under the pool's lock, before a chunk of the largest order that was on a list is split or handed
 * over: it has its struct pages when this returns.
 * Unshown (acquire): up to the release of the pool's lock struct pages of the window are only
 * stored to: MODEL.md control. Later loads are after that release and an acquire, except of `head`
 * of a page that is handed over while pages are poisoned, where no old value is the mark.
 * Unshown (fence): the pool's lock is held: MODEL.md control.
 */
static inline void late_settle(struct page *head)
{
	/* acquire: struct pages that another CPU wrote are read after this */
	if (atomic_load_acquire(&head->private))
		late_taken(head);
}

/* Under the pool's lock: put a chunk that has no free buddy on its list. */
static inline void list_chunk(struct pool *z, struct page *p, unsigned order)
{
	p->flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_FREE, order, z->node);
	list_add(&z->lists[order], &p->lru);
}

/*
 * Every allocation and every free of a frame is an event (mm/pt/pt_tap.h), reported outside the
 * pool's lock: an allocation after the frame was taken from its pool, a free before it is returned,
 * so no other CPU can get the frame meanwhile.
 */
void tap_frame(unsigned kind, const struct page *, unsigned order);

static inline void frame_event(unsigned kind, const struct page *p, unsigned order)
{
	if (pt_tapped())
		tap_frame(kind, p, order);
}

/* Return a chunk of any class to the pool; the caller has checked it and reported the event. */
void page_release(struct page *, unsigned order);
void page_release_bulk(struct page *const *, unsigned n);

/* The poison tap (mm/page/buddy_poison.c): pages are filled when freed, and checked when allocated
 * again. */
extern bool poison_used; /* a page was ever filled: marks may exist */
static inline bool poison_marks(void)
{
	return atomic_load_relaxed(&poison_used); /* a CPU that takes a page locks its pool */
}
void poison_fill(struct page *, unsigned order);
void poison_check(struct page *, unsigned order);
void poison_forget(struct page *, u64 nr);

/* A page was freed by the function of another class: an assertion that names both. */
NORETURN void wrong_class(const struct page *, const char *function, const char *wants);
