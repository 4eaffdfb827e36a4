/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/tlb/bench.c - random requests through every back end; see bench.h.
 *
 * TLB_SEED=N repeats a run, TLB_REQUESTS=N changes how many each format gets.  TLB_SCHEME=NAME
 * tests that one alone, and not its counts, which it does not promise (tests/harness/promises.c).
 */
#include "bench.h"
#include <mm/pt/pt_tap.h>
#include <stdlib.h>
#include <string.h>

#define OPS_MAX 65536
#define REQUESTS 1000
#define ALL_LEAVES 48 /* up to so many are all checked; else ends and samples */

unsigned cpus_nr = BENCH_CPUS;
u32 pt_taps_on;
struct held held[HELD_MAX];
unsigned held_nr;
struct op ops[OPS_MAX];
unsigned ops_nr;
struct rng bench_rng;
bool bench_erratum;

static const char *only; /* TLB_SCHEME */
static cpumask_t online;
static struct request now;
static u64 seed, number;

/* ---- functions that the kernel calls ---- */

cpumask_t cpus_online(void)
{
	return online;
}

bool pt_tap_run_before(struct pt_event *e)
{
	return true;
}

void pt_tap_run_after(const struct pt_event *e)
{
}

/* A scheme may hand a request on to another one. */
const struct tlb_scheme *tlb_scheme_find(const char *name, struct why *why)
{
	must(name && name[0], "a scheme is looked up though one was selected");
	reg_for_each (tlb, s)
		if (!strcmp((*s)->s.name, name))
			return *s;
	wrong("a scheme is looked up that is not there");
}

void assert_failed(const char *file, int line, const char *what, u64 a, u64 b)
{
	fprintf(stderr, "%s:%d: %s (%#lx, %#lx)\n", file, line, what, a, b);
	wrong("an assertion failed");
}

void record(const struct op *op)
{
	must(ops_nr < OPS_MAX, "more is executed than anyone could want");
	ops[ops_nr] = *op;
	ops[ops_nr++].cpu = host_cpu->nr;
}

void host_insn(const char *text, bool has_operand, u64 operand)
{
	record(&(struct op) {
		.kind = OP_INSN, .text = text, .has_operand = has_operand, .operand = operand });
}

/* Every CPU of the mask runs fn; all have answered before it returns. */
void ipi_call(cpumask_t mask, void (*fn)(void *), void *arg)
{
	struct cpu *caller = host_cpu;

	must(!(mask & ~online), "a CPU that is not online is interrupted");
	for (unsigned i = 0; i < BENCH_CPUS; i++)
		if (mask & cpu_bit(i)) {
			host_cpu = &cpus[i];
			fn(arg);
			record(&(struct op) { .kind = OP_ANSWER });
		}
	host_cpu = caller;
}

/* ---- reports ---- */

static void print_op(unsigned i)
{
	static const char *const kinds[] = { "store to a cell", "", "ecall", "answers", "returns" };
	const struct op *op = &ops[i];
	char buf[80];
	const char *text = judge_op_text(op, buf, sizeof(buf));

	fprintf(stderr, "  %u: CPU %u: %s", i, op->cpu,
		text                  ? text
		: op->kind == OP_INSN ? op->text
				      : kinds[op->kind]);
	if (op->has_operand)
		fprintf(stderr, "  %#018lx", op->operand);
	fputc('\n', stderr);
}

void wrong(const char *sentence)
{
	const struct pt_inval *r = &now.inval;

	fprintf(stderr, "not ok: %s\n", sentence);
	fprintf(stderr,
		"  request %lu: %s, tlb=%s: [%#lx, %#lx) levels %#x%s asid %u%s by CPU %u for "
		"%#lx"
		", tlb-max %u%s%s\n",
		number, now.pt.fmt ? now.pt.fmt->name : "?", now.scheme ? now.scheme->s.name : "?",
		r->lo, r->hi, r->levels, r->walk ? " walk" : "", r->asid,
		r->global ? " global" : "", host_cpu->nr, now.cpus, tlb_max,
		bench_erratum ? ", erratum" : "", now.tapped ? ", tapped" : "");
	for (unsigned i = 0; i < ops_nr; i++) {
		if (i == 20 && ops_nr > 40) {
			fprintf(stderr, "  ... %u more\n", ops_nr - 40);
			i = ops_nr - 20;
		}
		print_op(i);
	}
	fprintf(stderr, "  again: TLB_SEED=%#lx\n", seed);
	exit(1);
}

/* ---- cached translations ---- */

/* By the architectures' rule: the index of each level has as many bits as a page of cells needs. */
static unsigned shift_of(unsigned level)
{
	unsigned page = now.pt.fmt->page_shift;

	return page + level * (page - 3);
}

static void hold(vaddr_t va, unsigned shift, unsigned level, bool leaf, u32 asid)
{
	u64 span = shift < 64 ? 1ul << shift : 0;

	must(held_nr < HELD_MAX, "the bench is too small");
	held[held_nr++] = (struct held) {
		.va = align_down(va, span),
		.span = span,
		.level = level,
		.leaf = leaf,
		.global = now.inval.global && leaf,
		.asid = asid,
		.in = cpu_bit(BENCH_CPUS) - 1,
	};
}

/* A global kernel leaf may have been cached under any ASID. */
static u32 any_asid(void)
{
	return now.inval.global ? (u32)rng_below(&bench_rng, 65536) : now.inval.asid;
}

/* Leaves of one level, or pointers to tables: at both ends, and all or some in between. */
static void hold_level(unsigned level, unsigned shift, bool leaf)
{
	u64 span = 1ul << shift;
	vaddr_t first = align_down(now.inval.lo, span);
	u64 n = ((now.inval.hi - 1 - first) >> shift) + 1;
	u64 looked_at = min_u64(n, ALL_LEAVES);

	for (u64 i = 0; i < looked_at; i++) {
		u64 nth = n <= ALL_LEAVES ? i
			  : i < 4         ? i
			  : i < 8         ? n - 1 - (i - 4)
					  : rng_below(&bench_rng, n);

		hold(first + (nth << shift), shift, level, leaf, any_asid());
	}
}

static void hold_all(void)
{
	const struct pt_fmt *f = now.pt.fmt;

	held_nr = 0;
	for (unsigned l = 0; l < f->levels; l++) {
		if (!(now.inval.levels >> l & 1))
			continue;
		hold_level(l, shift_of(l), true);
		if (f->run[l]) /* a contiguous run may be cached as one entry */
			hold_level(l, shift_of(l) + f->run[l], true);
	}
	for (unsigned l = 1; now.inval.walk && l < f->levels; l++)
		hold_level(l, shift_of(l), false);
}

/* ---- requests ---- */

static unsigned pick_level(void)
{
	const struct pt_fmt *f = now.pt.fmt;
	unsigned l;

	do /* small leaves are the most frequent */
		l = (unsigned)min_u64(rng_below(&bench_rng, 6), rng_below(&bench_rng, 6));
	while (l >= f->levels || !(f->leaf_ok >> l & 1));
	return l;
}

/* From one leaf to 2^22 pages, each order of magnitude with equal probability. */
static u64 pick_length(unsigned shift, u64 half)
{
	u64 most = min_u64(half >> shift, 1ul << 22);
	u64 n = 1 + rng_below(&bench_rng, 1ul << rng_below(&bench_rng, 22));

	return min_u64(n, most) << shift;
}

static void pick_range(void)
{
	const struct pt_fmt *f = now.pt.fmt;
	struct pt_inval *r = &now.inval;
	u64 half = 1ul << f->half_bits, span, len;
	unsigned smallest;

	if (r->walk && rng_below(&bench_rng, 3) == 0) { /* tables only */
		r->levels = 0;
		smallest = 1;
	} else {
		r->levels = (u8)(1u << pick_level() | 1u << pick_level());
		smallest = (unsigned)__builtin_ctz(r->levels);
	}
	if (r->walk && smallest == 0 && rng_below(&bench_rng, 2))
		smallest = 1; /* the span of a table that was unhooked */
	span = 1ul << shift_of(smallest);
	len = pick_length(shift_of(smallest), half);
	r->lo = align_down(rng_below(&bench_rng, half - len + 1), span);
	if (rng_below(&bench_rng, 8) == 0)
		r->lo = half - len; /* ends at the top */
	if (r->global || rng_below(&bench_rng, 4))
		r->lo += -half; /* the kernel's half */
	r->hi = r->lo + len;
	if (rng_below(&bench_rng, 8) == 0) /* begins inside a leaf */
		r->lo += align_down(rng_below(&bench_rng, span), 1ul << f->page_shift);
}

static cpumask_t pick_cpus(void)
{
	cpumask_t all = cpu_bit(BENCH_CPUS) - 1, self = cpu_bit(host_cpu->nr);

	switch (rng_below(&bench_rng, 4)) {
	case 0:
		return self;
	case 1:
		return all;
	default:
		return rng_next(&bench_rng) & all;
	}
}

/* CPU ids as on boards: consecutive, sparse, and far apart. */
static void number_cpus(void)
{
	u64 gap = 1ul << rng_below(&bench_rng, 3) * rng_below(&bench_rng, 8);
	u64 id = rng_below(&bench_rng, 3);

	for (unsigned i = 0; i < BENCH_CPUS; i++, id += 1 + rng_below(&bench_rng, gap))
		cpus[i] = (struct cpu) { .nr = i, .hwid = id };
	for (unsigned i = 0; i < BENCH_CPUS; i++) { /* shuffled */
		unsigned other = (unsigned)rng_below(&bench_rng, BENCH_CPUS);
		u64 kept = cpus[i].hwid;

		cpus[i].hwid = cpus[other].hwid;
		cpus[other].hwid = kept;
	}
}

static void request(const struct pt_fmt *f)
{
	static const u32 limits[] = { 0, 1, 8, 64, 512, 512, 4096 };

	number_cpus();
	judge_pick();
	host_cpu = &cpus[rng_below(&bench_rng, BENCH_CPUS)];
	online = pick_cpus() | cpu_bit(host_cpu->nr);
	tlb_max = limits[rng_below(&bench_rng, ARRAY_SIZE(limits))];
	bench_erratum = rng_below(&bench_rng, 8) == 0;
	now = (struct request) { .pt = { .name = "bench", .fmt = f, .state = PT_LIVE } };
	now.tapped = rng_below(&bench_rng, 2);
	now.inval.global = rng_below(&bench_rng, 2);
	now.inval.asid = now.inval.global ? 0 : (u32)rng_below(&bench_rng, 65536);
	now.inval.walk = rng_below(&bench_rng, 3) == 0;
	pick_range();
	now.pt.walked = pick_cpus() | cpu_bit(host_cpu->nr);
	now.pt.asid = now.inval.asid;
	now.pt.global = now.inval.global;
}

/* ---- execution and verdict ---- */

static void judge(u64 said)
{
	judge_begin(&now);
	for (unsigned i = 0; i < ops_nr; i++)
		judge_op(&now, &ops[i]);
	if (!only)
		judge_numbers(&now, said);
	for (unsigned i = 0; i < held_nr; i++) {
		const struct held *h = &held[i];
		cpumask_t left = h->in & now.cpus;

		if (!left)
			continue;
		fprintf(stderr, "CPU %d may still use %s of level %u for [%#lx, +%#lx) asid %u%s\n",
			__builtin_ctzll(left), h->leaf ? "a leaf" : "a pointer to a table",
			h->level, h->va, h->span, h->asid, h->global ? " global" : "");
		wrong("an entry that was invalidated is still held");
	}
}

static void carry_out(const struct tlb_scheme *scheme, bool here)
{
	struct tlb_stats before, after;
	cpumask_t self = cpu_bit(host_cpu->nr);

	now.scheme = scheme;
	now.cpus = here ? self : now.pt.walked & (online | self);
	ops_nr = 0;
	hold_all();
	tlb_select(scheme);
	tlb_stats_read(&before);
	pt_taps_on = now.tapped;
	record(&(struct op) { .kind = OP_STORE });
	if (here)
		tlb_invalidate_here(&now.pt, now.inval.lo);
	else
		tlb_invalidate(&now.pt, &now.inval);
	record(&(struct op) { .kind = OP_END });
	tlb_stats_read(&after);
	must(after.waits == before.waits + 1, "a request counts as one wait");
	judge(after.ops - before.ops);
}

/* The fault path: one page, this CPU only, whatever is cached of the walk. */
static void carry_out_here(const struct tlb_scheme *scheme)
{
	struct pt_inval whole = now.inval;

	now.inval.hi = now.inval.lo + (1ul << now.pt.fmt->page_shift);
	now.inval.levels = 1;
	now.inval.walk = false;
	carry_out(scheme, true);
	now.inval = whole;
}

static void every_scheme(void)
{
	reg_for_each (tlb, s) {
		if (only && strcmp((*s)->s.name, only))
			continue;
		carry_out(*s, false);
		carry_out_here(*s);
	}
}

static u64 from_environment(const char *name, u64 otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

int main(void)
{
	u64 requests = from_environment("TLB_REQUESTS", REQUESTS);
	unsigned formats = 0, schemes = 0;

	only = getenv("TLB_SCHEME");
	seed = from_environment("TLB_SEED", 0x600d5eed);
	printf("# tlb: TLB_SEED=%#lx\n", seed);
	bench_rng.state = seed;
	reg_for_each (tlb, s)
		schemes += !only || !strcmp((*s)->s.name, only);
	reg_for_each (formats, f) {
		if (strncmp((*f)->name, bench_family, strlen(bench_family)))
			continue;
		for (number = 0; number < requests; number++) {
			request(*f);
			every_scheme();
		}
		formats++;
	}
	must(formats >= 3 && schemes >= (only ? 1 : 4), "formats or back ends are missing");
	printf("ok: %lu requests in each of %u formats through %u back ends\n", requests, formats,
	       schemes);
	return 0;
}
