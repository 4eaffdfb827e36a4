/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/memory/withhold.h - RAM that is kept out of use at boot, so that it can be added
 * later, whether an argument, the device tree or UEFI marked it.  Boot CPU only, before the page
 * allocator is up; the registry has all reservations by then.
 */
#pragma once
#include <lib/err.h>
#include <lib/types.h>

/* Memory with a reservation stays in use, together with the memory around it up to this
 * alignment: a block in most geometries. */
#define WITHHOLD_SPARED (128 * MiB)

/* Names the caller that withholds memory, and prints its messages. */
struct withholder {
	const char *prefix; /* prefix of every line: "withhold:" */
	void (*say)(const char *sentence);
	bool says_taken; /* report withheld ranges too, not only those that stay in use */
};

/* Withhold exactly this range.  -EBUSY: it contains a reservation; -ENXIO: it is not all RAM;
 * else the error of the registry (too many ranges). */
int withhold_exactly(paddr_t, u64 len, struct why *);
/* Withhold the RAM inside this range except around reservations, each of which is reported in
 * one line.  Only errors of the registry are returned. */
int withhold_around(const struct withholder *, paddr_t, u64 len, struct why *);
