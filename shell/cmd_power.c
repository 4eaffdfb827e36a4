// SPDX-License-Identifier: BSD-2-Clause
/* shell/cmd_power.c - poweroff and reset. */
#include <drivers/device.h>
#include <kern/log.h>
#include <shell/command.h>
#include <shell/shell.h>

static int off(const struct command_line *line, struct why *why)
{
	(void)line;
	(void)why;
	power_off();
}

static int reset(const struct command_line *line, struct why *why)
{
	(void)line;
	(void)why;
	kputs("Resetting.\n");
	machine_reset();
}

static const struct command off_command = {
	.name = "poweroff",
	.usage = "poweroff",
	.help = "Powers the machine off, as key q does.",
	.run = off,
};
COMMAND(poweroff, off_command);

static const struct command reset_command = {
	.name = "reset",
	.usage = "reset",
	.help = "A warm reset.  `log previous` then shows how this boot ended.",
	.run = reset,
};
COMMAND(reset, reset_command);
