/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/bug.h - mistakes made on purpose, one file each in tests/mutants/bugs/.  A bug
 * states its mistake and the detector that has to notice it.  `bug=NAME` makes the mistake during
 * every test of a run; the tests bugs.* make each one once: with it the named detector must notice,
 * without it none may.
 */
#pragma once
#include <mm/pt/taps/inject.h>
#include <tests/harness/util.h>

struct bug {
	const char *name;      /* bug=NAME */
	const char *breaks;    /* the mistake, as a sentence */
	const char *precedent; /* the same mistake elsewhere, NULL: none is known */
	const char *detector;  /* of tests/harness/detect.c: the one that must notice */
	bool (*bend)(struct pt_event *);
	void (*after)(const struct pt_event *); /* NULL, or called after the event */
	void (*begin)(void);                    /* NULL, or reset the state */
};

REG_DECLARE(bugs, struct bug);
#define BUG(id, object) REGISTER(bugs, id, object)

const struct bug *bug_find(const char *name);
void bug_begin(const struct bug *);
u64 bug_end(void); /* switch off; events that it dropped or changed */

/* For key 8: which detector noticed which bug, in the tests bugs.* since bugs_seen_begin(). */
void bugs_seen_begin(void);
void bugs_seen_show(void);

/* The body of a test bugs.NAME. */
void bug_check(struct test_run *, const struct bug *);

/* ---- detectors: each observes one removal of a primed block and returns its number of alarms
 * ---- */
struct detector {
	const char *name;
	const char *what; /* meaning of its count */
	u32 (*alarms)(void);
};
extern const struct detector detectors[];
extern const unsigned detectors_nr;
#define DETECTORS 2 /* that many */
const struct detector *detector_find(const char *name);
/* One add and remove of a block, primed and probed, observed by all detectors. */
bool detect_round(struct test_run *, const struct bug *);
