/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/buddy_zone.h - the inside of the buddy, for mm/buddy*.c and mm/table.c only.
 *
 * A pool is what one lock protects: a zone of a node, ZONE_NORMAL being two, so that page tables
 * can be kept out of memory that may leave again (S0-49) without searching a list.
 */
#pragma once
#include <kern/lock.h>
#include <mm/block.h>
#include <mm/pt_tap.h>

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
	u64 free;    /* pages */
	u64 managed; /* pages given and not taken */
	struct list lists[BUDDY_MAX_ORDER + 1];
};

extern struct pool pools[NODES_MAX][POOL_NR];
extern unsigned buddy_nodes; /* one more than the highest node that ever had memory */

/* The chunk window that no free chunk crosses: the unit of every walk over heads. */
#define BUDDY_WINDOW (1ull << BUDDY_MAX_ORDER)

struct pool *pool_of(pfn_t, const struct block *);
/* All under the pool's lock. */
struct page *pool_take(struct pool *, unsigned order);
void pool_put(struct pool *, struct page *, unsigned order);
/* Pages from this head (or lone page) to the next one. */
u64 page_step(const struct page *);

/*
 * Every frame that is allocated and every one that is freed is an event (mm/pt_tap.h), told outside
 * the pool's lock: of an allocated one after it left its pool, of a freed one before it is back, so
 * nobody else can have it meanwhile.
 */
void frame_told(unsigned kind, const struct page *, unsigned order);

static inline void frame_event(unsigned kind, const struct page *p, unsigned order)
{
	if (pt_tapped())
		frame_told(kind, p, order);
}

/* Back to the pool, whatever class it had; the event was told. */
void page_release(struct page *, unsigned order);
void page_release_bulk(struct page *const *, unsigned n);

/* The poison tap (mm/buddy_poison.c): filled when freed, checked when it leaves again. */
extern bool poison_used; /* a page was ever filled: marks may be there */
void poison_fill(struct page *, unsigned order);
void poison_check(struct page *, unsigned order);
void poison_forget(struct page *, u64 nr);

/* A page came back by the function of another class: names both and stops. */
NORETURN void wrong_class(const struct page *, const char *function, const char *wants);
