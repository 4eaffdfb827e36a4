/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/page/buddy.h - per-node, per-zone buddy allocator over struct pages.
 *
 * Chunks are 2^order pages, order <= BUDDY_MAX_ORDER, never across a memory block.  A page is
 * allocated with provenance PAGE_BUDDY (or PAGE_TABLE by table_alloc) and must be freed by the
 * function of its class: a wrong one is an assertion naming both (S0-36, S1-37).  Every zone of a
 * node has its own lock (ZONE_NORMAL two, for boot memory and for hot-added), taken with interrupts
 * off; all functions may be called from any CPU, with no lock of class zone or above held.
 */
#pragma once
#include <mm/page/page.h>

#define BUDDY_MAX_ORDER 10
#define NODES_MAX 8

enum zone_id { ZONE_NORMAL, ZONE_MOVABLE, ZONE_DEVICE, ZONE_NR };

const char *zone_name(enum zone_id);

/*
 * `owner`, a string that outlives the allocation, names the holder in refusals ("pinned by ...").
 * Contents are not cleared.  NULL when this node and zone have no such chunk; page_alloc_any tries
 * the other nodes in order of distance (|a - b|).  page_free takes the head and its order.
 */
struct page *page_alloc(unsigned node, enum zone_id, unsigned order, const char *owner);
struct page *page_alloc_any(unsigned node, enum zone_id, unsigned order, const char *owner);
void page_free(struct page *, unsigned order);
/* Split the allocated chunk of this page, which the caller owns, into allocated single pages of the
 * same owner, each to be freed alone. */
void page_split(pfn_t);
/* One page of the zone of lo, whose block is online, in [lo, hi); NULL: none is free.  Searches the
 * free chunks of the zone with its lock held. */
struct page *page_alloc_in(pfn_t lo, pfn_t hi, const char *owner);

/* Up to n chunks of 2^order pages at once, as page_alloc_any, with one lock for many; returns the
 * number.  The lock is held while the struct pages of late windows among them are written. */
unsigned page_alloc_bulk(unsigned node, enum zone_id, unsigned order, struct page **out, unsigned n,
			 const char *owner);
void page_free_bulk(struct page *const *,
		    unsigned n); /* single pages of one block, or all of boot memory of one node */

/* Give [pfn, pfn + nr) to a zone as free chunks: boot memory, or pages of neighbouring blocks that
 * are all `late` or none.  The pages are PAGE_TAIL of PAGE_BUDDY; those of whole windows of late
 * blocks are not written (mm/page/buddy_late.h).  The zone of each block is set before, because
 * page_free reads it. */
void buddy_give(pfn_t, u64 nr, unsigned node, enum zone_id);
/*
 * Take free chunks inside the range off the lists (state PAGE_ISOLATED).  The range is within one
 * block, whose `isolated` the caller has set before: pages freed into it from then on are isolated
 * too.  Returns pages isolated by this call.
 */
u64 buddy_isolate(pfn_t, u64 nr);
void buddy_unisolate(pfn_t, u64 nr); /* undo: isolated chunks return to the lists */
/* Cut the isolated chunk that crosses this page, so that one begins there; false: in use. */
bool buddy_cut(pfn_t);
/* Take isolated chunks out of the buddy: every page of the range is PAGE_TAIL again.  Asserts that
 * no page is in use. */
void buddy_take(pfn_t, u64 nr);

/* Counts are read without the locks: exact while no other CPU allocates or frees. */
u64 buddy_free_pages(unsigned node, enum zone_id);
u64 buddy_free_total(void);
u64 buddy_managed_pages(unsigned node, enum zone_id); /* given and not taken */
u64 buddy_longest_run(unsigned node, enum zone_id);   /* pages, of adjacent free chunks (S2-14) */
/* Check that lists, heads and counts agree and that no page is in two chunks.  0, or -EINVAL with
 * the first contradiction.  No other CPU allocates or frees meanwhile. */
int buddy_check(struct why *);

/* Page tables: PAGE_TABLE, ZONE_NORMAL of boot memory only (S0-49), zeroed; `node` first, then the
 * others by distance.  PA_NONE when none is left.  Bulk is fastest with pages sorted by node. */
paddr_t table_alloc(unsigned node);
paddr_t table_alloc_raw(unsigned node);                         /* the same, with any contents */
u32 table_alloc_list(unsigned node, u32 nr, struct pt_link **); /* raw; returns how many */
void table_free(paddr_t);
void table_free_bulk(struct page *const *, unsigned n);
u64 table_pages(void);                   /* in use */
void table_counts(u64 *ctor, u64 *dtor); /* S0-45 */
/* Fail the n-th table allocation from now (1 = next); 0 = never.  For failure tests. */
void table_fail_at(u64 n);

/* For tests: fill pages with a pattern when they are freed, and check it when they are reused,
 * which finds stores through stale translations. */
extern bool buddy_poison;
#define BUDDY_POISON 0x6b6b6b6b6b6b6b6bul
