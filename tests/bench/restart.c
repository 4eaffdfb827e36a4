// SPDX-License-Identifier: BSD-2-Clause
/*
 * tests/bench/restart.c - what it cost to come into this life: leaving the last one, the entry, the
 * whole boot, until the run goes on.  `make bench` asks after a run that changed the geometry, or
 * crashed (tools/bench); in a first life there is nothing to say.
 */
#include <kern/restart.h>
#include <kern/trap.h>
#include <lib/string.h>
#include <shell/bench.h>

static void run(const struct bench *b)
{
	bool change = strstr(b->name, "change");

	if (!bench_restart_cost)
		kprintf("# bench %s left out: nothing was counted through a restart\n", b->name);
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
