/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/acpi_memory/main.c - the page allocator of the program: naturally aligned chunks of
 * pages; each is freed once, with the order of its allocation.
 */
#include "pages.h"
#include <lib/assert.h>
#include <mm/kernel/layout.h>
#include <setjmp.h>
#include <string.h>

static struct pt_fmt format = { .page_shift = 12 };
static u8 memory[PAGES * PAGE] __attribute__((aligned(1 << 22)));
static struct page heads[PAGES];
static signed char orders[PAGES]; /* of the chunk that begins there; -1: none */
static unsigned next;
static jmp_buf ended;

unsigned page_allocs, pages_live;
bool no_pages, no_steps;
static bool misuse_awaited;

/* ---- functions that the files call ---- */
struct page *page_alloc_any(unsigned node, enum zone_id zone, unsigned order, const char *owner)
{
	unsigned at = (unsigned)align_up(next, 1ul << order);

	WANT(node == 0 && zone == ZONE_NORMAL && order <= BUDDY_MAX_ORDER &&
	     !strncmp(owner, "acpi", 4));
	page_allocs++;
	if (no_pages || (at + (1u << order)) * page_size() > sizeof(memory))
		return NULL;
	next = at + (1u << order);
	pages_live += 1u << order;
	orders[at] = (signed char)order;
	memset(memory + at * page_size(), 0xcc, 4);
	return &heads[at];
}

void page_free(struct page *p, unsigned order)
{
	unsigned at = (unsigned)(p - heads);

	WANT(at < PAGES && orders[at] == (signed char)order);
	orders[at] = -1;
	pages_live -= 1u << order;
}

bool osl_step(unsigned steps)
{
	WANT(steps == 1);
	return !no_steps;
}

void assert_failed(const char *file, int line, const char *what, u64 a, u64 b)
{
	WANT(misuse_awaited && strstr(file, "osl_memory.c"));
	longjmp(ended, 1);
}

/* ---- for the tests ---- */
void pages_begin(unsigned shift)
{
	format.page_shift = (u8)shift;
	next = 0;
	WANT(!pages_live);
	memset(orders, -1, sizeof(orders));
	page_allocs = pages_live = 0;
	no_pages = no_steps = false;
}

bool pages_hold(const void *p, u64 len)
{
	u64 at = (u64)((const u8 *)p - memory);

	for (u64 i = at / page_size(); at < sizeof(memory) && i < PAGES; i--) {
		if (orders[i] >= 0)
			return at + len <= (i + (1ul << orders[i])) * page_size();
		if (!i)
			break;
	}
	return false;
}

int pages_order(const void *p)
{
	u64 at = (u64)((const u8 *)p - memory);

	return at < sizeof(memory) && at % page_size() == 0 ? orders[at / page_size()] : -1;
}

paddr_t pages_pa(const void *p)
{
	return BASE + (u64)((const u8 *)p - memory);
}

bool asserts(void (*fn)(void *), void *arg)
{
	bool asserted = true;

	misuse_awaited = true;
	if (!setjmp(ended)) {
		fn(arg);
		asserted = false;
	}
	misuse_awaited = false;
	return asserted;
}

int main(void)
{
	layout.fmt = &format;
	layout.phys_base = BASE;
	layout.r[REGION_VMEMMAP].va = ptr_va(heads);
	layout.r[REGION_LINEAR].va = ptr_va(memory);
	memset(orders, -1, sizeof(orders));
	heap_tests();
	permission_tests();
	loader_tests();
	firmware_tests();
	printf("acpi_memory: %u not so\n", want_failed);
	return want_failed != 0;
}
