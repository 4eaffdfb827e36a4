/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/snapshot.h - `at=TEXT seeds=A-B`: many seeds from one booted machine.
 *
 * The machine runs by seed= to the first console line that contains TEXT.  From there a copy of it
 * (a process) runs by each of the seeds A to B, one after the other.  So a seed costs what follows
 * TEXT, not the boot.  The same words with seeds=N repeat the run of one seed.
 *
 * Each copy begins with the line "worst: seed N" on stderr, and ends with "worst: seed N: status
 * S". A copy ends as the machine does, and also at a reset, with status 2.  The machine's status is
 * that of the first copy that failed.
 *
 * Numbers of steps and of choices continue to count in a copy.
 */
#pragma once
#include <lib/types.h>

extern bool snapshot_copy; /* this process is a copy */

/* seeds=N or seeds=A-B; false: it is neither. */
bool snapshot_seeds(const char *text);
/* Begin at a line that contains at=TEXT (NULL: without at=).  Returns NULL, or why that is refused.
 */
const char *snapshot_begin(const char *at);
/* The machine has ended, for a reset or not.  False, after a line on stderr: no line has contained
 * at=TEXT, or this is a copy and a reset ended it. */
bool snapshot_ended(bool reset);
