/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/cmd_errata.c - errata: the rows of this architecture, and which of them are in force.
 */
#include <kern/errata.h>
#include <kern/log.h>
#include <shell/command.h>
#include <shell/screen/text.h>
#include <shell/shell.h>

#define COLUMN 18

/* Whether the row is in force and whether these CPUs need it are independent: errata= can force a
 * workaround that is not needed, to measure its cost, and leave out one that is needed, to see the
 * failure.  Read without a lock: other CPUs write their bits of a row only while they start. */
static const char *state_of(unsigned row)
{
	bool needed = erratum_needed(&arch_errata[row]);
	u32 word = atomic_load_relaxed(&errata_rows[row]);

	if (word & ERRATUM_OFF)
		return needed ? "left out, and needed here" : "left out";
	if (word & ERRATUM_FORCED)
		return needed ? "in force" : "in force by errata=+";
	return needed ? "in force" : "not needed here";
}

/* Each row has the manuals' numbers, the effect, and the workaround. */
static int errata(const struct command_line *line, struct why *why)
{
	(void)line, (void)why;
	for (unsigned row = 0; arch_errata[row].name; row++) {
		const struct erratum *e = &arch_errata[row];

		kprintf("%-*s%s\n", COLUMN, e->name, state_of(row));
		print_wrapped("", COLUMN, e->numbers);
		print_wrapped("", COLUMN, e->effect);
		print_wrapped("  done", COLUMN, e->remedy);
	}
	return 0;
}

static const struct command command = {
	.name = "errata",
	.group = GROUP_MACHINE,
	.usage = "errata",
	.help = "Lists CPU errata: the effect of each, and whether its workaround is in "
		"force; errata=+NAME, errata=-NAME at boot change it.",
	.run = errata,
};
COMMAND(errata, command);
