/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/promises.h - the promises of schemes (mm/policy/policy.h), and the tests that a
 * scheme with such a promise must pass.  `make scheme` runs exactly these.
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
	const char *host;  /* tests/host/HOST_ARCH checks it too, if an emulator cannot show a
			      failure; or NULL */
};
extern const struct promise promises[PROMISE_NR];

/* For tests of every scheme: does it make this promise, and is no other scheme chosen by the
 * argument? */
bool promise_under_test(const struct scheme *, u32 promise, enum arg_id axis);
