// SPDX-License-Identifier: BSD-2-Clause
/* shell/cmd_tlb.c - tlb profile [again]: what this machine keeps, found by experiment. */
#include <lib/string.h>
#include <shell/command.h>
#include <shell/settings.h>
#include <tests/lab/profile.h>

static int profile(const struct command_line *line, struct why *why)
{
	static struct args saved;
	bool again = line->nr_words > 1 && strcmp(line->words[1], "again") == 0;
	int err;

	if (line->nr_words > 1 + (unsigned)again)
		return refuse(why, EINVAL, "`tlb profile`, or `tlb profile again` to measure anew");
	err = settings_push(&line->args, &saved, why);
	if (err)
		return err;
	if (again || line->args.at[ARG_PROFILE])
		tlb_profile_forget();
	tlb_profile_print();
	settings_pop(&saved);
	return 0;
}

static const struct {
	const char *word;
	int (*run)(const struct command_line *, struct why *);
} words[] = { { "profile", profile } };

static int tlb(const struct command_line *line, struct why *why)
{
	for (unsigned i = 0; line->nr_words && i < ARRAY_SIZE(words); i++)
		if (strcmp(line->words[0], words[i].word) == 0)
			return words[i].run(line, why);
	return refuse(why, EINVAL, "which? `tlb profile`");
}

static const struct command command = {
	.name = "tlb",
	.usage = "tlb profile [again] [profile=bbm]",
	.help = "Finds out by experiment what the TLBs of this machine keep.  The result is kept "
		"for this power-on; profile=bbm also tries what breaks the rules.",
	.run = tlb,
};
COMMAND(tlb, command);
