/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/lab/soak.h - `soak=TIME`: litmus tests of translation and memory that comes and goes under
 * fire, mixed, until the time is over or Ctrl-C.
 *
 * Every SOAK_CONTROL cycles one mistake is planted: in the scratch range, which nobody else uses,
 * an invalidation is left out.  A detector that stays silent then is no detector: a soak without
 * one noticed control is `vacuous`, not passed.
 */
#pragma once
#include <tests/lab/fire.h>
#include <tests/lab/stress.h>

#define SOAK_CONTROL 200
#define SOAK_MARKS 16
#define SOAK_FAILURES 8

struct soak_mark {
	u64 ms;
	char text[40];
};

struct soak {
	bool active;
	u64 limit_ms, start_ns, ms;
	u64 cycles, failures, planted, noticed, loads, fires;
	u64 seed; /* of the current cycle */
	u64 tlb_ops;
	const char *doing;
	u64 silence_ticks; /* the longest between two signs of life of a CPU */
	unsigned silent_cpu;
	unsigned nr_marks;
	char line[64]; /* what is typed meanwhile */
	unsigned line_len;
	bool stopped, no_memory;
	const char *refused; /* why no memory comes and goes, or NULL */
};
extern struct soak soak;
extern struct soak_mark soak_marks[SOAK_MARKS];
extern char soak_failures[SOAK_FAILURES][200]; /* the first ones, latched */

/* Runs it; 0 ms is until Ctrl-C.  Prints beats, marks and failures as they happen. */
void soak_run(u64 ms);
void soak_summary(void); /* and the `#: soak` line */
const char *soak_verdict(void);
void soak_report(void); /* typed `report`: how it stands */
