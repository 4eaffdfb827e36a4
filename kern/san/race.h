/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/san/race.h - shared by the files of SAN=race: the watch (race.c), the functions that the
 * compiler calls (race_calls.c), and the report (race_report.c).
 */
#pragma once
#include <lib/types.h>

enum { RACE_LOAD, RACE_STORE = 1, RACE_MARKED = 2 };

struct race_access {
	u64 va, pc; /* pc: after the call */
	u32 bytes;
	u8 kind; /* RACE_STORE | RACE_MARKED */
	u8 cpu;
};

/* Called before this CPU's access; any context, once the tables of boot are live. */
void race_access(u64 va, u64 pc, u32 bytes, u8 kind);
/* `b`: the access that was caught; NULL: the value changed, and none was caught. */
void race_found(const struct race_access *a, const struct race_access *b, u64 before, u64 after);
/* No watchpoint is set from here on. */
void race_end(void);
