/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/err.h - errors are negative codes with a name, refusals carry one sentence.
 *
 * Numbers are Linux's, so a reader of either knows both.  A function that can refuse takes a
 * `struct why *` (may be NULL) and returns refuse(why, EBUSY, "memmap of blocks ...").
 */
#pragma once
#include <lib/types.h>

enum {
	EPERM = 1,
	ENOENT = 2,
	EIO = 5,
	ENXIO = 6,
	EAGAIN = 11,
	ENOMEM = 12,
	EFAULT = 14,
	EBUSY = 16,
	EEXIST = 17,
	ENODEV = 19,
	EINVAL = 22,
	ERANGE = 34,
	EOPNOTSUPP = 95,
	ETIMEDOUT = 110,
	ECANCELED = 125,
};

struct why {
	int code;       /* negative, 0 while nothing was refused */
	char text[184]; /* one sentence: what, where, why; no newline */
};

const char *err_name(int code); /* "-EBUSY"; "-E?" for a code not listed above */
/* Record the sentence, which is cut to fit, and return -code.  `code` is positive; `why` may be
 * NULL. Takes no lock: any context. */
int refuse(struct why *why, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);
