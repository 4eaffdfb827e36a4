/* SPDX-License-Identifier: BSD-2-Clause */
/* shell/cmd_features.c - what `no=` can switch off: is it here, and which register or table says
 * so? */
#include <kern/feature.h>
#include <kern/log.h>
#include <lib/printf.h>
#include <mm/kernel/kpt.h>
#include <mm/pt/pt.h>
#include <shell/command.h>
#include <shell/screen/text.h>
#include <shell/shell.h>

/* Two facts, in two words: whether the CPU has it, and whether no= keeps hotplate from using it.
 * `says` is the register and the value from which the first was read. */
static void print_feature(const struct feature *f, bool off)
{
	char label[32], says[100], text[200];
	bool here = arch_feature_here(f, says, sizeof(says));

	snprintf(label, sizeof(label), "%-10s %-8s", f->name,
		 !here ? "not here"
		 : off ? "not used"
		       : "here");
	snprintf(text, sizeof(text), "%s (%s)", f->what, says);
	print_wrapped(label, 20, text);
}

/* The capabilities at the end are the result: what all CPUs have in common and page tables may
 * use. */
static int features(const struct command_line *line, struct why *why)
{
	(void)line;
	(void)why;
	features_each(print_feature);
	kprintf("Capabilities of the page tables, common to all CPUs: 0x%x.\n", kpt.caps);
	return 0;
}

static const struct command command = {
	.name = "features",
	.group = GROUP_MACHINE,
	.usage = "features",
	.help = "Lists the CPU features that no=NAME switches off; the machine then "
		"restarts without them.",
	.run = features,
};
COMMAND(features, command);
