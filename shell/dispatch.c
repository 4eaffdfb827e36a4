/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/dispatch.c - one typed line: a key of the menu, a setting, or a registered command.
 *
 * The syntax decides, in this order: a line that menu_key() accepts; `run=` and `soak=`, which look
 * like settings and are commands; key=value before the first blank; every other line is a command.
 * So `memmap=block` changes a setting, and `add memmap=block` does not.
 */
#include <kern/log.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/memmap/memmap_late.h>
#include <shell/line.h>
#include <shell/screen/progress.h>
#include <shell/settings.h>
#include <shell/shell.h>
#include <shell/target.h>

static const struct command *command_find(const char *name)
{
	reg_for_each (commands, it)
		if (strcmp((*it)->name, name) == 0)
			return *it;
	return NULL;
}

/* `a=b c` is a setting, with a bad value; `run hotplug.* seed=1` is none. */
static bool is_setting(const char *line)
{
	const char *equals = strchr(line, '='), *blank = strchr(line, ' ');

	return equals && equals != line && (!blank || equals < blank);
}

/*
 * Static, because a line with its arguments is 700 bytes and one line is executed at a time.  *name
 * is printed before a refusal.  A word that is no command may be the name of an argument, whose
 * value is then shown.  The target of every command is resolved to a range; a command that needs
 * none ignores it.
 */
static int run_command(const char *text, const char **name, struct why *why)
{
	static char buf[COMMAND_BUF];
	static struct command_line line;
	const struct command *command;
	struct target target;
	int err = command_split(text, buf, &line, &target, why);

	*name = line.name ? line.name : "";
	command = line.name ? command_find(line.name) : NULL;
	if (line.name && !command)
		return setting_show(line.name)
			       ? 0
			       : refuse(why, ENOENT,
					"no such command or key; `help` lists them, `?` explains");
	if (command && !strchr(command->usage, ' ') && *line.rest)
		return refuse(why, EINVAL, "takes no argument: `%.40s`", line.rest);
	if (!err && target.kind != TARGET_NONE) {
		err = target_resolve(&target, &line.start, &line.len, why);
		line.has_target = !err;
	}
	if (err)
		return err;
	progress_begin(command->name);
	err = command->run(&line, why);
	progress_end();
	return err;
}

/* Pasted text can have tabs; typed, Tab is a key of the editor. */
static const char *skip_blanks(const char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

/* Copy the line that the user typed, without blanks at either end. */
static const char *trimmed(const char *typed, char buf[static LINE_MAX])
{
	size_t n;

	snprintf(buf, LINE_MAX, "%s", skip_blanks(typed));
	for (n = strlen(buf); n && (buf[n - 1] == ' ' || buf[n - 1] == '\t'); n--)
		buf[n - 1] = 0;
	return buf;
}

/* A sentence that begins with the command's name is printed without it: "use: -EINVAL: which
 * range?". */
static void print_refusal(const char *name, int err, const char *text)
{
	size_t n = strlen(name);
	char label[64];

	if (strncmp(text, name, n) == 0 && strncmp(text + n, ": ", 2) == 0)
		text += n + 2;
	snprintf(label, sizeof(label), "%.40s: %s: ", name, err_name(err));
	log_wrapped(label, "", 2, text);
}

/* Users of vi type `:` before a command; the menu has `:` alone. */
void shell_line(const char *typed)
{
	struct why why = { 0 };
	char text[LINE_MAX], script[COMMAND_BUF + 8];
	const char *line = trimmed(typed, text), *name = line;
	int err;

	memmap_late_finish(); /* measurements and runs need memory in its final state */
	if (*line == ':' && *skip_blanks(line + 1))
		line = skip_blanks(line + 1);
	if (menu_key(line))
		return;
	if (strncmp(line, "run=", 4) == 0) { /* the script form that screens print */
		snprintf(script, sizeof(script), "run %s", line);
		line = script;
	}
	if (strncmp(line, "soak=", 5) == 0) {
		snprintf(script, sizeof(script), "soak %s", line);
		line = script;
	}
	if (is_setting(line)) {
		err = setting_change(line, &why);
		name = "setting";
	} else {
		err = run_command(line, &name, &why);
	}
	if (err)
		print_refusal(name, err, why.text);
}
