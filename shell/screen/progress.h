/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/screen/progress.h - a line for the user who waits: operation, time, percentage.  It
 * is rewritten every second from the third on, by the tick of the boot CPU, and only with screen=N.
 *
 * One at a time, at the prompt; code that reads a line or prints a header of its own ends it.
 */
#pragma once
#include <lib/types.h>

/* Once, at boot: put itself into the tick, in front of the function that was there. */
void progress_init(void);
/* Name what a user waits for from now on, in a short text such as a command's name; the text is the
 * caller's and must stay until progress_end().  Does nothing without screen=N.  Boot CPU,
 * interrupts on. */
void progress_begin(const char *what);
/* So much of it is done, in any unit; `all` 0: nobody knows how much there is.  From any CPU, with
 * or without a progress_begin(): what runs in a test calls it as well. */
void progress_at(u64 done, u64 all);
/* Erase the line, if there is one, so that what is printed next stands alone.  Harmless where
 * nothing was begun.  Boot CPU, interrupts on. */
void progress_end(void);
