/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/screen/progress.h - a line for the user who waits: operation, time, percentage.  It
 * is rewritten every second from the third on, by the tick of the boot CPU, and only with screen=N.
 *
 * One at a time, at the prompt; code that reads a line or prints a header of its own ends it.
 */
#pragma once
#include <lib/types.h>

/* Once, at boot: install the tick's hook, which calls the previous one first. */
void progress_init(void);
/* Begin an operation.  `what` is a short text such as a command's name; it belongs to the caller
 * and must be valid until progress_end().  Does nothing without screen=N.  Boot CPU, interrupts
 * on. */
void progress_begin(const char *what);
/* `done` of `all`, in any unit; `all` 0: the amount is unknown.  From any CPU, with or without a
 * progress_begin(), because tests call it too. */
void progress_at(u64 done, u64 all);
/* Erase the line, if there is one, before other output.  Harmless without a progress_begin().  Boot
 * CPU, interrupts on. */
void progress_end(void);
