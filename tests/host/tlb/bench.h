/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/tlb/bench.h - the TLB back ends of one architecture, run as a process.
 *
 * bench.c makes requests, lets mm/tlb.c carry each out through every back end and writes down what
 * would have been executed.  The architecture's judge.c, written from its manual alone, then says
 * which cached translations each CPU may still hold.  None that the request names may be left.
 */
#pragma once
#include <kern/cpu.h>
#include <lib/rng.h>
#include <mm/kpt.h>
#include <mm/policy.h>
#include <stdio.h>

#define BENCH_CPUS 8

enum op_kind {
	OP_STORE,  /* a cell was changed: where a request begins */
	OP_INSN,   /* an instruction of <arch/insn.h> */
	OP_ECALL,  /* a call of firmware: arg[] */
	OP_ANSWER, /* this CPU says that it has done what it was interrupted for */
	OP_END,    /* the request returns */
};

struct op {
	enum op_kind kind;
	unsigned cpu;
	const char *text;
	bool has_operand;
	u64 operand;
	u64 arg[6]; /* a0..a3, function, extension */
};

/* A cached translation that every CPU holds when a request begins. */
struct held {
	vaddr_t va; /* its first byte */
	u64 span;
	unsigned level;
	bool leaf; /* else a pointer to a table, at `level` */
	bool global;
	u32 asid;
	cpumask_t in;                /* CPUs that may use it */
	cpumask_t going[BENCH_CPUS]; /* CPUs whose invalidation that CPU began and has not ended */
	cpumask_t once[BENCH_CPUS], twice[BENCH_CPUS]; /* where an erratum wants it twice */
};

struct request {
	struct pt pt;
	struct pt_inval inval;
	const struct tlb_scheme *scheme;
	cpumask_t cpus; /* those that it must reach */
	bool tapped;
};

#define HELD_MAX 512
extern struct held held[HELD_MAX];
extern unsigned held_nr;
extern struct op ops[];
extern unsigned ops_nr;
extern struct rng bench_rng;
extern bool bench_erratum; /* of the architecture's stub */

void record(const struct op *);
/* Says what is wrong, with the request and what was executed; ends the program. */
void wrong(const char *sentence) __attribute__((noreturn));
static inline void must(bool holds, const char *sentence)
{
	if (!holds)
		wrong(sentence);
}

static inline bool held_has(const struct held *h, vaddr_t va)
{
	return va - h->va < h->span;
}

/* ---- the architecture's part ---- */
extern const char bench_family[]; /* formats whose names begin so */
void judge_pick(void);            /* what differs between machines, for the next request */
void judge_begin(const struct request *);
void judge_op(const struct request *, const struct op *);
/* Numbers: no more operations than ENGINE 5 allows, and as many as the scheme says. */
void judge_numbers(const struct request *, u64 said);
const char *judge_op_text(const struct op *, char *buf, size_t size); /* NULL: its own text */
