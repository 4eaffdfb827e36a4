/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/inval_trace.h - from traced events: the store that removed the translation of an
 * address, its duty, and the invalidation that followed.  Pure.
 */
#pragma once
#include <mm/pt/pt_tap.h>

enum inval_done {
	DONE_NOTHING,   /* no TLBI followed */
	DONE_ELSEWHERE, /* TLBIs followed, none of this address */
	DONE_PARTLY,    /* of this address, but not on every CPU that probed */
	DONE_NO_WAIT,   /* on every CPU, but its completion was not awaited */
	DONE_ALL,
};

struct inval_trace {
	bool known; /* the store is among the events */
	bool waited, walk;
	enum inval_done done;
	u32 level, cpu, duty; /* of the store; duty: enum pt_duty */
	u64 span, n;          /* bytes of a cell; cells of the run */
	vaddr_t va;           /* of the run's first cell, whose values these are */
	pte_t old, new;
	vaddr_t tlbi_va;     /* the TLBI that counts, else the last one */
	u64 tlbi_len;        /* 0: everything */
	u32 tlbi_cpu;        /* it was issued by */
	cpumask_t tlbi_cpus; /* and reached */
};

/* `events` oldest first; `cpus`: those that must not use the translation any more. */
void inval_trace_find(const struct pt_event *events, unsigned nr, const struct pt_fmt *, vaddr_t va,
		      cpumask_t cpus, struct inval_trace *);
/* The word of `#: failure`: nothing, elsewhere, partly, no-wait, all. */
const char *inval_done_word(enum inval_done);
/* "CPUs 0-3,5", "CPU 1", "no CPU" */
const char *cpus_text(cpumask_t cpus, char buf[static 64]);
/* The duty and its fulfillment: a sentence each. */
void inval_trace_text(const struct inval_trace *, cpumask_t cpus, char *buf, size_t size);
void done_text(const struct inval_trace *, char *buf, size_t size);
