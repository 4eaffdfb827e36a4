/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/select.h - the registered tests that a glob matches, in order of name, with their
 * parameters.  Pure.
 *
 * A glob without `/` names a test with all its parameters; with `/` it is matched against
 * group.test/param.  `quick` is every test that is not slow, `all` every test.
 */
#pragma once
#include <tests/harness/test.h>

#define TEST_NAME_MAX 96

struct selected {
	const struct test_entry *entry;
	const char *param; /* NULL without parameters */
	unsigned param_at; /* its index among them */
};

struct select {
	const char *glob;
	unsigned at, param; /* position */
};

void select_begin(struct select *, const char *glob);
bool select_next(struct select *, struct selected *out);
unsigned select_count(const char *glob, unsigned *slow);
/* "group.test" or "group.test/param" into buf. */
const char *select_name(const struct selected *, char buf[static TEST_NAME_MAX]);
/* The test of exactly this name (no parameter), or NULL. */
const struct test *select_find(const char *name);
/* Hash over all registered names and `.rev`, in any order: the suite id. */
u32 select_suite_id(void);
