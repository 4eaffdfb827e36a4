/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/complete.h - what the word at the cursor could become: commands, arguments and their
 * values, names of tests, groups and benchmarks, and whatever a command's usage line names.  Pure.
 *
 * Ranges, sizes and numbers are typed.  The part that is completed begins behind the last blank,
 * `=` or `,` before the cursor.
 */
#pragma once
#include <mm/pt/pt.h>

#define COMPLETE_MAX 96

struct completion {
	unsigned nr;             /* candidates */
	size_t typed;            /* characters before the cursor that all of them begin with */
	char text[COMPLETE_MAX]; /* the beginning that they share; with one candidate, all of it */
	bool whole;              /* one candidate, and a blank may follow it */
};

/* The line's first `at` characters count. */
void complete(const char *line, unsigned at, struct completion *);
void complete_each(const char *line, unsigned at, void (*one)(const char *text, void *arg),
		   void *arg);
/* The candidates in columns, 79 wide. */
void complete_list(const char *line, unsigned at);

/* Elsewhere (shell/settings.c): can this machine be booted into it? */
bool geometry_usable(const struct pt_fmt *);
