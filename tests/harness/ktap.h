/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/ktap.h - the output contract (docs/OUTPUT.md, format=1): every line that a tool
 * reads is written here and nowhere else.
 */
#pragma once
#include <lib/types.h>

#define OUTPUT_FORMAT 1

enum verdict {
	VERDICT_PASS,
	VERDICT_FAIL,
	VERDICT_SKIP,
	VERDICT_XFAIL,
	VERDICT_XPASS,
	VERDICT_ERROR,
	VERDICT_NR
};

struct totals {
	u32 count[VERDICT_NR];
};

struct ktap_result {
	enum verdict verdict;
	const char *geometry, *name;
	unsigned nr;
	const char *could; /* "yes", "no", "trace" */
	const char *keys;  /* more k=v pairs, or "" */
	/* The text after `# `: "reason" of a skip, slug of a known failure, "TIMEOUT 30 s",
	 * "ERROR crash: ..."; NULL otherwise. */
	const char *note;
};

const char *verdict_word(enum verdict);
void ktap_begin(unsigned geometries);
void ktap_subtest(const char *geometry, unsigned tests);
void ktap_result(const struct ktap_result *);
/* Before the result of a failed test: that of the second run, which does not count. */
void ktap_again(enum verdict, const char *geometry, const char *name, u64 ms);
/* `note`: why no test of it ran, or NULL. */
void ktap_subtest_end(unsigned nr, const char *geometry, bool ok, const char *note);
void ktap_totals(const struct totals *);
/* "pass", "fail", "error": of all results together. */
const char *totals_verdict(const struct totals *);
unsigned totals_sum(const struct totals *);
/* `keys`: further pairs of the end line, or ""; then the terminator. */
void ktap_end(const char *verdict, const char *keys);
