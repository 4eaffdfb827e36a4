/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/movable/played.c - see played.h: pages, locks and addresses. */
#include "played.h"
#include <mm/vmalloc/vmalloc.h>
#include <stdlib.h>

#define VMALLOC 0xffff200000000000ul
#define FLAGS 0x5a5aul

struct played played;
struct slot slots[SLOTS];
struct page played_pages[PAGES];
static u64 memory[PAGES][PAGE / 8];
static struct block blocks[BLOCKS];
bool (*hotplug_cancelled)(void);

void played_begin(void)
{
	static const struct pt_fmt fmt = { .page_shift = 12 };

	memset(&played, 0, sizeof(played));
	memset(slots, 0, sizeof(slots));
	memset(played_pages, 0, sizeof(played_pages));
	hotplug_cancelled = NULL;
	played.homeless = PAGES;
	layout.fmt = &fmt;
	layout.phys_base = FIRST * PAGE;
	layout.block_bytes = BLOCK * PAGE;
	layout.r[REGION_LINEAR].va = ptr_va(memory);
	layout.r[REGION_VMEMMAP].va = ptr_va(played_pages);
	for (unsigned i = 0; i < BLOCKS; i++)
		blocks[i] = (struct block) { .state = i == OFFLINE ? BLOCK_OFFLINE : BLOCK_ONLINE,
					     .node = i == MOVABLE_1,
					     .zone = i == NORMAL ? ZONE_NORMAL : ZONE_MOVABLE };
	for (unsigned i = 0; i < PAGES; i++)
		played_pages[i].flags =
			PAGE_FLAGS(PAGE_BUDDY, PAGE_FREE, 0, blocks[i / BLOCK].node);
	for (u64 i = 0; i < PAGES; i++) { /* each frame holds something else */
		memory[i][0] = (i + 1) << 32;
		memory[i][PAGE / 8 - 1] = ~i;
	}
}

void played_end(void)
{
	WANT(!played.locked && !played.first && !played.inside);
	WANT(!played.gathers && !played.open);
}

struct page *played_page(unsigned block, unsigned nr)
{
	return &played_pages[block * BLOCK + nr];
}

u64 played_word(const struct page *p)
{
	return memory[p - played_pages][0];
}

u64 played_last(const struct page *p)
{
	return memory[p - played_pages][PAGE / 8 - 1];
}

void played_use(unsigned block, unsigned nr, unsigned state, unsigned order, const char *owner)
{
	struct page *p = played_page(block, nr);

	for (unsigned i = 1; i < 1u << order; i++) /* no field of theirs has a meaning */
		p[i] = (struct page) { .flags = PAGE_FLAGS(0, PAGE_TAIL, 3, page_node(p)),
				       .private = 8 };
	p->flags = PAGE_FLAGS(PAGE_BUDDY, state, order, page_node(p));
	p->owner = owner;
	p->refcount = state == PAGE_USED;
}

unsigned played_used(unsigned block)
{
	unsigned n = 0;

	for (unsigned i = 0; i < BLOCK; i++)
		n += page_state(played_page(block, i)) == PAGE_USED;
	return n;
}

/* ---- the lock ---- */
u64 spin_lock_irqsave(struct spinlock *lock)
{
	void (*other)(void) = played.other;

	played.other = NULL;
	if (other)
		other();
	WANT(lock == &movable_lock && lock->class == LOCK_MOVABLE && !played.locked);
	if (played.locked || ++played.locks > 1000) {
		printf("# FAIL: the lock is taken again and again\n");
		exit(1);
	}
	played.locked = true;
	return FLAGS;
}

void spin_unlock_irqrestore(struct spinlock *lock, u64 flags)
{
	WANT(lock == &movable_lock && played.locked && flags == FLAGS);
	WANT(!played.open && !played.gathers && !played.inside);
	played.locked = false;
}

/* The hotplug lock, which comes first in the order. */
void vmalloc_enter_first(void)
{
	WANT(!played.locked && !played.first);
	played.first++;
}

void vmalloc_leave_first(void)
{
	WANT(!played.locked && played.first == 1);
	played.first = 0;
}

/* ---- pages ---- */
struct block *block_find(pfn_t pfn)
{
	return pfn >= FIRST && pfn < FIRST + PAGES ? &blocks[(pfn - FIRST) / BLOCK] : NULL;
}

static struct page *take(unsigned block, unsigned lo, unsigned hi, const char *owner)
{
	for (unsigned i = lo; i < hi; i++)
		if (page_state(played_page(block, i)) == PAGE_FREE) {
			played_use(block, i, PAGE_USED, 0, owner);
			return played_page(block, i);
		}
	return NULL;
}

struct page *page_alloc(unsigned node, enum zone_id zone, unsigned order, const char *owner)
{
	WANT(node < 2 && zone == ZONE_MOVABLE && !order && played.locked);
	return take(node ? MOVABLE_1 : MOVABLE, 0, BLOCK, owner);
}

struct page *page_alloc_in(pfn_t lo, pfn_t hi, const char *owner)
{
	unsigned block = (unsigned)((lo - FIRST) / BLOCK);

	WANT(lo < hi && hi <= FIRST + (block + 1) * BLOCK && blocks[block].zone == ZONE_MOVABLE);
	WANT(played.locked);
	return take(block, (unsigned)((lo - FIRST) % BLOCK), (unsigned)(hi - FIRST - block * BLOCK),
		    owner);
}

unsigned page_alloc_bulk(unsigned node, enum zone_id zone, struct page **out, unsigned n,
			 const char *owner)
{
	static const unsigned order[][2] = { { MOVABLE, MOVABLE_1 }, { MOVABLE_1, MOVABLE } };
	unsigned got = 0;

	WANT(played.locked && node < 2 && !owner && zone < ZONE_DEVICE);
	for (unsigned at = 0; at < 2; at++) {
		unsigned block = zone == ZONE_NORMAL ? NORMAL : order[node][at];

		while (got < n && played.homeless && (out[got] = take(block, 0, BLOCK, NULL))) {
			got++;
			played.homeless--;
		}
	}
	return got;
}

/* It is nobody's any more: neither mapped nor some struct's. */
static void is_free(struct page *p)
{
	WANT(played.locked && page_state(p) == PAGE_USED && !page_order(p) && p->refcount == 1);
	for (unsigned i = 0; i < SLOTS; i++)
		WANT(!slots[i].mapped || slots[i].broken || &played_pages[slots[i].page] != p);
	p->owner = NULL;
	p->flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_FREE, 0, page_node(p));
}

void page_free(struct page *p, unsigned order)
{
	WANT(!order);
	is_free(p);
}

void page_free_bulk(struct page *const *p, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		WANT(!p[i]->private &&
		     block_find(page_to_pfn(p[i])) == block_find(page_to_pfn(p[0])));
		is_free(p[i]);
		/* the allocator gives back what came of it isolated */
		p[i]->flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_ISOLATED, 0, page_node(p[i]));
	}
}

/* ---- addresses ---- */
struct slot *played_slot(vaddr_t va)
{
	u64 i = (va - VMALLOC) / (2 * PAGE);

	WANT(va % PAGE == 0 && i < SLOTS && slots[i].taken);
	return &slots[i % SLOTS];
}

vaddr_t vmalloc_va_alloc(u64 pages)
{
	WANT(pages == 1 && played.locked && played.first);
	for (unsigned i = 0; i < SLOTS && !played.va_full; i++)
		if (!slots[i].taken) {
			slots[i] = (struct slot) { .taken = true };
			return VMALLOC + i * 2 * PAGE;
		}
	return 0;
}

void vmalloc_va_free(vaddr_t va, u64 pages)
{
	struct slot *s = played_slot(va);

	WANT(pages == 1 && !s->mapped);
	s->taken = false;
}

void vmalloc_enter(void)
{
	WANT(played.first);
	played.inside++;
}

void vmalloc_leave(void)
{
	WANT(played.first && played.inside);
	played.inside--;
}

int vmalloc_map(vaddr_t va, const paddr_t *pa, u64 n, enum pt_prot prot)
{
	struct slot *s = played_slot(va);

	WANT(n == 1 && !s->mapped && played.locked && played.first);
	if (played.no_table)
		return -ENOMEM;
	*s = (struct slot) { .taken = true, .mapped = true, .prot = prot };
	s->page = *pa / PAGE - FIRST;
	s->stores = memory[s->page][0];
	s->last = memory[s->page][PAGE / 8 - 1];
	return 0;
}

void vmalloc_unmap(vaddr_t va, u64 n)
{
	struct slot *s = played_slot(va);

	WANT(n == 1 && s->mapped && played.locked && played.first);
	WANT(played.inside == played.keeps_table);
	s->mapped = false;
}

void played_store(struct slot *s)
{
	WANT(s->mapped);
	if (s->mapped && s->prot & PT_W && (!s->broken || s->stale))
		memory[s->page][0] = ++s->stores;
}
