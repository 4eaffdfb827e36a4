/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/complete.h - what the word at the cursor could become: commands, arguments and their
 * values, names of tests, groups and benchmarks, and whatever a command's usage line names.  Pure.
 *
 * Ranges, sizes and numbers are typed.  The part that is completed begins behind the last blank,
 * `?`, `=` or `,` before the cursor.  In all functions `line` is a terminated text of at least `at`
 * characters, of which the first `at` count; what lies behind the cursor decides nothing.
 */
#pragma once
#include <mm/pt/pt.h>

/* Room for the longest candidate, the name of a test with its parameter (TEST_NAME_MAX). */
#define COMPLETE_MAX 96

struct completion {
	unsigned nr;             /* candidates */
	size_t typed;            /* characters before the cursor that all of them begin with */
	char text[COMPLETE_MAX]; /* the beginning that they share; with one candidate, all of it */
	bool whole;              /* one candidate, and a blank may follow it */
};

/* The answer to a Tab: how many candidates there are, and what they share.  The struct is the
 * caller's and is written whole; nr is 0 when there is none. */
void complete(const char *line, unsigned at, struct completion *);
/* Call `one` for each candidate, with `arg`.  The text lasts for the call alone.  Commands come in
 * the order of the alphabet, the rest in that of its table; a name may come twice. */
void complete_each(const char *line, unsigned at, void (*one)(const char *text, void *arg),
		   void *arg);
/* Print the candidates in columns, 79 wide, and a newline; nothing when there is none. */
void complete_list(const char *line, unsigned at);

/* Can this machine be booted into it?  Defined in shell/settings.c, because it asks the CPU, and
 * this file is also built on the host (tests/host/shell has its own). */
bool geometry_usable(const struct pt_fmt *);
