// SPDX-License-Identifier: BSD-2-Clause
/*
 * shell/cmd_run.c - run GLOB [key=value ...]; also as `run=GLOB key=value ...`, the script form
 * that screens print, so that it can be pasted at the prompt.
 */
#include <lib/string.h>
#include <shell/command.h>
#include <shell/run.h>
#include <shell/settings.h>

static int run_command(const struct command_line *line, struct why *why)
{
	static struct args saved;
	const char *glob = line->nr_words ? line->words[0] : NULL;
	int err;

	if (!glob && line->args.at[ARG_RUN])
		glob = line->args.text + line->args.at[ARG_RUN];
	if (!glob || line->nr_words > 1)
		return refuse(why, EINVAL, "which tests? `run quick`, `run all`, `run hotplug.*`");
	err = settings_push(&line->args, &saved, why);
	if (err)
		return err;
	run_tests(glob, true);
	settings_pop(&saved);
	return 0;
}

static const struct command command = {
	.name = "run",
	.usage = "run GLOB[,GLOB...] [key=value ...]",
	.help = "Runs tests: quick, all, or names with * and ?.  Arguments hold for this run.",
	.run = run_command,
};
COMMAND(run, command);
