/* SPDX-License-Identifier: BSD-2-Clause */
/* shell/cmd_features.c - features: what `no=` can switch off, whether this machine has it, and the
 * register or table that shows it. */
#include <kern/feature.h>
#include <kern/log.h>
#include <lib/printf.h>
#include <mm/kernel/kpt.h>
#include <mm/pt/pt.h>
#include <shell/command.h>
#include <shell/screen/text.h>
#include <shell/shell.h>

/* Prints whether the CPU has the feature, and whether no= keeps hotplate from using it.  `source`
 * is the register, with its value, that shows the first. */
static void print_feature(const struct feature *f, bool off)
{
	char label[32], source[100], text[200];
	bool here = arch_feature_here(f, source, sizeof(source));

	snprintf(label, sizeof(label), "%-10s %-8s", f->name,
		 !here ? "not here"
		 : off ? "not used"
		       : "here");
	snprintf(text, sizeof(text), "%s (%s)", f->what, source);
	print_wrapped(label, 20, text);
}

/* The last line has the result: the capabilities that all CPUs share and page tables may use. */
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
