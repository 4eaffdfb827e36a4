/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/page/buddy_late.h - struct pages of boot memory that are written after boot.
 *
 * The unit is a window: BUDDY_WINDOW free pages, the largest chunk, on a list of the buddy.  Of a
 * late window boot has written the first struct page only, its head.  Nothing else of a free chunk
 * is read, so lists, counts, walks over heads and the digest are those of memory that is written,
 * and an allocation cannot fail for it.  The rest of a window is written once, by whichever comes
 * first:
 *
 *   - the CPU that takes the chunk off its list, under the pool's lock, before the chunk is split
 *     or handed over;
 *   - late_next(), without the lock, while the chunk stays on its list.  A CPU that wants the chunk
 *     meanwhile waits for that: at most for one window, because the writer has interrupts off,
 *     holds no lock and waits for nobody.
 *
 * Only boot memory is late.  It never goes offline (S0-38), so no late chunk is ever isolated.
 */
#pragma once
#include <mm/page/buddy.h>

/*
 * Boot: the late windows of [pfn, pfn + nr), whole windows of free RAM of one node, before the
 * buddy gets them.  False, and nothing changed: there is no room to remember the run.
 */
void late_begin(void); /* forget what the last boot left */
bool late_run(pfn_t, u64 nr, unsigned node);
/* The n-th run that was accepted, in the order of late_run(); false past the end. */
bool late_nth(unsigned n, pfn_t *, u64 *nr);

/*
 * Look at the next window that nobody has looked at, and write its struct pages if it is still
 * late.  False: every window was looked at.  Any CPU, several at once; interrupts are off for one
 * window.  A window that is taken off its list meanwhile is written by the CPU that takes it.
 */
bool late_next(void);
/* The page has its struct page when this returns.  With no lock of class zone or above held. */
void late_settle_at(pfn_t);

struct late_counts { /* windows */
	u64 boot;    /* that boot left */
	u64 left;    /* not yet written */
	u64 taken;   /* that were written because an allocation took them */
	u64 awaited; /* that an allocation wanted while another CPU wrote them */
};
struct late_counts late_counts(void);

/*
 * For tests and benchmarks: those windows of boot memory that are one free chunk become late again,
 * at most `most`; their struct pages are overwritten with ones.  Returns how many.  No other CPU
 * allocates or frees meanwhile.
 */
u64 late_again(u64 most);
