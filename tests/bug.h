/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/bug.h - mistakes made on purpose, one file each in tests/bugs/.
 *
 * A bug says what it breaks and which detector has to notice.  `bug=NAME` makes the mistake during
 * every test of a run; the tests bugs.* make each one once: with it the named detector notices,
 * without it no detector does.
 */
#pragma once
#include <mm/taps/inject.h>
#include <tests/util.h>

struct bug {
	const char *name;      /* bug=NAME */
	const char *breaks;    /* what is done wrong */
	const char *precedent; /* the same mistake elsewhere, NULL: none is known */
	const char *detector;  /* of tests/detect.c, the one that has to notice */
	bool (*bend)(struct pt_event *);
	void (*after)(const struct pt_event *); /* NULL, or what follows later */
	void (*begin)(void);                    /* NULL, or forget the last time */
};

REG_DECLARE(bugs, struct bug);
#define BUG(id, object) REGISTER(bugs, id, object)

const struct bug *bug_find(const char *name);
void bug_begin(const struct bug *);
u64 bug_end(void); /* events that it swallowed or changed by being there */

/* The body of a test bugs.NAME. */
void bug_check(struct test_run *, const struct bug *);

/* ---- detectors: each looks at one removal of a primed block; the number of alarms ---- */
struct detector {
	const char *name;
	const char *what; /* it looks at */
	u32 (*alarms)(void);
};
extern const struct detector detectors[];
extern const unsigned detectors_nr;
const struct detector *detector_find(const char *name);
/* One add and remove of a block, primed and probed, under the eyes of all detectors. */
bool detect_round(struct test_run *, const struct bug *);
