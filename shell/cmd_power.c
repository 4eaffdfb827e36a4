/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/cmd_power.c - poweroff, reset and restart: three ends of a boot.  poweroff and reset are
 * the firmware's; a restart enters the image again without it (kern/restart.h), so that settings, a
 * run and the profile of the TLBs go on.
 */
#include <arch/arch.h>
#include <drivers/device.h>
#include <kern/log.h>
#include <kern/restart.h>
#include <mm/kernel/layout.h>
#include <shell/command.h>
#include <shell/shell.h>

void power_off(void)
{
	kputs("Powering off.\n");
	machine_off();
}

/* Does not return, so the result is nobody's. */
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

/* "": it was asked for, no crash.  restart_leave() comes back only when CPUs are off already and
 * the machine cannot be reset: nothing is left but to say so. */
void restart_to(const char *geometry)
{
	kprintf("Restarting in %s.\n", geometry);
	restart_leave(geometry, "");
	kputs("A CPU does not turn itself off, and firmware does not reset; the machine is "
	      "halted.\n");
	arch_halt();
}

/* In the geometry of now. */
static int cmd_restart(const struct command_line *line, struct why *why)
{
	(void)line;
	(void)why;
	restart_to(layout.fmt->name);
}

static const struct command off_command = {
	.name = "poweroff",
	.group = GROUP_SESSION,
	.usage = "poweroff",
	.help = "Powers the machine off, as key q does.",
	.run = off,
};
COMMAND(poweroff, off_command);

static const struct command restart_command = {
	.name = "restart",
	.group = GROUP_SESSION,
	.usage = "restart",
	.help = "Boots again without firmware; settings made at the prompt stay.",
	.run = cmd_restart,
};
COMMAND(restart, restart_command);

static const struct command reset_command = {
	.name = "reset",
	.group = GROUP_SESSION,
	.usage = "reset",
	.help = "Resets the machine, warm.  `log previous` then shows how this boot "
		"ended.",
	.run = reset,
};
COMMAND(reset, reset_command);
