/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/compare/compare.h - schemes of an axis side by side: `compare AXIS`, `compare=AXIS`.
 *
 * A COMPARISON is one table of one axis: a row a scheme, a column a measured value.  `compare AXIS`
 * shows every table of the axis.  One file in shell/compare/ makes a table, or one of EXTRA=;
 * a scheme that EXTRA= brings has its row in each table of its axis.
 *
 * A table never judges: a scheme that its promises refuse is refused by `make scheme`.  It runs on
 * the boot CPU's worker at the prompt, no lock held, while no test runs.
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
	COMPARE_COST,    /* of cost_now(): shown in millions, two digits behind the point ... */
	COMPARE_HUNDRED, /* hundredths, of a time: likewise; ... fewer where the column is full */
	COMPARE_TIME     /* found by times: shown as it is */
};

struct compare_column {
	const char *key;  /* in `#: compare`: "tlbis" */
	const char *head; /* on the screen, at most `width` characters; NULL: the key */
	u8 width;
	u8 kind;             /* enum compare_kind */
	const char *meaning; /* a line below the table, or NULL where the head says it */
};

struct comparison {
	const char *axis;                     /* a name of shell/axis.h */
	const char *table;                    /* in `#: compare`: "cycle" */
	const char *what;                     /* the heading: what was done to each scheme */
	const struct compare_column *columns; /* at most COMPARE_COLUMNS; ends with a NULL key */
	/* Schemes that say they are unsafe are measured too: in trees of the table's own, where
	 * they harm nobody.  Else they have a line that says why they are left out. */
	bool unsafe;
	/* Before the first row.  A refusal ends the command; -ENODEV is said, and ends this table
	 * alone: the machine has not what it takes.  NULL: nothing.  `subject` is appended
	 * to the heading: what the rows were measured on. */
	int (*begin)(const struct command_line *, char *subject, size_t size, struct why *);
	/* One row; all values are COMPARE_NONE before.  The scheme is put in force and what was in
	 * force is put back here, also after a refusal. */
	int (*measure)(const struct axis *, const struct scheme *, u64 value[COMPARE_COLUMNS],
		       struct why *);
	void (*end)(void); /* after the last row, if begin() did not refuse; NULL: nothing */
	const char *note;  /* the last line, or NULL */
};
REG_DECLARE(comparisons, struct comparison);
#define COMPARISON(id, object) REGISTER(comparisons, id, object)

/* The heading's unit of a COMPARE_COST: "ms" or "M instr", as cost_now() counts. */
const char *compare_unit(void);
/*
 * The word compare= of the boot line: every table of the axes that the list names ("all", "A,B"),
 * as screens and as the lines of docs/OUTPUT.md.  The verdict is `error` where an axis does not
 * exist or a row was refused.
 */
void compare_and_report(const char *axes);
