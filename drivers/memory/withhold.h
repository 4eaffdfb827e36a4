/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/memory/withhold.h - RAM that exists and is kept out of the boot, so that it can come
 * later. Whoever marks it (an argument, the device tree, UEFI), it is taken here.  Boot only.
 */
#pragma once
#include <lib/err.h>
#include <lib/types.h>

/* What holds something reserved stays in use, and this much around it: a block, in most geometries.
 */
#define WITHHOLD_SPARED (128 * MiB)

struct withholder {
	const char *who; /* begins every line: "withhold:" */
	void (*say)(const char *sentence);
	bool says_taken; /* what is taken as well, not only what is not */
};

/* Exactly this range: -EBUSY it holds something, -ENXIO it is not all RAM. */
int withhold_exactly(paddr_t, u64 len, struct why *);
/* The RAM inside of this range, but for what is reserved there; which is one line. */
int withhold_around(const struct withholder *, paddr_t, u64 len, struct why *);
