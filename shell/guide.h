/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/guide.h - the parts of the walk-through: the story (guide.c), the use of the memory
 * (guide_use.c), and what this machine would have let pass (guide_could.c).
 */
#pragma once
#include <shell/step.h>
#include <tests/harness/util.h>

/* The result of guide_use(). */
struct use_report {
	u64 bytes, bad_pages; /* written and read back; pages that did not hold what was written */
	unsigned cpus;        /* that took part: those online */
};
/*
 * Use every page that zone Movable of `node` can give: each CPU writes its share, then reads back
 * the share that its neighbor wrote.  The pages are free again on return.  Allocates as long as it
 * can, so nothing else may need memory of that zone meanwhile; boot CPU, at the prompt, no lock
 * held.
 */
void guide_use(unsigned node, struct use_report *);

/* Movable pages that the walk-through allocates so that the offline has something to move.  `m` is
 * an array of `nr` in `array_pages` pages of vmalloc; NULL when there was no memory for it. */
struct movers {
	struct movable *m;
	u64 nr, array_pages;
};
/*
 * Allocate about `want` movable pages, equally many in each block of the range of the step, and
 * have every CPU tag its share: first and last word of each page.  A block that is full gets fewer;
 * a range of more blocks than `want` gets none.  The caller ends it with movers_end(), also after a
 * failure.
 */
void movers_begin(struct movers *, u64 want, const struct step *);
/* How many pages no longer hold their tags, each read by another CPU than the one that wrote it. */
u64 movers_lost(const struct movers *);
/* How many pages lie outside the range of the step now: after an offline, all. */
u64 movers_outside(const struct movers *, const struct step *);
/* Free the pages and the array. */
void movers_end(struct movers *);

#define GUIDE_PROBES 6
/* Choose GUIDE_PROBES addresses, half in the linear map of the range of the step and half in its
 * memmap, and forget the ones before.  Nothing is accessed yet: probes_run() does that. */
void guide_probes(struct probes *, const struct step *);
/*
 * The end of the walk-through: add one block of the range and remove it without its TLBI, then with
 * a local one, and say whether a CPU still read it.  The range is absent before and, unless a
 * removal is refused, after; the missing invalidation is made good before the return.  Boot CPU.
 */
void guide_could(const struct step *);
