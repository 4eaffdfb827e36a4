/* SPDX-License-Identifier: BSD-2-Clause */
/* shell/cmd_report.c - report: the summary of the last run again. */
#include <kern/log.h>
#include <shell/command.h>
#include <tests/harness/run.h>

/* Refused while a run is not complete and before the first one: an empty summary would look like a
 * success. */
static int report(const struct command_line *line, struct why *why)
{
	struct totals sum;

	(void)line;
	run_sum(&sum);
	if (run.saved.active || !totals_sum(&sum))
		return refuse(why, ENOENT, "no test ran yet; `run quick` or key 2");
	report_summary();
	ktap_totals(&sum);
	kprintf("verdict %s\n", totals_verdict(&sum));
	return 0;
}

static const struct command command = {
	.name = "report",
	.group = GROUP_TESTS,
	.usage = "report",
	.help = "Shows the summary of the last run of tests.",
	.run = report,
};
COMMAND(report, command);
