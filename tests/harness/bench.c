/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/harness/bench.c - runs registered benchmarks; each prints lines `# bench NAME VALUE UNIT`.
 */
#include <kern/log.h>
#include <kern/trap.h>
#include <lib/string.h>
#include <mm/page/buddy_late.h>
#include <tests/harness/bench.h>

u64 bench_boot_cost, bench_restart_cost;

void bench_line(const char *name, u64 value, const char *unit)
{
	kprintf("# bench %s %lu %s\n", name, value, unit);
}

/* Benchmarks run without the poison tap, whatever the tests run with, and an add writes all struct
 * pages: no figure lacks work that other CPUs would do. */
unsigned bench_run(const char *glob)
{
	bool poison = buddy_poison, late = late_adds;
	unsigned nr = 0;

	buddy_poison = late_adds = false;
	reg_for_each (benches, it) {
		if (strcmp(glob, "all") && !glob_match(glob, (*it)->name))
			continue;
		(*it)->run(*it);
		nr++;
	}
	buddy_poison = poison;
	late_adds = late;
	if (!nr)
		kprintf("# bench=%s names none of the registered benchmarks\n", glob);
	kprintf("# bench end count=%u unit=%s\n", nr, cost_unit());
	return nr;
}
