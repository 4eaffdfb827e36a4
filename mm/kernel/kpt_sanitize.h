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
 * kernel's root again, so that the model knows who may hold entries.  False: it is on already.
 */
bool sanitize_begin(void);
void sanitize_end(void);
/*
 * Print what was reported since the last call, a paragraph each; how many reports there were.  At
 * a point where this CPU may print.  0 without sanitize=on.
 */
unsigned sanitize_print_reports(void);
/* Mistakes are made on purpose from now on, or no longer: they are no reports. */
void sanitize_mute(bool);
