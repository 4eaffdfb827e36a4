/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/compare/compare.h - schemes of an axis side by side: `compare AXIS`, `compare=AXIS`.
 *
 * A COMPARISON is one table of one axis: each row is a scheme, each column a measured value.
 * `compare AXIS` prints every table of the axis.  One file in shell/compare/ or in EXTRA= makes a
 * table; a scheme of EXTRA= has its row in each table of its axis.
 *
 * A table has no verdict: `make scheme` checks the promises of a scheme.  It runs in the boot CPU's
 * worker at the prompt, no lock held, while no test runs.
 */
#pragma once
#include <lib/reg.h>
#include <shell/axis.h>
#include <shell/command.h>

#define COMPARE_COLUMNS 12
/* A value that this machine, or this scheme, does not have: `-`. */
#define COMPARE_NONE (~0ul)

enum compare_kind {
	COMPARE_COUNT,   /* as it is */
	COMPARE_COST,    /* of cost_now(): shown in millions, two decimals ... */
	COMPARE_HUNDRED, /* hundredths, of a time: likewise; ... fewer if the column is full */
	COMPARE_TIME     /* found by times: shown as it is */
};

struct compare_column {
	const char *key;  /* in `#: compare`: "tlbis" */
	const char *head; /* on the screen, at most `width` characters; NULL: the key */
	u8 width;
	u8 kind;             /* enum compare_kind */
	const char *meaning; /* a line below the table, or NULL if the head is clear */
};

struct comparison {
	const char *axis;                     /* a name of shell/axis.h */
	const char *table;                    /* in `#: compare`: "cycle" */
	const char *what;                     /* the heading: the work that each scheme executes */
	const struct compare_column *columns; /* at most COMPARE_COLUMNS; ends with a NULL key */
	/* Measure unsafe schemes too: in trees of the table's own, or while no CPU uses what they
	 * free.  False: they have a line with the reason why they are left out. */
	bool unsafe;
	/* Before the first row.  A refusal ends the command; -ENODEV (the machine lacks a feature)
	 * is printed and ends this table only.  NULL: nothing to do.  `subject`, the object of the
	 * measurement, is appended to the heading. */
	int (*begin)(const struct command_line *, char *subject, size_t size, struct why *);
	/* One row; all values are COMPARE_NONE before.  Puts the scheme in force and restores the
	 * previous one, also after a refusal. */
	int (*measure)(const struct axis *, const struct scheme *, u64 value[COMPARE_COLUMNS],
		       struct why *);
	void (*end)(void); /* after the last row, unless begin() refused; NULL: nothing to do */
	const char *note;  /* the last line, or NULL */
};
REG_DECLARE(comparisons, struct comparison);
#define COMPARISON(id, object) REGISTER(comparisons, id, object)

/* The heading's unit of a COMPARE_COST: "ms" or "M instr", as cost_now() counts. */
const char *compare_unit(void);
/*
 * The word compare= of the boot line: every table of the axes that the list names ("all", "A,B"),
 * as screens and as the lines of docs/OUTPUT.md.  The verdict is `error` if an axis does not exist
 * or a row is refused.
 */
void compare_and_report(const char *axes);
