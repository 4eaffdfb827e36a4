/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/san/race.h - shared by the files of SAN=race: the watch (race.c), the functions that the
 * compiler calls (race_calls.c), and the report (race_report.c).
 */
#pragma once
#include <lib/types.h>

enum { RACE_LOAD, RACE_STORE = 1, RACE_MARKED = 2 };

struct race_access {
	u64 va, pc; /* pc: behind the call */
	u32 bytes;
	u8 kind; /* RACE_STORE | RACE_MARKED */
	u8 cpu;
};

/* This CPU is about to do that; any context, once the tables of boot are live. */
void race_access(u64 va, u64 pc, u32 bytes, u8 kind);
/* `b`: the access that was met; NULL: the value changed, and nobody was. */
void race_found(const struct race_access *a, const struct race_access *b, u64 before, u64 after);
/* From here on nothing is watched. */
void race_end(void);
