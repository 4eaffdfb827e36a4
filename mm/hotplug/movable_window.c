/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/movable_window.c - windows: virtual pages that a migration has unmapped for a moment.
 *
 * One migration runs at a time (movable_lock), so a slot for each page of a batch is enough.  The
 * fault path takes no lock: it may have interrupted anything.  A CPU may read the slots long after
 * it faulted: by then its window may be closed, the slot may serve another page, or the page may
 * have another slot.  So only an open window counts.  Without one the tree says whether the page is
 * mapped again, and that is trusted only if no window was opened meanwhile.
 */
#include <arch/arch.h>
#include <kern/cpu.h>
#include <lib/atomic.h>
#include <mm/hotplug/movable_internal.h>
#include <mm/kpt.h>

struct window {
	vaddr_t va;
	u32 generation; /* odd: open */
};

static struct window windows[MOVABLE_BATCH];
static u64 faults, opened; /* opened: windows so far */

/* The last access that was retried without a window: a second fault there has another cause. */
static struct {
	vaddr_t va;
	u64 opened;
} retried[CPUS_MAX];

void window_open(unsigned i, vaddr_t va)
{
	struct window *w = &windows[i];

	atomic_fetch_add_relaxed(&opened, 1);
	atomic_store_relaxed(&w->va, va);
	/* The address before the odd generation that makes it count. */
	atomic_store_release(&w->generation, w->generation + 1);
}

void window_close(unsigned i)
{
	struct window *w = &windows[i];

	/* The new entry, and the copy that it maps, before the window is seen closed. */
	atomic_store_release(&w->generation, w->generation + 1);
}

/* Is the window open for this page?  If so, wait until it is closed. */
static bool waited_for(const struct window *w, vaddr_t page)
{
	u32 generation = atomic_load_acquire(&w->generation);

	if (!(generation & 1) || atomic_load_acquire(&w->va) != page)
		return false;
	atomic_fetch_add_relaxed(&faults, 1);
	/* The migrating CPU may be waiting for this one to take part in an invalidation. */
	while (atomic_load_acquire(&w->generation) == generation)
		cpu_serve();
	return true;
}

/* True for the first retry of this page by this CPU since a window was opened: a second fault at
 * the same count has another cause, and is reported. */
static bool retry_once(vaddr_t page, u64 now)
{
	unsigned cpu = this_cpu()->nr;

	if (retried[cpu].va == page && retried[cpu].opened == now)
		return false;
	retried[cpu].va = page;
	retried[cpu].opened = now;
	return true;
}

bool movable_fault(vaddr_t va)
{
	vaddr_t page = align_down(va, page_size());
	u64 before, now = atomic_load_relaxed(&opened);

	if (va - layout.r[REGION_VMALLOC].va >= layout.r[REGION_VMALLOC].len)
		return false;
	do {
		before = now;
		/* This CPU's walk saw the entry cleared: after this its window is visible too. */
		arch_mb();
		for (unsigned i = 0; i < MOVABLE_BATCH; i++)
			if (waited_for(&windows[i], page))
				return true;
		if (pt_translate(&kpt, page) != PA_NONE)
			return retry_once(page, before);
		arch_mb(); /* read the entry before the count: a new window may have cleared it */
		now = atomic_load_relaxed(&opened);
	} while (now != before);
	return false;
}

u64 movable_faults(void)
{
	return atomic_load_relaxed(&faults);
}
