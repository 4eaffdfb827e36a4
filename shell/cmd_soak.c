/* SPDX-License-Identifier: BSD-2-Clause */
/* shell/cmd_soak.c - soak [TIME], key 5, `soak=TIME` (tests/harness/soak_run.c). */
#include <lib/printf.h>
#include <shell/command.h>
#include <tests/harness/run.h>
#include <tests/harness/run_args.h>

/* As run_command() (cmd_run.c), but TIME is added to the words as soak=TIME, so that the argument's
 * own check serves both forms.  `word` is cut at 39 characters; a text that long is not a valid
 * time.  Without TIME the soak runs until Ctrl-C. */
static int soak_command(const struct command_line *line, struct why *why)
{
	static struct args saved, extra;
	const char *geometries = NULL;
	char word[40];
	int err = 0;

	extra = line->args;
	if (extra.at[ARG_GEOMETRY])
		geometries = line->args.text + extra.at[ARG_GEOMETRY];
	extra.at[ARG_GEOMETRY] = 0; /* not for this boot: the soak restarts */
	if (line->nr_words > 1)
		return refuse(why, EINVAL, "`soak [TIME]`: 20s, 10m, 8h, or without until Ctrl-C");
	snprintf(word, sizeof(word), "soak=%s", line->nr_words ? line->words[0] : "");
	if (line->nr_words)
		err = args_word(&extra, word, why);
	if (!err)
		err = run_args_push(&extra, &saved, why);
	if (err)
		return err;
	err = soak_and_report(extra.at[ARG_SOAK] ? arg_number(&extra, ARG_SOAK) : 0, geometries,
			      true, &saved, why);
	run_args_pop(&saved);
	return err;
}

static const struct command command = {
	.name = "soak",
	.group = GROUP_TESTS,
	.usage = "soak [TIME] [geometry=all|A,B] [key=value ...]",
	.help = "Runs litmus tests of translation and hot-plug under fire, for TIME or "
		"until Ctrl-C, in turn in every geometry.  It plants mistakes, which "
		"must be noticed.  It continues after a crash, a restart and a reset.",
	.run = soak_command,
};
COMMAND(soak, command);
