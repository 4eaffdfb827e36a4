/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/complete.h - candidates for the word at the cursor: commands, arguments and their values,
 * names of tests, groups and benchmarks, and the words of a command's usage line.  Pure.
 *
 * Ranges, sizes and numbers are not completed.  The completed part begins after the last blank,
 * `?`, `=` or `,` before the cursor.  In all functions `line` is a terminated text of at least `at`
 * characters, of which the first `at` count; text after the cursor is ignored.
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

/* Find the number of candidates and their common part.  Writes the whole struct; nr is 0 when there
 * is none. */
void complete(const char *line, unsigned at, struct completion *);
/* Call `one` for each candidate, with `arg`.  The text is valid during the call only.  Commands are
 * in alphabetical order, the rest in that of its table; a name may be passed twice. */
void complete_each(const char *line, unsigned at, void (*one)(const char *text, void *arg),
		   void *arg);
/* Print the candidates in columns, 79 wide, and a newline; nothing when there is none. */
void complete_list(const char *line, unsigned at);

/* Can this machine boot in this geometry?  Defined in shell/settings.c, because it queries the CPU,
 * and complete.c is also built on the host (tests/host/shell defines its own). */
bool geometry_usable(const struct pt_fmt *);
