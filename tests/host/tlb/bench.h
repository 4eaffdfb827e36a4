/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/tlb/bench.h - the TLB back ends of one architecture, run as a process.
 *
 * bench.c generates requests, lets mm/kernel/tlb.c execute each through every back end, and records
 * the instructions.  The architecture's judge.c, written from its manual alone, then computes which
 * cached translations each CPU may still use.  None that the request names may be left.
 */
#pragma once
#include <kern/cpu.h>
#include <lib/rng.h>
#include <mm/kernel/kpt.h>
#include <mm/policy/policy.h>
#include <mm/pt/pt.h>
#include <stdio.h>

#define BENCH_CPUS 8

enum op_kind {
	OP_STORE,  /* a cell was changed: the start of a request */
	OP_INSN,   /* an instruction of <arch/insn.h> */
	OP_ECALL,  /* a call of firmware: arg[] */
	OP_ANSWER, /* this CPU acknowledges the IPI */
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

/* A cached translation, on every CPU at the start of a request. */
struct held {
	vaddr_t va; /* its first byte */
	u64 span;
	unsigned level;
	bool leaf; /* else a pointer to a table, at `level` */
	bool global;
	u32 asid;
	cpumask_t in;                /* CPUs that may use it */
	cpumask_t going[BENCH_CPUS]; /* by CPU: invalidations that it began and has not completed */
	cpumask_t once[BENCH_CPUS], twice[BENCH_CPUS]; /* for an erratum that needs two */
};

struct request {
	struct pt pt;
	struct pt_inval inval;
	const struct tlb_scheme *scheme;
	cpumask_t cpus; /* CPUs that it must reach */
	bool tapped;
};

#define HELD_MAX 512
extern struct held held[HELD_MAX];
extern unsigned held_nr;
extern struct op ops[];
extern unsigned ops_nr;
extern struct rng bench_rng;
extern bool bench_erratum; /* defined by the architecture's stub */

void record(const struct op *);
/* Print the sentence, the request and the recorded instructions; end the program. */
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
extern const char bench_family[]; /* prefix of its formats' names */
void judge_pick(void);            /* choose the properties of the machine for the next request */
void judge_begin(const struct request *);
void judge_op(const struct request *, const struct op *);
/* Counts: no more operations than ENGINE 5 allows, and as many as the scheme reported. */
void judge_numbers(const struct request *, u64 said);
const char *judge_op_text(const struct op *, char *buf, size_t size); /* NULL: the recorded text */
