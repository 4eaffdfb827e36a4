/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/memory/machine.c - the machine in this process; see memory.h. */
#include "memory.h"
#include <kern/trap.h>
#include <lib/assert.h>
#include <mm/page/buddy_zone.h>
#include <mm/page/region.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Alignas(4096) char ram[RAM_BYTES];
static struct page pages[RAM_PAGES];
static struct block blocks[BLOCKS];

char machine_said[128];

void assert_failed(const char *file, int line, const char *what, u64 a, u64 b)
{
	fprintf(stderr, "# asserts: %s (0x%lx, 0x%lx)\n", what, a, b);
	snprintf(machine_said, sizeof(machine_said), "%s", what);
	mock_assert(0, what, file, line);
	abort();
}

/* ---- kern/lock.h: one thread, so a lock taken twice or never released is detected ---- */
static const struct spinlock *held;
u64 machine_locks, machine_pauses;
void (*machine_on_unlock)(void);

u64 spin_lock_irqsave(struct spinlock *l)
{
	assert_null(held);
	assert_int_equal(l->class, LOCK_ZONE);
	held = l;
	machine_locks++;
	return 0;
}

void spin_unlock_irqrestore(struct spinlock *l, u64 flags)
{
	(void)flags;
	assert_ptr_equal(held, l);
	if (machine_on_unlock)
		machine_on_unlock();
	held = NULL;
}

/* One CPU never waits for another, but where a test plays that one. */
void (*machine_on_serve)(void);

void cpu_serve(void)
{
	if (machine_on_serve)
		machine_on_serve();
}

void cpu_pause(struct cpu_pause *p)
{
	(void)p;
	machine_pauses++;
}

bool watchdog_expired(struct cpu_pause *p)
{
	(void)p;
	return !machine_on_serve;
}

void machine_unlock(void)
{
	held = NULL;
}

struct block *block_find(pfn_t pfn)
{
	u64 i = (pfn - RAM_PFN) / block_pages();

	return pfn >= RAM_PFN && i < BLOCKS ? &blocks[i] : NULL;
}

struct block *machine_block(u64 i)
{
	return &blocks[i];
}

static void new_layout(void)
{
	assert_int_equal(layout_init(pt_fmt_find("riscv-sv48"), false, RAM_PA, 0, NULL), 0);
	layout.block_bytes = BLOCK_BYTES;
	layout.r[REGION_LINEAR].va = ptr_va(ram);
	layout.r[REGION_VMEMMAP].va = ptr_va(pages);
}

void machine_new(void)
{
	new_layout();
	memset(pools, 0, sizeof(pools));
	buddy_nodes = 0;
	memset(pages, 0, sizeof(pages));
	for (u64 i = 0; i < RAM_PAGES; i++)
		pages[i].flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_TAIL, 0, 0);
	for (u64 i = 0; i < BLOCKS; i++)
		blocks[i] = (struct block) { .state = BLOCK_ONLINE,
					     .boot = true,
					     .first_pfn = RAM_PFN + i * block_pages() };
	region_reset();
	assert_int_equal(region_add(RAM_PA, RAM_BYTES, MEM_RAM, 0, NULL), 0);
	buddy_poison = poison_used = false;
	table_fail_at(0);
}

u64 machine_seed(void)
{
	const char *text = getenv("SEED");
	u64 seed = text ? strtoull(text, NULL, 0) : 0x5eed;

	printf("# seed 0x%lx\n", seed);
	return seed;
}

int main(void)
{
	int failed = run_region_tests();

	failed += run_cut_tests();
	failed += run_buddy_tests();
	failed += run_check_tests();
	failed += run_batch_tests();
	failed += run_late_tests();
	failed += run_table_tests();
	failed += run_single_tests();
	failed += run_layout_tests();
	return failed != 0;
}
