/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/screen/progress.h - a line for the user who waits: operation, time, percentage.  It
 * is rewritten every second from the third on, by the tick of the boot CPU, and only with screen=N.
 *
 * One at a time, at the prompt; code that reads a line or prints a header of its own ends it.
 */
#pragma once
#include <lib/types.h>

void progress_init(void);
void progress_begin(const char *what); /* the text must stay */
/* So much of it is done; from any CPU.  `all` 0: unknown. */
void progress_at(u64 done, u64 all);
void progress_end(void);
