// SPDX-License-Identifier: BSD-2-Clause
/*
 * mm/movable_window.c - windows: virtual pages that a migration has unmapped for a moment.
 *
 * One migration runs at a time (movable_lock), so a slot for each page of a batch is enough.  The
 * fault path takes no lock: it may have interrupted anything.  A slot keeps its address after the
 * window closed, because a CPU may have faulted just before and look only now.
 */
#include <arch/arch.h>
#include <kern/cpu.h>
#include <mm/movable_internal.h>

struct window {
	vaddr_t va;
	u32 generation; /* odd: open */
};

static struct window windows[MOVABLE_BATCH];
static u64 faults;

/* The last closed window that let a CPU retry: a second fault there has another cause. */
static struct window retried[CPUS_MAX];

void window_open(unsigned i, vaddr_t va)
{
	struct window *w = &windows[i];

	__atomic_store_n(&w->va, va, __ATOMIC_RELAXED);
	/* The address before the odd generation that makes it count. */
	__atomic_store_n(&w->generation, w->generation + 1, __ATOMIC_RELEASE);
}

void window_close(unsigned i)
{
	struct window *w = &windows[i];

	/* The new entry (and the copy that it shows) before the news that the window is closed. */
	__atomic_store_n(&w->generation, w->generation + 1, __ATOMIC_RELEASE);
}

static bool retry_once(vaddr_t va, u32 generation)
{
	struct window *r = &retried[this_cpu()->nr];

	if (r->va == va && r->generation == generation)
		return false;
	*r = (struct window) { va, generation };
	return true;
}

static bool wait_for(const struct window *w, vaddr_t va)
{
	u32 generation = __atomic_load_n(&w->generation, __ATOMIC_ACQUIRE);

	if (!(generation & 1))
		return retry_once(va, generation);
	__atomic_fetch_add(&faults, 1, __ATOMIC_RELAXED);
	/* The migrating CPU may be waiting for this one to take part in an invalidation. */
	while (__atomic_load_n(&w->generation, __ATOMIC_ACQUIRE) == generation)
		cpu_serve();
	return true;
}

bool movable_fault(vaddr_t va)
{
	vaddr_t page = align_down(va, page_size());

	/* This CPU's walk saw the entry gone: the window that was published before is visible. */
	arch_mb();
	for (unsigned i = 0; i < MOVABLE_BATCH; i++)
		if (__atomic_load_n(&windows[i].va, __ATOMIC_RELAXED) == page)
			return wait_for(&windows[i], page);
	return false;
}

u64 movable_faults(void)
{
	return __atomic_load_n(&faults, __ATOMIC_RELAXED);
}
