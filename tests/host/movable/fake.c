/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/movable/fake.c - see fake.h: pages, locks and addresses. */
#include "fake.h"
#include <mm/vmalloc/vmalloc.h>
#include <stdlib.h>

#define VMALLOC 0xffff200000000000ul
#define FLAGS 0x5a5aul

struct fake fake;
struct slot slots[SLOTS];
struct page fake_pages[PAGES];
static u64 memory[PAGES][PAGE / 8];
static struct block blocks[BLOCKS];
bool (*hotplug_cancelled)(void);

void fake_begin(void)
{
	static const struct pt_fmt fmt = { .page_shift = 12 };

	memset(&fake, 0, sizeof(fake));
	memset(slots, 0, sizeof(slots));
	memset(fake_pages, 0, sizeof(fake_pages));
	hotplug_cancelled = NULL;
	fake.homeless = PAGES;
	layout.fmt = &fmt;
	layout.phys_base = FIRST * PAGE;
	layout.block_bytes = BLOCK * PAGE;
	layout.r[REGION_LINEAR].va = ptr_va(memory);
	layout.r[REGION_VMEMMAP].va = ptr_va(fake_pages);
	for (unsigned i = 0; i < BLOCKS; i++)
		blocks[i] = (struct block) { .state = i == OFFLINE ? BLOCK_OFFLINE : BLOCK_ONLINE,
					     .node = i == MOVABLE_1,
					     .zone = i == NORMAL ? ZONE_NORMAL : ZONE_MOVABLE };
	for (unsigned i = 0; i < PAGES; i++)
		fake_pages[i].flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_FREE, 0, blocks[i / BLOCK].node);
	for (u64 i = 0; i < PAGES; i++) { /* each frame holds something else */
		memory[i][0] = (i + 1) << 32;
		memory[i][PAGE / 8 - 1] = ~i;
	}
}

void fake_end(void)
{
	WANT(!fake.locked && !fake.first && !fake.inside);
	WANT(!fake.gathers && !fake.open);
}

struct page *fake_page(unsigned block, unsigned nr)
{
	return &fake_pages[block * BLOCK + nr];
}

u64 fake_word(const struct page *p)
{
	return memory[p - fake_pages][0];
}

u64 fake_last(const struct page *p)
{
	return memory[p - fake_pages][PAGE / 8 - 1];
}

void fake_use(unsigned block, unsigned nr, unsigned state, unsigned order, const char *owner)
{
	struct page *p = fake_page(block, nr);

	for (unsigned i = 1; i < 1u << order; i++) /* no field of theirs has a meaning */
		p[i] = (struct page) { .flags = PAGE_FLAGS(0, PAGE_TAIL, 3, page_node(p)),
				       .private = 8 };
	p->flags = PAGE_FLAGS(PAGE_BUDDY, state, order, page_node(p));
	p->owner = owner;
	p->refcount = state == PAGE_USED;
}

unsigned fake_used(unsigned block)
{
	unsigned n = 0;

	for (unsigned i = 0; i < BLOCK; i++)
		n += page_state(fake_page(block, i)) == PAGE_USED;
	return n;
}

/* ---- the lock ---- */
u64 spin_lock_irqsave(struct spinlock *lock)
{
	void (*other)(void) = fake.other;

	fake.other = NULL;
	if (other)
		other();
	WANT(lock == &movable_lock && lock->class == LOCK_MOVABLE && !fake.locked);
	if (fake.locked || ++fake.locks > 1000) {
		printf("# FAIL: the lock is taken again and again\n");
		exit(1);
	}
	fake.locked = true;
	return FLAGS;
}

void spin_unlock_irqrestore(struct spinlock *lock, u64 flags)
{
	WANT(lock == &movable_lock && fake.locked && flags == FLAGS);
	WANT(!fake.open && !fake.gathers && !fake.inside);
	fake.locked = false;
}

/* The hotplug lock, the first in the order. */
void vmalloc_enter_first(void)
{
	WANT(!fake.locked && !fake.first);
	fake.first++;
}

void vmalloc_leave_first(void)
{
	WANT(!fake.locked && fake.first == 1);
	fake.first = 0;
}

/* ---- pages ---- */
struct block *block_find(pfn_t pfn)
{
	return pfn >= FIRST && pfn < FIRST + PAGES ? &blocks[(pfn - FIRST) / BLOCK] : NULL;
}

static struct page *take(unsigned block, unsigned lo, unsigned hi, const char *owner)
{
	for (unsigned i = lo; i < hi; i++)
		if (page_state(fake_page(block, i)) == PAGE_FREE) {
			fake_use(block, i, PAGE_USED, 0, owner);
			return fake_page(block, i);
		}
	return NULL;
}

struct page *page_alloc(unsigned node, enum zone_id zone, unsigned order, const char *owner)
{
	WANT(node < 2 && zone == ZONE_MOVABLE && !order && fake.locked);
	return take(node ? MOVABLE_1 : MOVABLE, 0, BLOCK, owner);
}

struct page *page_alloc_in(pfn_t lo, pfn_t hi, const char *owner)
{
	unsigned block = (unsigned)((lo - FIRST) / BLOCK);

	WANT(lo < hi && hi <= FIRST + (block + 1) * BLOCK && blocks[block].zone == ZONE_MOVABLE);
	WANT(fake.locked);
	return take(block, (unsigned)((lo - FIRST) % BLOCK), (unsigned)(hi - FIRST - block * BLOCK),
		    owner);
}

unsigned page_alloc_bulk(unsigned node, enum zone_id zone, unsigned order, struct page **out,
			 unsigned n, const char *owner)
{
	static const unsigned near[][2] = { { MOVABLE, MOVABLE_1 }, { MOVABLE_1, MOVABLE } };
	unsigned got = 0;

	WANT(fake.locked && node < 2 && !order && !owner && zone < ZONE_DEVICE);
	for (unsigned at = 0; at < 2; at++) {
		unsigned block = zone == ZONE_NORMAL ? NORMAL : near[node][at];

		while (got < n && fake.homeless && (out[got] = take(block, 0, BLOCK, NULL))) {
			got++;
			fake.homeless--;
		}
	}
	return got;
}

/* It has no user any more: it is neither mapped nor in a structure. */
static void is_free(struct page *p)
{
	WANT(fake.locked && page_state(p) == PAGE_USED && !page_order(p) && p->refcount == 1);
	for (unsigned i = 0; i < SLOTS; i++)
		WANT(!slots[i].mapped || slots[i].broken || &fake_pages[slots[i].page] != p);
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
		/* the allocator frees pages of an isolated block as isolated ones */
		p[i]->flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_ISOLATED, 0, page_node(p[i]));
	}
}

/* ---- addresses ---- */
struct slot *fake_slot(vaddr_t va)
{
	u64 i = (va - VMALLOC) / (2 * PAGE);

	WANT(va % PAGE == 0 && i < SLOTS && slots[i].taken);
	return &slots[i % SLOTS];
}

vaddr_t vmalloc_va_alloc(u64 pages)
{
	WANT(pages == 1 && fake.locked && fake.first);
	for (unsigned i = 0; i < SLOTS && !fake.va_full; i++)
		if (!slots[i].taken) {
			slots[i] = (struct slot) { .taken = true };
			return VMALLOC + i * 2 * PAGE;
		}
	return 0;
}

void vmalloc_va_free(vaddr_t va, u64 pages)
{
	struct slot *s = fake_slot(va);

	WANT(pages == 1 && !s->mapped);
	s->taken = false;
}

void vmalloc_enter(void)
{
	WANT(fake.first);
	fake.inside++;
}

void vmalloc_leave(void)
{
	WANT(fake.first && fake.inside);
	fake.inside--;
}

int vmalloc_map(vaddr_t va, const paddr_t *pa, u64 n, enum pt_prot prot)
{
	struct slot *s = fake_slot(va);

	WANT(n == 1 && !s->mapped && fake.locked && fake.first);
	if (fake.no_table)
		return -ENOMEM;
	*s = (struct slot) { .taken = true, .mapped = true, .prot = prot };
	s->page = *pa / PAGE - FIRST;
	s->stores = memory[s->page][0];
	s->last = memory[s->page][PAGE / 8 - 1];
	return 0;
}

void vmalloc_unmap(vaddr_t va, u64 n)
{
	struct slot *s = fake_slot(va);

	WANT(n == 1 && s->mapped && fake.locked && fake.first);
	WANT(fake.inside == fake.keeps_table);
	s->mapped = false;
}

void fake_store(struct slot *s)
{
	WANT(s->mapped);
	if (s->mapped && s->prot & PT_W && (!s->broken || s->stale))
		memory[s->page][0] = ++s->stores;
}
