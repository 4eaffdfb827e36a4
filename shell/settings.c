/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/settings.c - key 0 and `key=value` at the prompt; see settings.h.
 *
 * A word is checked in a copy first (`one`) and stored in boot_args last, because some settings
 * restart the machine: a restart with a value that boot refuses would lose the user's settings.
 */
#include <arch/arch.h>
#include <kern/cpu.h>
#include <kern/feature.h>
#include <kern/log.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/kernel/kpt.h>
#include <mm/page/buddy.h>
#include <shell/axis.h>
#include <shell/complete.h>
#include <shell/screen/text.h>
#include <shell/settings.h>
#include <shell/shell.h>

/* Restart the machine in another geometry.  It is not stored in boot_args: the record of the
 * restart has the name, and geometry= of the boot line is unchanged.  Returns only with a
 * refusal. */
static int change_geometry(const char *name, struct why *why)
{
	const struct pt_fmt *fmt = pt_fmt_find(name);
	char reason[120];

	if (!fmt)
		return refuse(why, ENOENT, "geometry=%s: not known; key 0 lists those of this CPU",
			      name);
	if (!arch_geometry_ok(fmt, reason, sizeof(reason)))
		return refuse(why, EOPNOTSUPP, "geometry=%s: %s", fmt->name, reason);
	restart_to(fmt->name);
}

/* The one argument that `a` holds.  `SOURCE.key=value` has a slot beyond ARG_NR: the result is then
 * the last argument, which is not set. */
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

/* Put the value in force, by a restart if necessary. */
static int changed(enum arg_id id)
{
	const char *value;

	if (run_args_boot_only(id))
		restart_to(layout.fmt->name);
	run_args_apply();
	value = arg_text(NULL, id);
	if (*value)
		kprintf("%s=%s\n", arg_table[id].name, value);
	else
		kprintf("%s: none is given now\n", arg_table[id].name);
	return 0;
}

/* `NAME=` removes a setting; so does `NAME=none` if the default is no value.  -ENOENT: the word is
 * neither. */
static int take_back(const char *word)
{
	const char *eq = strchr(word, '=');
	int id = eq ? arg_find(word, (size_t)(eq - word)) : -1;

	if (id < 0 || id == ARG_EXIT || id == ARG_GEOMETRY)
		return -ENOENT;
	if (eq[1] && (strcmp(eq + 1, "none") != 0 || *arg_table[id].dflt || id == ARG_WITHHOLD))
		return -ENOENT;
	args_forget(&boot_args, (enum arg_id)id);
	return changed((enum arg_id)id);
}

int setting_change(const char *word, struct why *why)
{
	struct args one = { 0 };
	enum arg_id id;
	int err = take_back(word);

	if (err != -ENOENT)
		return err;
	err = args_word(&one, word, why);
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
	err = run_args_check(id, arg_text(&one, id), why);
	if (!err && id == ARG_NO)
		err = features_check(arg_text(&one, id), why);
	if (err)
		return err;
	err = args_word(&boot_args, word, why);
	if (err)
		return err;
	return changed(id);
}

/* ---- key 0 ---- */

/* One line of key 0: name, value, choices; a wrapped line continues below the choices. */
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

/* Those that this CPU supports. */
static void geometries(char *buf, size_t size)
{
	char reason[120];
	size_t at = (size_t)snprintf(buf, size, "restarts:");

	reg_for_each (formats, it)
		if (arch_geometry_ok(*it, reason, sizeof(reason)) && at < size)
			at += (size_t)snprintf(buf + at, size - at, " %s", (*it)->name);
}

/* The schemes that this image has, and a warning where the one in force is unsafe. */
static void scheme_setting(const struct axis *axis, const char *value)
{
	const struct scheme *s = axis_named(axis, value);
	char names[160], choices[400];

	axis_names(axis, names, sizeof(names));
	snprintf(choices, sizeof(choices), "%s%s%s%s",
		 run_args_boot_only(axis->arg) ? "restarts: " : "", names,
		 s && s->unsafe ? "; UNSAFE: " : "", s && s->unsafe ? s->unsafe : "");
	print_choice(axis->name, value, choices);
}

/* Value and choices of an argument without a case of its own; `-` for no value, and its help text
 * as choices if any text or name is allowed. */
static void from_table(enum arg_id id)
{
	const struct arg *a = &arg_table[id];
	const char *value = arg_text(NULL, id);
	char choices[160];

	snprintf(choices, sizeof(choices), "%s%s", run_args_boot_only(id) ? "restarts: " : "",
		 a->values && strcmp(a->values, "NAME") ? a->values : a->help);
	print_choice(a->name, *value ? value : "-", choices);
}

/* The cases are the settings whose current value is not the typed text. */
static void setting_print(enum arg_id id)
{
	const struct axis *axis = axis_of_arg(id);
	char value[32], choices[160];

	switch (id) {
	case ARG_GEOMETRY:
		geometries(choices, sizeof(choices));
		return print_choice("geometry", layout.fmt->name, choices);
	case ARG_CPUS:
		snprintf(value, sizeof(value), "%u of %u", cpus_online_nr(), cpus_nr);
		return print_choice("cpus", value, "restarts: how many to start");
	case ARG_TLB:
		return scheme_setting(axis, tlb_selected()->s.name);
	default:
		if (axis)
			scheme_setting(axis, arg_text(NULL, id));
		else
			from_table(id);
	}
}

/* Lists the arguments that affect an add, a remove or an invalidation; `help args` has all. */
void settings_show(void)
{
	static const u8 shown[] = {
		ARG_GEOMETRY, ARG_CPUS,     ARG_MEMMAP,    ARG_REMOVE,  ARG_DEVICE_REMOVE,
		ARG_LEAF,     ARG_BLOCK,    ARG_PLACEMENT, ARG_VMALLOC, ARG_TABLES,
		ARG_NEWMAP,   ARG_WITHHOLD, ARG_TLB,       ARG_TLB_MAX, ARG_CONTIG,
		ARG_POISON,   ARG_SEED,     ARG_BUG,       ARG_SCREEN,  ARG_COLOR,
	};

	for (unsigned i = 0; i < ARRAY_SIZE(shown); i++)
		setting_print(shown[i]);
	kputs("NAME=VALUE changes one, NAME= resets it; `restarts`: the machine boots again.\n");
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
