/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/bench.h - benchmarks: `bench=GLOB` at boot or `bench` at the prompt; never timed
 * tests. Each prints `# bench NAME VALUE UNIT`.  Register with BENCH in tests/bench/NAME.c.
 */
#pragma once
#include <tests/harness/test.h>

struct bench {
	const char *name; /* "hotplug.add_online_1g" */
	const char *what;
	void (*run)(const struct bench *);
};
REG_DECLARE(benches, struct bench);
#define BENCH(id, object) REGISTER(benches, id, object)

extern u64 bench_boot_cost;    /* instructions from the first one to the banner's end */
extern u64 bench_restart_cost; /* from the restart until the run continued, or 0 */
/* Run those that match and print a last line `# bench end count=N unit=U`; how many there were. */
unsigned bench_run(const char *glob);
void bench_line(const char *name, u64 value, const char *unit);
