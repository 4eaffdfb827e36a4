// SPDX-License-Identifier: BSD-2-Clause
/* shell/report.c - the summary at the end of a run; `report` prints it again. */
#include <arch/arch.h>
#include <lib/printf.h>
#include <lib/version.h>
#include <shell/command.h>
#include <shell/run.h>
#include <shell/shell.h>

static unsigned ran(void)
{
	return totals_sum(&run.totals) - run.totals.count[VERDICT_SKIP];
}

static void table(void)
{
	const u32 *c = run.totals.count;

	kprintf("# %-18s %6s %7s %6s %6s %6s %8s   could have failed here\n", "", "ok", "not ok",
		"skip", "xfail", "error", "time");
	kprintf("# %-18s %6u %7u %6u %6u %6u %4lu.%lu s   %u of %u\n", run.geometry,
		c[VERDICT_PASS], c[VERDICT_FAIL] + c[VERDICT_XPASS], c[VERDICT_SKIP],
		c[VERDICT_XFAIL], c[VERDICT_ERROR], run.ms / 1000, run.ms / 100 % 10, run.could_yes,
		ran());
}

static void not_shown(void)
{
	if (arch_emulated())
		print_wrapped("# What this run does not show: ", 4,
			      "what an emulator does not have (walk caches, ASID faults, barrier "
			      "order), physical hardware.");
	else
		kputs("# What this run does not show: other machines.\n");
}

void report_summary(void)
{
	char cpu[64];

	arch_cpu_describe(cpu, sizeof(cpu));
	kprintf("# hotplate %s (%s) %s, %u x %s%s, seed 0x%lx\n", build_version, build_commit,
		arch_name, cpus_online_nr(), cpu, arch_emulated() ? ", QEMU TCG" : "",
		arg_number(NULL, ARG_SEED));
	table();
	failure_list();
	not_shown();
}

static int report(const struct command_line *line, struct why *why)
{
	(void)line;
	if (run.active || !totals_sum(&run.totals))
		return refuse(why, ENOENT, "no test ran yet; `run quick` or key 2");
	report_summary();
	ktap_totals(&run.totals);
	kprintf("verdict %s\n", totals_verdict(&run.totals));
	return 0;
}

static const struct command command = {
	.name = "report",
	.usage = "report",
	.help = "The summary of the last run of tests.",
	.run = report,
};
COMMAND(report, command);
