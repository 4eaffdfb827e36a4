/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/lab/soak.h - `soak=TIME`: litmus tests of translation and memory that comes and goes under
 * fire, mixed, in every geometry, until the time is over or Ctrl-C.
 *
 * Every control= cycles one mistake is planted: in the scratch range, which nobody else uses, an
 * invalidation is left out.  A detector that stays silent then is no detector: a soak without one
 * noticed control is `vacuous`, not passed.
 *
 * A geometry has its turn for stint=, then the machine restarts in the next.  What was found is in
 * soak.kept, which is sealed after every cycle, mark and failure: a crash, a restart and a reset go
 * on from there. Who restarts is shell/cmd_soak.c.
 */
#pragma once
#include <kern/args.h>
#include <kern/kept.h>
#include <tests/lab/fire.h>
#include <tests/lab/load.h>
#include <tests/lab/stress.h>

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

/* What goes from life to life.  No pointers. */
struct soak_kept {
	struct kept head;
	u64 seq;
	u32 running, interactive;
	u64 limit_ms, stint_ms, control; /* 0 ms is until Ctrl-C */
	u64 ns;                          /* soaked, up to the last cycle */
	u64 cycles, failures, planted, noticed, loads, fires, tlb_ops;
	u64 uses, used, evicted, events, refused, lives; /* hot-plugged memory in use: load.h */
	u64 rng, fire_rng;
	u64 restarts, crashes, resets; /* lives that ended in these ways */
	u64 idle;                      /* lives in a row without a whole cycle */
	u64 silence_ms;                /* the longest between two signs of life of a CPU */
	u32 silent_cpu, nr_marks;
	u32 rows, at;
	char home[32];            /* where the prompt is afterwards */
	struct args before, args; /* that hold afterwards, and meanwhile */
	struct soak_row row[SOAK_ROWS];
	struct soak_mark mark[SOAK_MARKS];
	char failure[SOAK_FAILURES][200]; /* the first ones, latched */
} __attribute__((aligned(8)));

enum soak_end { SOAK_OVER, SOAK_STOPPED, SOAK_STINT, SOAK_CPUS, SOAK_NO_MEMORY };

struct soak {
	struct soak_kept kept;
	bool active, stopped, no_memory, cpus_changed;
	u64 seed; /* of the current cycle */
	const char *doing;
	char line[64]; /* what is typed meanwhile */
	unsigned line_len;
	const char *refused; /* why no memory comes and goes in this life, or NULL */
};
extern struct soak soak;

/* Runs in this geometry until its turn, or all, is over.  Prints beats, marks and failures as they
 * happen. */
enum soak_end soak_stint(void);
/* Latch and say a failure; false: enough are kept, it was counted. */
bool soak_failed(const char *sentence);
void soak_keep(void);    /* seal what goes to the next life; in a crash, too */
bool soak_adopt(void);   /* is one to be gone on with? */
void soak_summary(void); /* and the `#: soak` line */
const char *soak_verdict(void);
void soak_verdict_line(const char *verdict);
void soak_report(void);        /* typed `report`: how it stands */
u64 soak_now_ms(void);         /* soaked, in all lives */
const char *soak_time(u64 ms); /* "06:12:00"; valid until the fourth call after it */
