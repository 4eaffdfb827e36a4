/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/bench/bench_stress.c - the stress that a million instructions produce: rounds of every
 * litmus pattern that this machine can run, TLB operations, counted outcomes, and hits of the
 * controls.  The seed is fixed, so counts repeat.
 */
#include <kern/trap.h>
#include <lib/init.h>
#include <tests/harness/bench.h>
#include <tlblab/pattern.h>

#define ROUNDS 64
#define SEED 0x5eed

struct sum {
	u64 patterns, rounds, observed, control_hits, forbidden;
};

static void run_pattern(struct stress *s, const struct pattern *p, struct sum *sum)
{
	stress_begin(s, p);
	for (unsigned i = 0; i < ROUNDS; i++)
		stress_round(s);
	sum->patterns++;
	sum->rounds += s->rounds;
	sum->observed += s->observed;
	sum->control_hits += stress_shown(s);
	sum->forbidden += s->forbidden;
}

static u64 per_million(u64 n, u64 cost)
{
	return cost ? n * 1000000 / cost : 0;
}

static void lines(const struct sum *sum, u64 ops, u64 cost)
{
	bench_line("stress.patterns", sum->patterns, "patterns");
	bench_line("stress.trials", sum->observed, "outcomes");
	bench_line("stress.control_hits", sum->control_hits, "outcomes");
	bench_line("stress.forbidden", sum->forbidden, "outcomes");
	bench_line("stress.round", sum->rounds ? cost / sum->rounds : 0, cost_unit());
	bench_line("stress.trials_per_m", per_million(sum->observed, cost), "outcomes-per-million");
	bench_line("stress.tlb_ops_per_m", per_million(ops, cost), "operations-per-million");
}

static void run(const struct bench *b)
{
	static struct stress s NOINIT;
	struct sum sum = { 0 };
	struct tlb_stats before, after;
	u64 start;

	if (!stress_open(&s, SEED)) {
		kprintf("# bench %s left out: no memory for a scratch range\n", b->name);
		return;
	}
	tlb_stats_read(&before);
	start = cost_now();
	reg_for_each (patterns, it)
		if (!stress_missing(*it, &s.lab))
			run_pattern(&s, *it, &sum);
	start = cost_now() - start;
	tlb_stats_read(&after);
	stress_close(&s);
	lines(&sum, after.ops - before.ops, start);
}

static const struct bench rounds = {
	.name = "stress.rounds",
	.what = "rounds of every litmus pattern that this many CPUs can run",
	.run = run,
};
BENCH(stress_rounds, rounds);
