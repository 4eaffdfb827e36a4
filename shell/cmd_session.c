/* SPDX-License-Identifier: BSD-2-Clause */
/* shell/cmd_session.c - exit, quit, history, clear: commands that users expect at any prompt. */
#include <drivers/console.h>
#include <kern/log.h>
#include <lib/string.h>
#include <shell/command.h>
#include <shell/screen/pager.h>
#include <shell/shell.h>

/* Assumed height of a terminal without screen=. */
#define ASSUMED_ROWS 24

/* `exit` and `quit`: users type either. */
static int cmd_off(const struct command_line *line, struct why *why)
{
	(void)line;
	(void)why;
	power_off();
}

static const struct command exit_command = {
	.name = "exit",
	.group = GROUP_SESSION,
	.usage = "exit",
	.help = "Powers the machine off, as key q does.  As a boot argument: once the run has "
		"ended.",
	.run = cmd_off,
};
COMMAND(exit, exit_command);

static const struct command quit_command = {
	.name = "quit",
	.group = GROUP_SESSION,
	.usage = "quit",
	.help = "Powers the machine off, as key q does.",
	.run = cmd_off,
};
COMMAND(quit, quit_command);

static int history(const struct command_line *line, struct why *why)
{
	(void)line;
	(void)why;
	history_print();
	return 0;
}

static const struct command history_command = {
	.name = "history",
	.group = GROUP_SESSION,
	.usage = "history",
	.help = "Lists the lines typed before, which Up recalls.",
	.run = history,
};
COMMAND(history, history_command);

/* Clears the console, not the log.  VT100 codes are sent only if `screen=` states that there is a
 * terminal. */
static int clear(const struct command_line *line, struct why *why)
{
	static const char codes[] = "\033[H\033[2J";

	(void)line;
	(void)why;
	if (screen_rows())
		console_write(codes, sizeof(codes) - 1);
	else
		for (unsigned i = 0; i < ASSUMED_ROWS; i++)
			console_write("\n", 1);
	return 0;
}

static const struct command clear_command = {
	.name = "clear",
	.group = GROUP_SESSION,
	.usage = "clear",
	.help = "Clears the screen.",
	.run = clear,
};
COMMAND(clear, clear_command);
