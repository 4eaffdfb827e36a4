// SPDX-License-Identifier: BSD-2-Clause
/* shell/cmd_bench.c - runs registered benchmarks; each prints lines `# bench NAME VALUE UNIT`. */
#include <kern/log.h>
#include <kern/trap.h>
#include <lib/string.h>
#include <tests/harness/bench.h>
#include <shell/command.h>
#include <shell/shell.h>

#define NAME_COLUMN 30

u64 bench_boot_cost, bench_restart_cost;

void bench_line(const char *name, u64 value, const char *unit)
{
	kprintf("# bench %s %lu %s\n", name, value, unit);
}

/* What is measured is the machine without the poison tap, whatever the tests run with. */
unsigned bench_run(const char *glob)
{
	bool poison = buddy_poison;
	unsigned nr = 0;

	buddy_poison = false;
	reg_for_each (benches, it) {
		if (strcmp(glob, "all") && !glob_match(glob, (*it)->name))
			continue;
		(*it)->run(*it);
		nr++;
	}
	buddy_poison = poison;
	if (!nr)
		kprintf("# bench=%s names none of the registered benchmarks\n", glob);
	kprintf("# bench end count=%u unit=%s\n", nr, cost_unit());
	return nr;
}

static int list(void)
{
	reg_for_each (benches, it)
		print_wrapped((*it)->name, NAME_COLUMN, (*it)->what);
	kprintf("Costs are counted in %s here.  `bench GLOB` runs some, `bench all` all.\n",
		cost_unit());
	return 0;
}

static int bench(const struct command_line *line, struct why *why)
{
	(void)why;
	if (!line->nr_words)
		return list();
	bench_run(line->words[0]);
	return 0;
}

static const struct command command = {
	.name = "bench",
	.usage = "bench [GLOB]",
	.help = "Lists the benchmarks, or runs those that GLOB names.",
	.run = bench,
};
COMMAND(bench, command);
