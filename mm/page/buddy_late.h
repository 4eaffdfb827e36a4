/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/page/buddy_late.h - struct pages that are written after the memory is in use.
 *
 * The unit is a window: BUDDY_WINDOW free pages, the largest chunk, on a list of the buddy.  Boot,
 * and the online of hot-added memory, write only the first struct page of a late window, its head.
 * No other struct page of a free chunk is read, so lists, counts, walks over heads and the digest
 * do not differ from those of written memory, and no allocation fails because of it.  The rest of a
 * window is written once, by the first of:
 *
 *   - the CPU that takes the chunk off its list, under the pool's lock, before the chunk is split
 *     or handed over;
 *   - late_next(), without the lock, while the chunk stays on its list.  A CPU that wants the chunk
 *     meanwhile waits, at most for one window, because the writer has interrupts off, holds no lock
 *     and does not wait;
 *
 *   - the offline of its block, before it isolates the first chunk.  So no late chunk is isolated,
 *     and no CPU writes struct pages of a range that is removed.
 *
 * The late windows of a pool of hot-added memory are at the end of its list, after all others: a
 * CPU that looks for one finds it there, without a table of ranges that would have to follow every
 * removal.  Boot memory, which stays (S0-38), has such a table.
 */
#pragma once
#include <mm/page/buddy.h>

/*
 * Boot: the late windows of [pfn, pfn + nr), whole windows of free RAM of one node, before the
 * buddy gets them.  False: there is no room to record the run, and nothing has changed.
 */
void late_begin(void); /* discard the runs of the last boot */
bool late_run(pfn_t, u64 nr, unsigned node);
/* The n-th run that was accepted, in the order of late_run(); false past the end. */
bool late_nth(unsigned n, pfn_t *, u64 *nr);

/*
 * Hot-add: an add that is late writes no struct page of whole windows, not even the heads, and sets
 * `late` of its blocks; buddy_give() writes the heads.  boot-memmap=now: no add is late.
 */
extern bool late_adds;

/*
 * Take the next window that no CPU has taken yet, and write its struct pages if it is still late.
 * False: every window was taken.  Any CPU, several at once; interrupts are off for one window.  A
 * window that is taken off its list meanwhile is written by the CPU that takes it.
 */
bool late_next(void);
/* The page of boot memory has its struct page when this returns.  With no lock of class zone or
 * above held, as the next. */
void late_settle_at(pfn_t);
/* The same for [pfn, pfn + nr) in one block.  The hotplug lock is held for write. */
void late_settle_range(pfn_t, u64 nr);

struct late_counts { /* windows */
	u64 boot;    /* late after boot */
	u64 added;   /* late after the online of hot-added memory, ever */
	u64 left;    /* not yet written */
	u64 taken;   /* written because an allocation or an offline took them */
	u64 awaited; /* for which an allocation waited while another CPU wrote them */
};
struct late_counts late_counts(void);

/*
 * For tests and benchmarks: make windows of boot memory that are one free chunk late again, at most
 * `most`, and overwrite their struct pages with ones.  Returns the number.  No other CPU allocates
 * or frees meanwhile.
 */
u64 late_again(u64 most);
