/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlblab/soak.h - `soak=TIME`: litmus tests of translation and memory hotplug under load,
 * mixed, in every geometry, until the time is over or Ctrl-C.
 *
 * Every control= cycles one mistake is planted: in the scratch range, which has no other user, an
 * invalidation is left out.  A detector must notice it: a soak without a noticed control is
 * `vacuous`, not passed.
 *
 * Each geometry runs for stint=, then the machine restarts in the next.  Results are in
 * soak.saved, which is sealed after every cycle, mark and failure, so the soak continues after a
 * crash, a restart or a reset.  tests/harness/soak_run.c restarts.
 */
#pragma once
#include <kern/args.h>
#include <kern/persist.h>
#include <tlblab/fire.h>
#include <tlblab/load.h>
#include <tlblab/stress.h>

#define SOAK_MARKS 16
#define SOAK_FAILURES 8
#define SOAK_ROWS 16

struct soak_mark {
	u64 ms;
	char text[40];
};

struct soak_row { /* a geometry */
	char geometry[32];
	u64 cycles;
};

/* Preserved across restarts, so without pointers. */
struct soak_saved {
	struct persist head;
	u64 seq;
	u32 running, interactive;
	u64 limit_ms, stint_ms, control; /* 0 ms is until Ctrl-C */
	u64 ns;                          /* time soaked, up to the last cycle */
	u64 cycles, failures, planted, noticed, loads, fires, tlb_ops;
	u64 uses, used, evicted, events, refused, lives; /* hot-plugged memory in use: load.h */
	u64 rng, fire_rng;
	u64 restarts, crashes, resets; /* how boots ended */
	u64 idle;                      /* consecutive boots without a whole cycle */
	u64 silence_ms;                /* longest time in which a CPU was silent */
	u32 silent_cpu, nr_marks;
	u32 rows, at;
	char home[32];            /* geometry of the prompt afterwards */
	struct args before, args; /* arguments for afterwards, and meanwhile */
	struct soak_row row[SOAK_ROWS];
	struct soak_mark mark[SOAK_MARKS];
	char failure[SOAK_FAILURES][200]; /* the first ones, latched */
} __attribute__((aligned(8)));

enum soak_end { SOAK_OVER, SOAK_STOPPED, SOAK_STINT, SOAK_CPUS, SOAK_NO_MEMORY };

struct soak {
	struct soak_saved saved;
	bool active, stopped, no_memory, cpus_changed;
	u64 seed; /* of the current cycle */
	const char *doing;
	char line[64]; /* line typed meanwhile */
	unsigned line_len;
	const char *refused; /* why this boot does no memory hotplug, or NULL */
};
extern struct soak soak;

/* Run in this geometry until its stint or the soak is over.  Prints heartbeats, marks and
 * failures as they happen. */
enum soak_end soak_stint(void);
/* Record and print a failure; false: it was only counted, as enough are recorded. */
bool soak_failed(const char *sentence);
void soak_save(void);    /* seal the state for the next boot; also in a crash */
bool soak_adopt(void);   /* is there a soak to be continued? */
void soak_summary(void); /* with the `#: soak` line */
const char *soak_verdict(void);
void soak_verdict_line(const char *verdict);
void soak_report(void);        /* typed `report`: the present state */
u64 soak_now_ms(void);         /* time soaked, all boots together */
const char *soak_time(u64 ms); /* "06:12:00"; valid until the fourth call after it */
