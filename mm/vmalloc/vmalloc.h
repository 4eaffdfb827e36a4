/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/vmalloc/vmalloc.h - a small region for mappings of limited lifetime: stacks, movable pages.
 *
 * Addresses are allocated in runs of pages, each with one unmapped guard page after it.  The engine
 * stores the leaves; tables stay when a mapping is removed (as in Linux), shared with the vmemmap's
 * or disjoint by placement=.  Any CPU may call; one lock for the VA bitmap, none for the tables.
 */
#pragma once
#include <mm/kernel/layout.h>
#include <mm/page/page.h>
#include <mm/policy/policy.h>

/*
 * The scheme of vmalloc= in force; never NULL after kpt_build().  Another is selected only while no
 * CPU changes a mapping of vmalloc and no memory is removed (`compare vmalloc`).
 */
void vmalloc_select(const struct vmalloc_scheme *);
const struct vmalloc_scheme *vmalloc_selected(void);
/* Between the two no removal frees a table that this CPU walks, by the scheme in force.  Both nest;
 * vmalloc_map() and vmalloc_unmap() call them. */
void vmalloc_enter(void);
void vmalloc_leave(void);
/* For a caller that takes a lock of its own around vmalloc_map(): before it takes the lock, and
 * after it released it.  They have an effect only if the scheme takes the hotplug lock, which is
 * first in the lock order: so option 2 of the discussion affects the callers' callers (S0-07). */
void vmalloc_enter_first(void);
void vmalloc_leave_first(void);
/* The passes of a removal of [va, va + len) in the region, by the scheme of remove=, and excluded
 * against vmalloc by the scheme of vmalloc=.  Hotplug lock held for write; the range was checked
 * under it.  The gather has begun, and is flushed when this returns. */
void vmalloc_remove(const struct remove_scheme *, enum region_id, vaddr_t va, u64 len,
		    struct pt_gather *);

/* Address space only: 0 when full, after a purge.  Free it with the same number of pages, after the
 * unmap. */
vaddr_t vmalloc_va_alloc(u64 pages);
void vmalloc_va_free(vaddr_t, u64 pages);

/* Map n frames, which the caller owns and has filled, at va.  -ENOMEM for tables, or an error of
 * pt_plan(); then nothing is mapped.  vmalloc_map_in(): in a tree of a test's own. */
int vmalloc_map_in(struct pt *, vaddr_t, const paddr_t *, u64 n, enum pt_prot);
int vmalloc_map(vaddr_t, const paddr_t *, u64 n, enum pt_prot);
/* Invalidated on every CPU when it returns: the caller may reuse frames and addresses. */
void vmalloc_unmap(vaddr_t, u64 n);

/*
 * ---- larger leaves ----
 *
 * A map of contiguous frames gets leaves of level 1, or contiguous runs, where VA and PA are in
 * step. The slot of such a leaf may still have an empty page table: it is unhooked, invalidated and
 * freed first.  A walker (ptdump) may be inside that table (S0-27), so walkers of the kernel's tree
 * are inside vmalloc_walk_begin() .. _end(), as hotplug_walk() is; no such table is freed
 * meanwhile. The guard decides what a map does then: "inhibit" (the default) leaves the table and
 * maps pages, "lock" waits for the walker, "none" frees the table, which tests detect.
 */
#define VMALLOC_GUARDS 3
struct vmalloc_guard {
	const char *name;
	const char *unsafe;  /* why it is deliberately wrong, or NULL */
	bool (*enter)(void); /* false: leave the tables */
	void (*leave)(void);
};
extern const struct vmalloc_guard vmalloc_guards[VMALLOC_GUARDS];
/* Call only while no other CPU walks or maps. */
void vmalloc_guard_select(const struct vmalloc_guard *);
const struct vmalloc_guard *vmalloc_guard_selected(void);
/* Around a walk of the kernel's tree; they nest.  No lock of class walk or above is held. */
void vmalloc_walk_begin(void);
void vmalloc_walk_end(void);

/*
 * Map n contiguous frames at va, in addresses that no other user has, including level-1 slots that
 * the range covers partly.  Errors as vmalloc_map().  No lock of class walk or above is held. The
 * caller unmaps with vmalloc_unmap_whole().  _in(): in a tree of a test's own.
 */
int vmalloc_map_large_in(struct pt *, vaddr_t, paddr_t, u64 n, enum pt_prot);
int vmalloc_map_large(vaddr_t, paddr_t, u64 n, enum pt_prot);
/* vmalloc_unmap() of leaves of any size: -EBUSY when an edge would split one. */
int vmalloc_unmap_whole(vaddr_t, u64 n, struct why *);
/* vmalloc() by the largest leaf for which the allocator has chunks, pages for the rest.  vfree()
 * takes the same number of pages. */
void *vmalloc_large(u64 pages, unsigned node, const char *owner);
/* Addresses that begin at a multiple of `align` pages, a power of two. */
vaddr_t vmalloc_va_alloc_aligned(u64 pages, u64 align);

/*
 * ---- deferred unmaps (vmalloc-lazy=): one invalidation for many ----
 *
 * With vmalloc_lazy_max > 0 vfree() clears the leaves, and keeps addresses and frames until a purge
 * has invalidated.  Until then a CPU may still read the freed memory, but it is not allocated
 * again.  A purge runs when more than vmalloc_lazy_max pages or 256 runs wait, when addresses or
 * frames are exhausted, when memory is taken offline or sub-blocks are removed, and on
 * vmalloc_purge().  0: unmaps invalidate at once.
 */
extern u64 vmalloc_lazy_max; /* pages */
/* Unmap and free the addresses in this way for any maximum (0: at once).  The frames belong to the
 * caller, which does not reuse them before vmalloc_purge(). */
void vmalloc_unmap_lazy(vaddr_t, u64 n);
/* On return all earlier deferred unmaps are invalidated on every CPU and free, also those that
 * another CPU is purging.  False: there were none.  Not between vmalloc_enter() and
 * vmalloc_leave(); no lock of class vmalloc or above is held. */
bool vmalloc_purge(void);
u64 vmalloc_lazy_pages(void); /* that wait; on any CPU, without a lock */

/* n zeroed pages of zone Normal at a fresh VA, mapped read-write, `node` first; or NULL.  vfree
 * takes the same number of pages, and invalidates at once or later (above). */
void *vmalloc(u64 pages, unsigned node, const char *owner);
void vfree(void *, u64 pages);
int vmalloc_init(struct why *); /* boot, once, after the buddy: -ENOMEM for the bitmap */
u64 vmalloc_in_use(void);       /* pages of VA, guards included */
