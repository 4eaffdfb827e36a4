/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/cmd_power.c - poweroff, reset and restart: three ways to end a boot.  Firmware executes
 * poweroff and reset; a restart enters the image again without firmware (kern/restart.h), so that
 * settings, a run and the profile of the TLBs continue.
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

/* Does not return. */
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

/* "": a requested restart, no crash.  restart_leave() returns only when other CPUs are off already
 * and the machine cannot be reset. */
void restart_to(const char *geometry)
{
	kprintf("Restarting in %s.\n", geometry);
	restart_leave(geometry, "");
	kputs("A CPU does not turn itself off, and firmware does not reset: the machine "
	      "halts.\n");
	arch_halt();
}

/* In the current geometry. */
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
