/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/memory/withhold.h - RAM that is withheld at boot, so that it can be added later: by an
 * argument, the device tree or UEFI's map.  Boot CPU only, after all reservations are in the
 * registry and before the page allocator is initialised.
 */
#pragma once
#include <lib/err.h>
#include <lib/types.h>

/* Memory with a reservation stays in use, together with the memory around it up to this
 * alignment: a block in most geometries. */
#define WITHHOLD_SPARED (128 * MiB)

/* The caller's prefix, and its function for messages. */
struct withholder {
	const char *prefix; /* prefix of every line: "withhold:" */
	void (*log)(const char *sentence);
	bool log_withheld; /* report withheld ranges too, not only those that stay in use */
};

/* Withhold exactly this range.  -EBUSY: it contains a reservation; -ENXIO: it is not all RAM;
 * else the error of the registry (too many ranges). */
int withhold_exactly(paddr_t, u64 len, struct why *);
/* Withhold the RAM inside this range except around reservations, each of which is reported in
 * one line.  Only errors of the registry are returned. */
int withhold_around(const struct withholder *, paddr_t, u64 len, struct why *);
