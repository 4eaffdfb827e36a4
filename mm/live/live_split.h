/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/live/live_split.h - split a leaf of the linear map or of the vmemmap that CPUs are using, and
 * make it whole again.
 *
 * Hot-remove never splits (ENGINE 2.3).  An owner of pages does, to change the rights of a part of
 * the linear map (mm/study/set_direct.h) or the frames of a part of the vmemmap
 * (mm/memmap/memmap_optimise.h): its range is mapped by pages, and the old shape is recorded, so
 * that the last user restores the one leaf or contiguous run.
 *
 * A change of shape requires a break by PAGETABLES A6 and A8, unless the CPUs are those of
 * ENGINE 4.5; by R8b and R11 it requires none.  Where a break is required, other CPUs wait in a
 * published window (mm/live/break_window.h).  So a break is refused (-EBUSY) in memory that this
 * CPU, or a CPU that takes a fault, may need meanwhile:
 *
 *   boot memory      page tables, the boot memmap, firmware's tables
 *   its vmemmap      struct pages of page tables, which the engine links through
 *
 * and allowed in the linear map and the vmemmap of blocks that were added and are ONLINE.  These
 * hold no page table (CATALOGUE S0-49), no stack and no per-CPU data, and the code between break
 * and store reads no struct page of theirs: its tables were planned before.
 *
 * All functions are called under the hotplug lock held for write, and by no interrupt handler.  The
 * lock is needed although the memory is online: while a large leaf is broken its cell is EMPTY, and
 * a removal of a neighbour could free the table around it (tests/hvo/neighbour.c).
 */
#pragma once
#include <lib/err.h>
#include <mm/kernel/layout.h>

/* Leaves and runs that can be split at once. */
#define LIVE_SPLITS 64

/*
 * Map [va, va + len) by single page leaves from now on; len is a power of two, va aligned to it, in
 * one region.  Where it has pages already, only one more user is counted. -ENOMEM: no room to
 * record it, or no page tables; -EBUSY: cannot be broken.  Nothing has changed then.
 */
int live_split(vaddr_t, u64 len, unsigned node, struct why *);
/*
 * The caller of live_split() with the same range is done.  The last user of a leaf or run makes it
 * whole, if frames and rights line up; else pages remain, which is no error.  Cannot fail.
 */
void live_join(vaddr_t, u64 len);
bool live_split_known(vaddr_t); /* is the address in a split range?  A hint without the lock */
unsigned live_splits(void);     /* recorded now */
/*
 * For a user that changes entries of its range after live_split() in a way that requires a break:
 * publish a window, with interrupts off until it is closed (mm/live/break_window.h).  Pass the
 * returned flags to live_window_close().
 */
u64 live_window_open(vaddr_t, u64 len);
void live_window_close(u64 flags);
/* For may_break() of the kernel's tree: inside the window that this CPU has open. */
bool live_split_may_break(vaddr_t, u64 len);
