/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S4-14: pages are edited through one slot of kernel addresses, as the letter's patch edits the new
 * root.  Each CPU maps a page of its own there, writes and unmaps.
 */
#include <kern/lock.h>
#include <lib/atomic.h>
#include <lib/string.h>
#include <mm/vmalloc.h>
#include <tests/harness/util.h>

#define USES 40
#define WORDS 64

static struct spinlock slot_lock = SPINLOCK_INIT(LOCK_MOVABLE, "fixmap slot");

static struct {
	vaddr_t va;
	struct page *page[CPUS_MAX];
	u64 refused[CPUS_MAX];
	u32 inside, together; /* atomic: CPUs in the slot, and how often another was there */
} slot;

static void slot_write(struct page *page, u64 word, u64 value)
{
	paddr_t pa = page_pa(page);

	if (vmalloc_map(slot.va, &pa, 1, PT_R | PT_W | PT_GLOBAL)) {
		slot.refused[this_cpu()->nr]++;
		return;
	}
	((volatile u64 *)va_ptr(slot.va))[word] = value;
	vmalloc_unmap(slot.va, 1);
}

static void edit_own_page(void *arg)
{
	unsigned cpu = this_cpu()->nr;

	(void)arg;
	for (u64 i = 0; i < USES; i++) {
		u64 flags;

		vmalloc_enter_first();
		flags = spin_lock_irqsave(&slot_lock);
		if (atomic_fetch_add_relaxed(&slot.inside, 1))
			atomic_fetch_add_relaxed(&slot.together, 1);
		slot_write(slot.page[cpu], i % WORDS, (u64)cpu << 32 | i);
		atomic_fetch_sub_relaxed(&slot.inside, 1);
		spin_unlock_irqrestore(&slot_lock, flags);
		vmalloc_leave_first();
	}
}

static void slot_put(void)
{
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (slot.page[c])
			page_free(slot.page[c], 0);
	vmalloc_va_free(slot.va, 1);
}

static bool slot_get(struct test_run *t, cpumask_t cpus)
{
	slot.inside = slot.together = 0;
	slot.va = vmalloc_va_alloc(1);
	for (unsigned c = 0; c < CPUS_MAX; c++) {
		slot.refused[c] = 0;
		slot.page[c] = cpus & cpu_bit(c) ? page_alloc_any(0, ZONE_NORMAL, 0, "slot") : NULL;
		if (cpus & cpu_bit(c) && !CHECK(t, slot.page[c] && slot.va)) {
			slot_put();
			return false;
		}
		if (slot.page[c])
			memset(page_ptr(slot.page[c]), 0, page_size());
	}
	return true;
}

/* Words of a page that its CPU did not write last. */
static unsigned foreign_words(unsigned cpu)
{
	const u64 *words = page_ptr(slot.page[cpu]);
	unsigned n = 0;

	for (u64 i = 0; i < USES; i++)
		n += words[i] != ((u64)cpu << 32 | i);
	return n;
}

TEST(pgd, fixmap_exclusive,
     .claim = "CPUs that edit pages through one slot, one at a time, write to their own page alone",
     .rows = "S4-14", .could = COULD_YES /* the page that is written shows it */)
{
	unsigned foreign = 0;

	if (!slot_get(t, cpus_online()))
		return;
	cpu_run(cpus_online(), edit_own_page, NULL);
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (slot.page[c]) {
			foreign += foreign_words(c);
			CHECK_EQ(t, slot.refused[c], 0);
		}
	CHECK_EQ(t, foreign, 0);
	CHECK_EQ(t, slot.together, 0);
	slot_put();
}

/* ---- without the invalidation ---- */

static void write_word(void *arg)
{
	const u64 *word = arg;

	((volatile u64 *)va_ptr(slot.va))[*word] = *word + 1;
}

static bool fixmap_set(unsigned nr)
{
	paddr_t pa = page_pa(slot.page[nr]);

	return !vmalloc_map(slot.va, &pa, 1, PT_R | PT_W | PT_GLOBAL);
}

TEST(pgd, fixmap_twin, .mistakes = true,
     .claim =
	     "where the slot is not invalidated between two uses, a CPU that used it writes to the "
	     "page of the first",
     .rows = "S4-14", .needs = NEED_LEAF_TLB | NEED_SMP)
{
	cpumask_t others = other_cpus();
	cpumask_t other = others & -others;
	const u64 *first, *second;
	u64 word = 0;

	if (!slot_get(t, cpu_bit(0) | cpu_bit(1)))
		return;
	first = page_ptr(slot.page[0]);
	second = page_ptr(slot.page[1]);
	CHECK(t, fixmap_set(0));
	cpu_run(other, write_word, &word);
	tlb_omit = true;
	vmalloc_unmap(slot.va, 1);
	tlb_omit = false;
	CHECK(t, fixmap_set(1));
	word = 1;
	cpu_run(other, write_word, &word);
	vmalloc_unmap(slot.va, 1);
	CHECK_EQ(t, first[0], 1);
	CHECK_EQ(t, first[1], 2);
	CHECK_EQ(t, second[1], 0);
	slot_put();
}
