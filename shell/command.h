/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/command.h - words at the prompt.  One file a command (or family) in shell/cmd_*.c.
 *
 *   COMMAND [ADDR+SIZE | node N | blocks A-B] [key=value ...]
 *
 * A command runs on the boot CPU, in its worker, with interrupts on and no lock held; it may sleep,
 * read lines and restart the machine.  The line that it gets is one static object
 * (shell/dispatch.c): a command must not call shell_line() and then read on in its own line.
 */
#pragma once
#include <kern/args.h>
#include <lib/reg.h>

/* A line after command_split() (shell/target.h).  The strings belong to the caller of run() and
 * last until it returns; a command that keeps one longer copies it.  Words in `args` were checked
 * against the table of arguments; what the user did not give has the value of boot_args. */
struct command_line {
	const char *name;
	const char *rest;     /* what follows the name, unparsed */
	const char *words[8]; /* plain words, in order, without the target */
	unsigned nr_words;
	bool has_target;  /* a range was named */
	u64 start, len;   /* the target as a physical range */
	struct args args; /* key=value words */
};

/* The heading of `help` under which a command stands. */
enum command_group { /* in the order of `help` */
		     GROUP_MEMORY,
		     GROUP_DEVICES,
		     GROUP_LOOK,
		     GROUP_TESTS,
		     GROUP_MACHINE,
		     GROUP_SESSION,
		     GROUP_NR
};

/* One registered command.  `usage` is also what Tab completes from (shell/complete.c): words in
 * small letters are offered as they stand, `key=` and `key=value` as arguments, capitals never.
 * The first `.` in `help` ends its first sentence, so none may stand inside that. */
struct command {
	const char *name;
	enum command_group group;
	const char *usage; /* "add [ADDR+SIZE | node N | blocks A-B] [memmap=...]" */
	const char *help;  /* third person; `help` shows the first sentence, `? NAME` all of it */
	/* 0, or a negative code and its sentence, which the dispatcher prints behind the name.  A
	 * command that printed its own complaint returns 0, else the user reads it twice. */
	int (*run)(const struct command_line *, struct why *);
};
/* In link order, which is not the alphabet: lists sort for themselves. */
REG_DECLARE(commands, struct command);
#define COMMAND(id, object) REGISTER(commands, id, object)

/* Do one line as a user typed it: a key of the menu, `key=value`, or a command.  A refusal is
 * printed as one line, `NAME: -ECODE: sentence`; nothing is returned, as nobody but the user has to
 * know. Blanks at either end do not count; what is beyond 255 characters is cut off. */
void shell_line(const char *line);
/*
 * The end of boot: says the banner, does what the boot arguments ask for (run=, soak=, bench=,
 * exit), or goes on with the run or soak of the last life, and then reads lines for ever.  Called
 * once, on the boot CPU, when everything is up; with `exit` it powers the machine off instead.
 */
NORETURN void shell_main(void);
