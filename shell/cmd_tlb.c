/* SPDX-License-Identifier: BSD-2-Clause */
/* shell/cmd_tlb.c - tlb profile | stress: what the TLBs of this machine keep, and litmus tests. */
#include <drivers/console.h>
#include <lib/init.h>
#include <lib/string.h>
#include <shell/command.h>
#include <shell/settings.h>
#include <tlblab/profile.h>
#include <tlblab/stress.h>

/* The profile depends on settings (no=, tlb=, profile=), so the words of the line are in force
 * during the measurement.  A kept profile of the same settings, from before a restart, is used
 * unless the user types `again`. */
static int profile(const struct command_line *line, struct why *why)
{
	static struct args saved NOINIT;
	bool again = line->nr_words > 1 && strcmp(line->words[1], "again") == 0;
	int err;

	if (line->nr_words > 1 + (unsigned)again)
		return refuse(why, EINVAL, "`tlb profile`, or `tlb profile again` to measure anew");
	err = run_args_push(&line->args, &saved, why);
	if (err)
		return err;
	if (again)
		tlb_profile_again();
	else
		tlb_profile_reload(); /* for these arguments and the current settings */
	tlb_profile_print();
	run_args_pop(&saved);
	return 0;
}

/* rounds= of this line, else of boot.  An earlier Ctrl-C is cleared. */
static int stress(const struct command_line *line, struct why *why)
{
	u64 rounds = arg_number(&line->args, ARG_ROUNDS);

	if (line->nr_words > 1)
		return refuse(why, EINVAL, "`tlb stress [rounds=N]`");
	console_clear_interrupt();
	if (!stress_all(rounds))
		return refuse(why, EIO, "a forbidden outcome, or no memory; see above");
	return 0;
}

/* The second word, and its function. */
static const struct {
	const char *word;
	int (*run)(const struct command_line *, struct why *);
} words[] = { { "profile", profile }, { "stress", stress } };

static int tlb(const struct command_line *line, struct why *why)
{
	for (unsigned i = 0; line->nr_words && i < ARRAY_SIZE(words); i++)
		if (strcmp(line->words[0], words[i].word) == 0)
			return words[i].run(line, why);
	return refuse(why, EINVAL, "which? `tlb profile`, `tlb stress`");
}

static const struct command command = {
	.name = "tlb",
	.group = GROUP_TESTS,
	.usage = "tlb profile [again] [profile=bbm] | tlb stress [rounds=N]",
	.help = "Finds out by experiment what the TLBs of this machine keep.  The result is kept "
		"until power off; profile=bbm also tries what violates break-before-make.  `tlb "
		"stress` runs litmus tests of translation and counts the outcomes.",
	.run = tlb,
};
COMMAND(tlb, command);
