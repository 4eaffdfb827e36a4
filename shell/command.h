/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/command.h - words at the prompt.  One file a command (or family) in shell/cmd_*.c.
 *
 *   COMMAND [ADDR+SIZE | node N | blocks A-B] [key=value ...]
 */
#pragma once
#include <kern/args.h>
#include <lib/reg.h>

struct command_line {
	const char *name;
	const char *rest;     /* what follows the name, unparsed */
	const char *words[8]; /* plain words, in order, without the target */
	unsigned nr_words;
	bool has_target;  /* a range was named */
	u64 start, len;   /* the target as a physical range */
	struct args args; /* key=value words */
};

enum command_group { /* in the order of `help` */
		     GROUP_MEMORY,
		     GROUP_DEVICES,
		     GROUP_LOOK,
		     GROUP_TESTS,
		     GROUP_MACHINE,
		     GROUP_SESSION,
		     GROUP_NR
};

struct command {
	const char *name;
	enum command_group group;
	const char *usage; /* "add [ADDR+SIZE | node N | blocks A-B] [memmap=...]" */
	const char *help;  /* third person; `help` shows the first sentence, `? NAME` all of it */
	int (*run)(const struct command_line *, struct why *);
};
REG_DECLARE(commands, struct command);
#define COMMAND(id, object) REGISTER(commands, id, object)

/* One line as typed; prints what it does, and one clear line when it cannot. */
void shell_line(const char *line);
NORETURN void shell_main(void); /* run= and exit first, then the menu */
