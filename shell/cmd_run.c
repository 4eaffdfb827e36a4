/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/cmd_run.c - run GLOB [key=value ...]; also as `run=GLOB key=value ...`, the script form
 * that screens print, so that it can be pasted at the prompt.
 */
#include <lib/string.h>
#include <shell/command.h>
#include <shell/settings.h>
#include <tests/harness/run.h>

/*
 * Static, because a struct args is 600 bytes; only one run is at a time.  run= of the line is the
 * glob of the script form.  The other words are in force until the run ends: run_args_push() adds
 * them to the settings and run_args_pop() removes them; after a crash or a restart the runner does
 * that from its record (`saved`).
 */
static int run_command(const struct command_line *line, struct why *why)
{
	static struct args saved, extra;
	const char *glob = line->nr_words ? line->words[0] : NULL, *geometries = NULL;
	int err;

	if (!glob && line->args.at[ARG_RUN])
		glob = line->args.text + line->args.at[ARG_RUN];
	if (!glob || line->nr_words > 1)
		return refuse(why, EINVAL, "which tests? `run quick`, `run all`, `run hotplug.*`");
	if (line->args.at[ARG_GEOMETRY])
		geometries = line->args.text + line->args.at[ARG_GEOMETRY];
	extra = line->args;
	extra.at[ARG_GEOMETRY] = 0; /* not for this boot: the runner restarts */
	err = run_args_push(&extra, &saved, why);
	if (err)
		return err;
	err = run_tests(glob, geometries, true, &saved, why);
	run_args_pop(&saved);
	return err;
}

static const struct command command = {
	.name = "run",
	.group = GROUP_TESTS,
	.usage = "run GLOB[,GLOB...] [key=value ...]",
	.help = "Runs tests: quick, all, or names with * and ?.  Arguments hold for this run; "
		"geometry=all or A,B.",
	.run = run_command,
};
COMMAND(run, command);
