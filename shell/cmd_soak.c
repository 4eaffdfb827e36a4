// SPDX-License-Identifier: BSD-2-Clause
/* shell/cmd_soak.c - soak [TIME], key 5, `soak=TIME`: the frame around a soak's own lines. */
#include <drivers/console.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <shell/command.h>
#include <shell/id.h>
#include <shell/run.h>
#include <shell/settings.h>
#include <tests/lab/soak.h>

static void end(const char *verdict, const char *reason)
{
	char keys[80];

	snprintf(keys, sizeof(keys), "%stests=1 machine=%08x", reason, id_machine_hash());
	ktap_end(verdict, keys);
}

void soak_and_report(u64 ms)
{
	const char *verdict;

	run_header("soak", 1);
	kputs("# Ctrl-C ends it with the summary; `mark TEXT` and `report` at any time\n");
	soak_run(ms);
	console_clear_interrupt();
	soak_summary();
	verdict = soak_verdict();
	if (verdict[0] == 'p' || verdict[0] == 'f')
		end(verdict, "");
	else
		end("error", soak.no_memory ? "reason=no-memory " : "reason=vacuous ");
}

/* From the crash report: the lines that a log must end with. */
void soak_crashed(void)
{
	soak.failures++;
	soak.active = false;
	kprintf("#: soak verdict=error cycles=%lu fail=%lu ctl=%lu/%lu marks=%u\n", soak.cycles,
		soak.failures, soak.noticed, soak.planted, soak.nr_marks);
	end("error", "reason=crash ");
}

static int soak_command(const struct command_line *line, struct why *why)
{
	static struct args saved NOINIT;
	struct args args = line->args;
	char word[40];
	int err = 0;

	if (line->nr_words > 1)
		return refuse(why, EINVAL, "`soak [TIME]`: 20s, 10m, 8h, or without until Ctrl-C");
	snprintf(word, sizeof(word), "soak=%s", line->nr_words ? line->words[0] : "");
	if (line->nr_words)
		err = args_word(&args, word, why);
	if (!err)
		err = settings_push(&args, &saved, why);
	if (err)
		return err;
	soak_and_report(args.at[ARG_SOAK] ? arg_number(&args, ARG_SOAK) : 0);
	settings_pop(&saved);
	return 0;
}

static const struct command command = {
	.name = "soak",
	.usage = "soak [TIME] [key=value ...]",
	.help = "Litmus tests of translation, and memory that comes and goes under fire, for that "
		"long or until Ctrl-C.  Mistakes are planted and must be noticed.",
	.run = soak_command,
};
COMMAND(soak, command);
