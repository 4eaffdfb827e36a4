/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/movable/fake.h - fakes for mm/hotplug/movable*.c: four blocks of memory, addresses
 * of vmalloc, page leaves, and another CPU that stores to each movable page as long as the page is
 * mapped. Each fake checks the rules of its header for callers.
 */
#pragma once
#include <asserts.h>
#include <mm/hotplug/hotplug.h>
#include <mm/hotplug/movable_internal.h>

#define PAGE 4096ul
#define BLOCK 256u /* pages */
#define BLOCKS 4u
#define PAGES (BLOCK * BLOCKS)
#define FIRST (16ul * BLOCK) /* pfn: the blocks have the numbers 16 to 19 */
#define SLOTS 256u

/* Blocks: Normal and Movable of node 0, Movable of node 1, and one that is offline. */
enum { NORMAL, MOVABLE, MOVABLE_1, OFFLINE };

struct slot { /* an address of vmalloc and its page leaf */
	bool taken, mapped;
	unsigned prot;
	u64 page;           /* index */
	bool broken, stale; /* the leaf is cleared; a TLB holds it still */
	u64 stores, last;   /* of the other CPU; what the frame's last word held */
};

struct fake {
	bool locked;
	unsigned locks, first, inside; /* vmalloc_enter_first(), vmalloc_enter() */
	bool va_full, no_table, keeps_table;
	bool gathers, flushed, barrier;
	unsigned flushes, open; /* invalidations; windows */
	unsigned homeless;      /* page_alloc_bulk() gives no more than this many */
	void (*other)(void);    /* another CPU, which takes the lock first, once */
};
extern struct fake fake;
extern struct slot slots[SLOTS];
extern struct page fake_pages[];

void fake_begin(void);
void fake_end(void); /* nothing is held, open or owed */
struct page *fake_page(unsigned block, unsigned nr);
struct slot *fake_slot(vaddr_t);
void fake_store(struct slot *);     /* another CPU, through the address */
u64 fake_word(const struct page *); /* the first of the page, and the last */
u64 fake_last(const struct page *);
bool fake_synced(const struct page *); /* since its last store; asks once */
/* Pages of a block that are neither free nor used: page `nr` becomes a head. */
void fake_use(unsigned block, unsigned nr, unsigned state, unsigned order, const char *owner);
unsigned fake_used(unsigned block);

void evacuate_tests(void);

/* WANT_DEATH() inside the lock, which is not unlocked then. */
#define FAKE_DEATH(statement)                                                                      \
	do {                                                                                       \
		WANT_DEATH(statement);                                                             \
		fake.locked = false;                                                               \
		fake.first = 0;                                                                    \
	} while (0)
