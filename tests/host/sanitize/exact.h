/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exact.h - scenes whose every report is counted, with the entries that the model reports as held
 * meanwhile.
 *
 * The scenes of main.c check whether a rule is broken; these check how often, by which entries, and
 * what the model still knows at the edges of ranges, of CPUs and of its memory.
 */
#pragma once
#include "stage.h"
#include <mm/pt/taps/sanitize_model.h> /* how much it has room for */

#define LEAF entry(FRAME, "w")

struct exact {
	const char *name;
	void (*play)(void);
	u8 rule;   /* that is broken, and no other; SAN_RULES: none */
	u8 n;      /* how often */
	u8 where;  /* on these ISAs; elsewhere none is ... */
	bool only; /* ... or the scene is not run */
	u16 lost;  /* what found no room */
};

enum { ON_ARM = 1, ON_RISCV = 2, BOTH = 3 };

extern const struct exact exact_copies[], exact_requests[], exact_stores[], exact_trees[],
	exact_tables[], exact_full[], exact_foreign[];
extern const unsigned nr_exact_copies, nr_exact_requests, nr_exact_stores, nr_exact_trees,
	nr_exact_tables, nr_exact_full, nr_exact_foreign;

unsigned exact_failures(void);
unsigned entry_failures(void); /* entries.c: entries and changes of them, by the manuals */

void want(bool, const char *what);
u32 unclean(void); /* pieces */
/* The pages from VA on that this CPU holds: "0110". */
void want_held(unsigned cpu, const char *pages);
bool held(vaddr_t, unsigned cpu);
/* CPU 0 maps and unmaps n pages from va on, whose frames are adjacent. */
void leave(vaddr_t, unsigned n, paddr_t);
void free_frame(paddr_t);
/* A table of level 0 in the slot of va, ordered. */
void hook(vaddr_t, paddr_t table);
