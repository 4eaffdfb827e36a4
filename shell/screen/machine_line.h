/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/screen/machine_line.h - the `#:` lines of docs/OUTPUT.md, which machines read.
 *
 *   machine_line_begin();
 *   kprintf("#: end verdict=%s", verdict);      the line, in one call or several, no newline
 *   machine_line_end();
 *
 * A person at a terminal (screen=N) does not see it: it is sent with the terminal's wrapping off
 * and erased at once, so that the log of the session has it and the screen does not.  In a run by
 * boot arguments, or without screen=N, it is a line as any other.  Boot CPU.
 */
#pragma once

void machine_line_begin(void);
void machine_line_end(void);
