/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/kernel/kpt_sanitize.h - `sanitize=on`: the tap `sanitize` (mm/pt/taps/sanitize.h) over the
 * kernel's trees.
 */
#pragma once
#include <lib/types.h>

/* Boot CPU, before the first root is loaded: nothing unless sanitize=on. */
void sanitize_boot(void);
bool sanitize_on(void);
/*
 * Tests: begin without sanitize=on, muted, while no CPU stores to a table.  Every CPU loads the
 * kernel's root again, so that the model knows which CPUs may hold entries.  False: it is on
 * already.
 */
bool sanitize_begin(void);
void sanitize_end(void);
/*
 * Print the reports since the last call, a paragraph each, and return their number.  Call it where
 * this CPU may print.  0 without sanitize=on.
 */
unsigned sanitize_print_reports(void);
/* true: the test plants mistakes from now on, which are not reported; false: no longer. */
void sanitize_mute(bool);
