/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/promises.h - what a scheme may promise (mm/policy/policy.h), and the tests that a
 * scheme must pass which promises it.  `make scheme` runs exactly these.
 */
#pragma once
#include <kern/args.h>
#include <mm/policy/policy.h>

struct promise {
	u32 bit; /* enum scheme_promise */
	const char *axis, *name;
	const char *claim; /* of the scheme that promises it */
	const char *tests; /* as run= takes them */
	const char *row;   /* of docs/CATALOGUE.md */
	const char *host;  /* tests/host/HOST_ARCH asks as well, where an emulator shows nothing; or
			      NULL */
};
extern const struct promise promises[PROMISE_NR];

/* For tests that ask every scheme which promises something: this one, or another given by its
 * argument? */
bool promise_asked(const struct scheme *, u32 promise, enum arg_id axis);
