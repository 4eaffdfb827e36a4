/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/root.h - the root table in memory, and the rules for its changes.
 *
 * X-05, S1-33, S0-28 in CATALOGUE: where one root serves both halves (RISC-V) other roots copy
 * the kernel's slots, so these never change after boot; elsewhere a slot is only ever filled,
 * unless the root itself contains leaves (two levels), which are added and removed with their
 * memory.
 */
#pragma once
#include <mm/kernel/kpt.h>

#define ROOT_CELLS 8192 /* the largest root: 64 KiB pages, 42 bits */

enum root_rule { ROOT_CONSTANT, ROOT_FILLED, ROOT_WITH_LEAVES };

struct root_view {
	u64 cell[ROOT_CELLS];
	u16 used[ROOT_CELLS]; /* non-zero slots: few, so checking them is fast */
	unsigned nr;
};

enum root_rule root_rule(void); /* by the format's name, independently of the kernel */
void root_view_take(struct root_view *);
/* How many slots that were non-zero have changed; how many were filled since. */
unsigned root_view_changed(const struct root_view *);
unsigned root_view_filled(const struct root_view *);
