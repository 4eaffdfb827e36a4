/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/bench/bench_restart.c - the cost of the last restart: the end of the former kernel, the
 * entry and the whole boot, until the run continues.  `make bench` requests it after a run that
 * changed the geometry or crashed (tools/bench); without a restart there is nothing to report.
 */
#include <kern/restart.h>
#include <kern/trap.h>
#include <lib/string.h>
#include <tests/harness/bench.h>

static void run(const struct bench *b)
{
	bool change = strstr(b->name, "change");

	if (!bench_restart_cost)
		kprintf("# bench %s left out: no restart was counted\n", b->name);
	else if (change == !*restart.reason)
		bench_line(b->name, bench_restart_cost, cost_unit());
}

static const struct bench same = {
	.name = "restart.same",
	.what = "a soft restart after a crash, the geometry as before",
	.run = run,
};
BENCH(restart_same, same);

static const struct bench change = {
	.name = "restart.change",
	.what = "a soft restart into another geometry",
	.run = run,
};
BENCH(restart_change, change);
