/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/settings.c - key 0 and `key=value` at the prompt; see settings.h.
 *
 * A word is checked in a copy first (`one`) and stored in boot_args last, because some settings
 * restart the machine: a restart into a value that boot refuses would lose what the user had.
 */
#include <arch/arch.h>
#include <kern/cpu.h>
#include <kern/feature.h>
#include <kern/log.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/kpt.h>
#include <mm/page/buddy.h>
#include <shell/complete.h>
#include <shell/screen/text.h>
#include <shell/settings.h>
#include <shell/shell.h>

/* Another geometry is another boot: the machine restarts in it.  It is not stored in boot_args: the
 * record of the restart has the name, and geometry= of the boot line stays as it was.  Comes back
 * only with a refusal. */
static int change_geometry(const char *name, struct why *why)
{
	const struct pt_fmt *fmt = pt_fmt_find(name);
	char reason[120];

	if (!fmt)
		return refuse(why, ENOENT, "geometry=%s: not known; key 0 lists what is here",
			      name);
	if (!arch_geometry_ok(fmt, reason, sizeof(reason)))
		return refuse(why, EOPNOTSUPP, "geometry=%s: %s", fmt->name, reason);
	restart_to(fmt->name);
}

/* A back end that these CPUs do not have would crash or, worse, invalidate nothing. */
static int usable_tlb(const struct args *a, struct why *why)
{
	const struct tlb_scheme *tlb = tlb_scheme_find(arg_text(a, ARG_TLB), why);
	char reason[120];

	if (!tlb)
		return -EINVAL;
	if (tlb->usable && !tlb->usable(reason, sizeof(reason)))
		return refuse(why, EOPNOTSUPP, "tlb=%s: %s", tlb->s.name, reason);
	return 0;
}

/* The one argument that `a` holds.  After `SOURCE.key=value`, which has a slot behind ARG_NR, it is
 * the last one, and that is not set. */
static enum arg_id only_id(const struct args *a)
{
	unsigned id = 0;

	while (id < ARG_NR - 1 && !a->at[id])
		id++;
	return id;
}

/* `SOURCE.key=value`: only stored; the source's policy is read from boot_args for each event. */
static int change_of_source(const char *word, struct why *why)
{
	int err = args_word(&boot_args, word, why);

	if (!err)
		kprintf("%s\n", word);
	return err;
}

int setting_change(const char *word, struct why *why)
{
	struct args one = { 0 };
	enum arg_id id;
	int err = args_word(&one, word, why);

	if (err)
		return err;
	id = only_id(&one);
	if (!one.at[id])
		return change_of_source(word, why);
	if (id == ARG_GEOMETRY)
		return change_geometry(arg_text(&one, id), why);
	if (id == ARG_EXIT)
		return refuse(why, EINVAL, "%s is for the boot line; key q powers off",
			      arg_table[id].name);
	if (id == ARG_TLB)
		err = usable_tlb(&one, why);
	if (id == ARG_NO)
		err = features_check(arg_text(&one, id), why);
	if (err)
		return err;
	err = args_word(&boot_args, word, why);
	if (err)
		return err;
	if (run_args_boot_only(id))
		restart_to(layout.fmt->name);
	run_args_apply();
	kprintf("%s=%s\n", arg_table[id].name, arg_text(NULL, id));
	return 0;
}

/* ---- key 0 ---- */

/* One line of key 0: name, value, choices; a wrapped line goes on below the choices. */
static void print_choice(const char *name, const char *value, const char *choices)
{
	char label[64];

	snprintf(label, sizeof(label), "  %-14s%-18s ", name, value);
	print_wrapped(label, 35, choices);
}

bool geometry_usable(const struct pt_fmt *fmt)
{
	char reason[120];

	return arch_geometry_ok(fmt, reason, sizeof(reason));
}

/* Those that this CPU walks. */
static void geometries(char *buf, size_t size)
{
	char reason[120];
	size_t at = (size_t)snprintf(buf, size, "restarts:");

	reg_for_each (formats, it)
		if (arch_geometry_ok(*it, reason, sizeof(reason)) && at < size)
			at += (size_t)snprintf(buf + at, size - at, " %s", (*it)->name);
}

static void tlb_schemes(char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = 0;
	reg_for_each (tlb, it)
		if (at < size)
			at += (size_t)snprintf(buf + at, size - at, "%s%s", at ? " " : "",
					       (*it)->s.name);
}

/* Value and choices of an argument that needs no words of its own; `-` for no value, and its help
 * where any text is allowed. */
static void from_table(enum arg_id id)
{
	const struct arg *a = &arg_table[id];
	const char *value = arg_text(NULL, id);
	char choices[160];

	snprintf(choices, sizeof(choices), "%s%s", run_args_boot_only(id) ? "restarts: " : "",
		 a->values ? a->values : a->help);
	print_choice(a->name, *value ? value : "-", choices);
}

/* The cases are the settings whose value of now is not the text that was typed. */
static void setting_print(enum arg_id id)
{
	char value[32], choices[160];

	switch (id) {
	case ARG_GEOMETRY:
		geometries(choices, sizeof(choices));
		return print_choice("geometry", layout.fmt->name, choices);
	case ARG_CPUS:
		snprintf(value, sizeof(value), "%u of %u", cpus_online_nr(), cpus_nr);
		return print_choice("cpus", value, "restarts: how many to start");
	case ARG_TLB:
		tlb_schemes(choices, sizeof(choices));
		return print_choice("tlb", tlb_selected()->s.name, choices);
	case ARG_SEED:
		snprintf(value, sizeof(value), "0x%lx", arg_number(NULL, ARG_SEED));
		return print_choice("seed", value, "any number; the same seed gives the same run");
	default:
		from_table(id);
	}
}

/* Not every argument: those that change what an add, a remove or an invalidation does.  `help args`
 * has all. */
void settings_show(void)
{
	static const u8 shown[] = {
		ARG_GEOMETRY, ARG_CPUS,  ARG_MEMMAP,    ARG_REMOVE,  ARG_DEVICE_REMOVE,
		ARG_LEAF,     ARG_BLOCK, ARG_PLACEMENT, ARG_VMALLOC, ARG_TABLES,
		ARG_WITHHOLD, ARG_TLB,   ARG_SEED,
	};

	for (unsigned i = 0; i < ARRAY_SIZE(shown); i++)
		setting_print(shown[i]);
	kputs("NAME=VALUE at the prompt changes one; `restarts` ones boot the machine again.\n");
}

bool setting_show(const char *name)
{
	for (unsigned id = 0; id < ARG_NR; id++)
		if (!strcmp(arg_table[id].name, name)) {
			setting_print(id);
			return true;
		}
	return false;
}
