/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlblab/stress.h - litmus tests of translation: rounds of one pattern, a histogram of the
 * outcomes, and the first forbidden outcome with its full record.
 *
 * Each pattern is a file (pattern.h).  The outcomes that it forbids on this machine follow from the
 * architecture's manual (judge.h).  A control is the same with less maintenance, architecturally
 * old-or-new; its hits show that this machine can exhibit the failure at all.
 */
#pragma once
#include <tlblab/lab.h>
#include <tlblab/profile.h>

struct pattern; /* pattern.h */

struct stress_record { /* the first forbidden outcome */
	const struct pattern *pattern;
	u64 round, seed, value, word, counter;
	vaddr_t va;
	u8 outcome, cpu;
	u8 of[CPUS_MAX]; /* outcome of each CPU, OUTCOMES = none */
	paddr_t frame[LAB_FRAMES];
};

struct stress {
	struct lab lab;
	struct rng rng;
	const struct pattern *pattern;
	u64 rounds, observed, forbidden, lost; /* lost: rounds without memory */
	u64 seen[OUTCOMES];
	u16 mask;   /* outcomes forbidden on this machine */
	vaddr_t va; /* address of this round */
	u64 word, round_seed;
	u8 of[CPUS_MAX];
	struct stress_record first;
};

/* Published tests that are not run here; the last entry has no name. */
struct stress_absent {
	const char *name, *why;
};
extern const struct stress_absent stress_absent[];

const struct pattern *stress_find(const char *name);

/* NULL, or why the pattern cannot run on this machine. */
const char *stress_missing(const struct pattern *, const struct lab *);
bool stress_open(struct stress *, u64 seed);
void stress_close(struct stress *);
void stress_begin(struct stress *, const struct pattern *); /* counts from zero */
void stress_round(struct stress *);
u64 stress_shown(const struct stress *); /* how many outcomes show that the machine is sensitive */
/* "fault 96 old 0": the outcomes that were observed. */
const char *stress_histogram(const struct stress *, char *buf, size_t size);
/* One sentence and the details of the first forbidden outcome. */
void stress_sentence(const struct stress_record *, char *buf, size_t size);
void stress_record_print(const struct stress_record *, const char *indent);

/* For patterns: record what CPU `cpu` observed at s->va. */
void stress_note(struct stress *, unsigned cpu, enum outcome, u64 value);

/* `tlb stress`: every pattern, `rounds` each; false if a forbidden outcome was observed. */
bool stress_all(u64 rounds);
