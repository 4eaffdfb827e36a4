/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/live/break_window.c - windows in which addresses are invalid for a moment.
 *
 * The fault path takes no lock: it may have interrupted anything.  A CPU may read the slots long
 * after it faulted: by then its window may be closed, the slot may serve another range, or the
 * range may have another slot.  So only an open window counts.  Without one the CPU reads from the
 * tree whether the page is mapped again, and relies on that only if no window was opened meanwhile.
 */
#include <arch/arch.h>
#include <kern/cpu.h>
#include <kern/hooks.h>
#include <kern/probe.h>
#include <lib/assert.h>
#include <lib/atomic.h>
#include <mm/live/break_window.h>
#include <mm/pt/pt.h>

struct window {
	vaddr_t va;
	u64 len;
	u32 owner;      /* CPU number */
	u32 generation; /* odd: open */
};

static struct window windows[BREAK_SLOTS];
static u64 faults;
static u64 opened, ranges_opened; /* windows so far; of them ranges */

/* The last access that a CPU retried without a window: a second fault at that address has another
 * cause. */
static struct {
	vaddr_t va;
	u64 opened;
	u64 ranges_opened;
} retried[CPUS_MAX];

/*
 * Unshown (release fence): both callers execute a full fence after it, before an entry is cleared.
 * A CPU that faults for another reason waits or retries once more.
 * Unshown (r-before): MODEL.md fence-release.
 */
static void window_open(struct window *w, vaddr_t va, u64 len, u32 owner)
{
	atomic_store_relaxed(&w->va, va);
	atomic_store_relaxed(&w->len, len);
	atomic_store_relaxed(&w->owner, owner);
	/* The range before the odd generation that publishes it. */
	atomic_store_release(&w->generation, w->generation + 1);
}

/* Unshown (r-before): MODEL.md fence-release. */
static void window_close(struct window *w)
{
	/* The new entry and the data in its frame before the window is observed closed. */
	atomic_store_release(&w->generation, w->generation + 1);
}

void break_window_open(vaddr_t va, u64 len)
{
	struct window *w = &windows[BREAK_RANGE];

	ASSERT(!arch_irqs_on()); /* a handler that faulted here would wait for this CPU */
	ASSERT(!(w->generation & 1));
	atomic_fetch_add_relaxed(&ranges_opened, 1);
	atomic_fetch_add_relaxed(&opened, 1);
	window_open(w, va, len, this_cpu()->nr);
}

void break_window_close(void)
{
	window_close(&windows[BREAK_RANGE]);
}

void break_pages_open(const vaddr_t *va, unsigned n)
{
	u32 owner = this_cpu()->nr;
	u64 len = page_size();

	atomic_fetch_add_relaxed(&opened, n);
	for (unsigned i = 0; i < n; i++)
		window_open(&windows[BREAK_PAGE + i], va[i], len, owner);
}

void break_pages_close(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		window_close(&windows[BREAK_PAGE + i]);
}

/* After an acquire of the generation, or by the owner.  va and len may be of two windows if the
 * slot was reused.  That is harmless: the check of the generation makes the caller retry. */
static bool is_inside(const struct window *w, vaddr_t va, u64 len)
{
	u64 at = va - atomic_load_relaxed(&w->va), all = atomic_load_relaxed(&w->len);

	return at < all && len <= all - at;
}

bool break_window_covers(unsigned slot, vaddr_t va, u64 len)
{
	const struct window *w = &windows[slot];

	return atomic_load_relaxed(&w->generation) & 1 &&
	       atomic_load_relaxed(&w->owner) == this_cpu()->nr && is_inside(w, va, len);
}

/*
 * If another CPU's window is open for this page, wait until it is closed; true then.
 * Unshown (acquire fence): the fence of break_window_fault() has ordered all stores of an open
 * window after the fault. For another window it causes at most one more retry.
 */
static bool waited_for(const struct window *w, vaddr_t page)
{
	u32 generation = atomic_load_acquire(&w->generation);

	if (!(generation & 1) || !is_inside(w, page, 1) ||
	    atomic_load_relaxed(&w->owner) == this_cpu()->nr)
		return false;
	atomic_fetch_add_relaxed(&faults, 1);
	/* The owner may wait for this CPU to take part in an invalidation. */
	while (atomic_load_acquire(&w->generation) == generation)
		cpu_serve();
	return true;
}

/* A page of vmalloc: true for the first retry of this page by this CPU since a window was opened.
 * A second fault at the same count has another cause, and is reported. */
static bool retry_page(vaddr_t page, u64 now)
{
	unsigned cpu = this_cpu()->nr;

	if (retried[cpu].va == page && retried[cpu].opened == now)
		return false;
	retried[cpu].va = page;
	retried[cpu].opened = now;
	return true;
}

/* Elsewhere only ranges are broken: one retry for each range since the last retry, then the fault
 * path checks for other causes (kern/trap.c). */
static bool retry_range(void)
{
	unsigned cpu = this_cpu()->nr;
	u64 now = atomic_load_relaxed(&ranges_opened);

	if (retried[cpu].ranges_opened == now)
		return false;
	retried[cpu].ranges_opened = now;
	return true;
}

static bool in(enum region_id id, vaddr_t va)
{
	return va - layout.r[id].va < layout.r[id].len;
}

/* Hot-remove may free the tables that are read here: the loads may fault. */
static bool careful(const struct pt_cell *cell, pte_t *value)
{
	return !probe_load64(ptr_va(cell), value);
}

static bool is_mapped(vaddr_t page)
{
	struct pt_slot slot;

	return pt_lookup_racing(kern_hooks.tree, page, &slot, careful) && slot.kind == PT_LEAF;
}

/*
 * Unshown (dmb): for the second: a window must open between the first load of `opened` and the walk
 * of is_mapped(), which then reads the cleared entry, within the walk of one fault, and the store
 * of the number must be performed after that of the entry: MODEL.md rare.
 * Unshown (fence tso): for the first: a CPU that misses an open window of slot 0 executes a full
 * fence of gcc 12 after each acquire of the slots (waited_for()), and trap_recovered() reads the
 * slots a second time after those. For the second: a page must begin to move between the reads of
 * the slots and is_mapped(), and once more in the same place of the second attempt: MODEL.md rare.
 */
bool break_window_fault(vaddr_t va)
{
	vaddr_t page = align_down(va, page_size());
	bool by_page = in(REGION_VMALLOC, va);
	u64 before, now = atomic_load_relaxed(&opened);

	if (!by_page && !in(REGION_LINEAR, va) && !in(REGION_VMEMMAP, va))
		return false;
	do {
		before = now;
		/* This CPU's walk read the cleared entry: after the barrier it observes the window
		 * too. */
		arch_mb();
		for (unsigned i = 0; i < BREAK_SLOTS; i++)
			if (waited_for(&windows[i], page))
				return true;
		if (is_mapped(page))
			return by_page ? retry_page(page, before) : retry_range();
		arch_mb(); /* read the entry before the count: a new window may have cleared it */
		now = atomic_load_relaxed(&opened);
	} while (now != before);
	return false;
}

u64 break_window_faults(void)
{
	return atomic_load_relaxed(&faults);
}
