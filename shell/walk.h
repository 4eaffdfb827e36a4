/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/walk.h - the parts of the walk-through: the story (walk.c), the use of the memory
 * (walk_use.c), and what this machine would have let pass (walk_could.c).
 */
#pragma once
#include <shell/walk_steps.h>
#include <tests/harness/util.h>

struct use_report {
	u64 bytes, bad_pages; /* written and read back */
	unsigned cpus;
};
/* Every page that the zone can give, written by each CPU in turn and read back by another. */
void walk_use(unsigned node, struct use_report *);

struct movers {
	struct movable *m;
	u64 nr, array_pages;
};
/* Pages in use, spread over the blocks of the range, each tagged by some CPU. */
void movers_begin(struct movers *, u64 want, const struct step *);
u64 movers_lost(const struct movers *);                         /* read back by other CPUs */
u64 movers_outside(const struct movers *, const struct step *); /* no longer in the range */
void movers_end(struct movers *);

#define WALK_PROBES 6
/* Addresses in the linear map and the memmap of the range. */
void walk_probes(struct probes *, const struct step *);
void walk_could(const struct step *);
