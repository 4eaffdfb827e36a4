/* SPDX-License-Identifier: BSD-2-Clause */
/* shell/cmd_bench.c - bench: lists the benchmarks, or runs some. */
#include <kern/log.h>
#include <kern/trap.h>
#include <shell/command.h>
#include <shell/screen/text.h>
#include <tests/harness/bench.h>

/* Wide enough for "hotplug.remove_online_1g"; a longer name moves only its own text. */
#define NAME_COLUMN 30

static int list(void)
{
	reg_for_each (benches, it)
		print_wrapped((*it)->name, NAME_COLUMN, (*it)->what);
	kprintf("Costs are counted in %s here.  `bench GLOB` runs some, `bench all` all.\n",
		cost_unit());
	return 0;
}

/* The glob is not checked here: bench_run() reports when no benchmark has such a name. */
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
	.group = GROUP_TESTS,
	.usage = "bench [GLOB]",
	.help = "Lists the benchmarks, or runs those that GLOB names.",
	.run = bench,
};
COMMAND(bench, command);
