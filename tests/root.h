/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/root.h - the root table as it lies in memory, and what the design says may happen to it.
 *
 * X-05, S1-33, S0-28 in CATALOGUE: where one root serves both halves (RISC-V) other roots copy the
 * kernel's slots, so they never change after boot; elsewhere a slot is only ever filled, unless
 * the root itself holds leaves (two levels), which come and go with their memory.
 */
#pragma once
#include <mm/kpt.h>

#define ROOT_CELLS 8192 /* the widest: 64 KiB pages, 42 bits */

enum root_rule { ROOT_CONSTANT, ROOT_FILLED, ROOT_OF_LEAVES };

struct root_view {
	u64 cell[ROOT_CELLS];
	u16 used[ROOT_CELLS]; /* slots that held something: few, so a look takes no time */
	unsigned nr;
};

enum root_rule root_rule(void); /* by the name of the format, not by what the kernel set */
void root_view_take(struct root_view *);
/* Slots that held something then and hold something else now; slots that were filled since. */
unsigned root_view_changed(const struct root_view *);
unsigned root_view_filled(const struct root_view *);
