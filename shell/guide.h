/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/guide.h - the parts of the guided tour (key 1): the sequence (guide.c), the use of the
 * memory (guide_use.c), and whether this machine could have failed it (guide_could.c).
 */
#pragma once
#include <shell/step.h>
#include <tests/harness/util.h>

/* The result of guide_use(). */
struct use_report {
	u64 bytes, bad_pages; /* written and read back; pages that read back wrong */
	unsigned cpus;        /* that took part: those online */
};
/*
 * Use every free page of zone Movable of `node`: each CPU writes its share, then reads back the
 * share that its neighbor wrote.  The pages are free again on return.  Allocates until the zone is
 * empty, so the caller must not need memory of that zone meanwhile.  Boot CPU, at the prompt, no
 * lock held.
 */
void guide_use(unsigned node, struct use_report *);

/* Movable pages that the guide allocates so that the offline has pages to migrate.  `m` is an array
 * of `nr` in `array_pages` pages of vmalloc; NULL when there was no memory for it. */
struct movers {
	struct movable *m;
	u64 nr, array_pages;
};
/*
 * Allocate about `want` movable pages, equally many in each block of the range of the step, and
 * have every CPU tag its share: first and last word of each page.  A block that is full gets fewer;
 * in a range of more than `want` blocks the first `want` get one page each.  The caller calls
 * movers_end(), also after a failure.
 */
void movers_begin(struct movers *, u64 want, const struct step *);
/* How many pages no longer hold their tags, each read by another CPU than the one that wrote it. */
u64 movers_lost(const struct movers *);
/* How many pages are outside the range of the step now: after an offline, all. */
u64 movers_outside(const struct movers *, const struct step *);
/* Free the pages and the array. */
void movers_end(struct movers *);

#define GUIDE_PROBES 6
/* Choose GUIDE_PROBES addresses, half in the linear map of the range of the step and half in its
 * memmap, and drop the previous ones.  Accesses nothing: probes_run() does that. */
void guide_probes(struct probes *, const struct step *);
/*
 * The end of the guide: add one block of the range and remove it without its TLBI, then with a
 * local TLBI, and print whether a CPU could still read it.  The range is absent before and, unless
 * a removal is refused, after; the omitted invalidation is executed before the return.  Boot CPU.
 */
void guide_could(const struct step *);
