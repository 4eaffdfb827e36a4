/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S4-14: CPUs edit pages through one slot of kernel addresses, as the patch of mailing-list thread
 * S4 edits the new root.  Each CPU maps a page of its own there, writes and unmaps.
 */
#include <kern/lock.h>
#include <kern/probe.h>
#include <lib/atomic.h>
#include <lib/string.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/util.h>

#define USES 40
#define WORDS 64

static struct spinlock slot_lock = SPINLOCK_INIT(LOCK_MOVABLE, "fixmap slot");

static struct {
	vaddr_t va;
	struct page *page[CPUS_MAX];
	u64 refused[CPUS_MAX];
	u32 inside, together; /* atomic: CPUs in the slot; how often another CPU was there too */
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

/* Count the words of a page whose last writer was not its CPU. */
static unsigned foreign_words(unsigned cpu)
{
	const u64 *words = page_ptr(slot.page[cpu]);
	unsigned n = 0;

	for (u64 i = 0; i < USES; i++)
		n += words[i] != ((u64)cpu << 32 | i);
	return n;
}

TEST(pgd, fixmap_exclusive,
     .claim = "CPUs that edit pages through one slot, one at a time, write only to their own page",
     .rows = "S4-14", .could = COULD_YES /* the written pages show it */)
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

struct slot_store {
	u64 word;
	int fault;
};

/* Called on a CPU that may have two translations of the slot.  A TLB conflict abort is a legal
 * result (D8.17.1), so the store is a probe. */
static void store_word(void *arg)
{
	struct slot_store *s = arg;

	s->fault = probe_store64(slot.va + s->word * sizeof(u64), s->word + 1);
}

static bool fixmap_set(unsigned nr)
{
	paddr_t pa = page_pa(slot.page[nr]);

	return !vmalloc_map(slot.va, &pa, 1, PT_R | PT_W | PT_GLOBAL);
}

/* The other CPU uses the slot for the first page, then for the second without an invalidation. */
static void store_twice(struct test_run *t, struct slot_store *last)
{
	cpumask_t other = other_cpus() & -other_cpus();

	CHECK(t, fixmap_set(0));
	*last = (struct slot_store) { 0 };
	cpu_run(other, store_word, last);
	CHECK_EQ(t, last->fault, 0);
	omit_begin(OMIT_ALL);
	vmalloc_unmap(slot.va, 1);
	omit_end();
	CHECK(t, fixmap_set(1));
	*last = (struct slot_store) { .word = 1 };
	cpu_run(other, store_word, last);
	omit_flush();
	vmalloc_unmap(slot.va, 1);
}

TEST(pgd, fixmap_twin, .mutes_sanitizer = true,
     .claim = "without an invalidation between two uses of the slot, a CPU whose TLB has the entry "
	      "of the first faults, or writes to the first page",
     .rows = "S4-14", .rev = 2, .needs = NEED_LEAF_TLB | NEED_SMP)
{
	/* Buddies, so that an address that mixes bits of both translations (D8.17.1) is in one of
	 * the two. */
	struct page *pair = page_alloc_any(0, ZONE_NORMAL, 1, "slot");
	const u64 *first, *second;
	struct slot_store last;

	slot.va = vmalloc_va_alloc(1);
	if (CHECK(t, pair && slot.va)) {
		slot.page[0] = pair;
		slot.page[1] = pair + 1;
		first = page_ptr(slot.page[0]);
		second = page_ptr(slot.page[1]);
		memset(page_ptr(pair), 0, 2 * page_size());
		store_twice(t, &last);
		CHECK_EQ(t, first[0], 1);
		CHECK_EQ(t, (last.fault != 0) + (first[1] == 2) + (second[1] == 2), 1);
		omit_stale(t, second[1] != 2, 1);
		test_key(t, "fault=%d", last.fault);
	}
	if (slot.va)
		vmalloc_va_free(slot.va, 1);
	if (pair)
		page_free(pair, 1);
}
