/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/command.h - commands of the prompt, each (or each family) in one file shell/cmd_*.c.
 *
 *   COMMAND [ADDR+SIZE | node N | blocks A-B] [key=value ...]
 *
 * A command runs on the boot CPU, in its worker, with interrupts on and no lock held; it may sleep,
 * read lines and restart the machine.  Its line is one static object (shell/dispatch.c): a command
 * must not read its line after a call of shell_line().
 */
#pragma once
#include <kern/args.h>
#include <lib/reg.h>

/* A line after command_split() (shell/target.h).  The strings belong to the caller of run() and are
 * valid until it returns; a command that keeps one longer copies it.  Words in `args` were checked
 * against the table of arguments; an argument that the user did not type has its value from
 * boot_args. */
struct command_line {
	const char *name;
	const char *rest;     /* the text after the name, unparsed */
	const char *words[8]; /* plain words, in order, without the target */
	unsigned nr_words;
	bool has_target;  /* a range was named */
	u64 start, len;   /* the target as a physical range */
	struct args args; /* key=value words */
};

/* The heading of `help` under which a command is listed. */
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
 * small letters are offered literally, `key=` and `key=value` as arguments, capitals never. The
 * first `.` in `help` ends its first sentence. */
struct command {
	const char *name;
	enum command_group group;
	const char *usage; /* "add [ADDR+SIZE | node N | blocks A-B] [memmap=...]" */
	const char *help;  /* third person; `help` shows the first sentence, `? NAME` all of it */
	/* 0, or a negative code and its sentence, which the dispatcher prints after the name.  A
	 * command that has printed its own complaint returns 0. */
	int (*run)(const struct command_line *, struct why *);
};
/* In link order, not sorted. */
REG_DECLARE(commands, struct command);
#define COMMAND(id, object) REGISTER(commands, id, object)

/* Execute one line as a user types it: a key of the menu, `key=value`, or a command.  A refusal is
 * printed as one line, `NAME: -ECODE: sentence`, and not returned.  Blanks at either end are
 * ignored; the line is cut after 255 characters. */
void shell_line(const char *line);
/*
 * The end of boot: print the banner, execute the boot arguments (run=, soak=, bench=, exit) or
 * continue the run or soak from before the restart, and then read lines forever.  With `exit` it
 * powers the machine off instead.  Called once, on the boot CPU, after all initialization.
 */
NORETURN void shell_main(void);
