/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/screen/colour.h - ok green, not ok red, skip yellow, for a user at a terminal
 * (color=auto|on|off).
 *
 * Never in a run by boot arguments and never in a `#:` line, whatever the value of color=: tools
 * read those (docs/OUTPUT.md). The ring of the log has no codes.  Boot CPU, at the prompt or in a
 * run.
 */
#pragma once
#include <lib/types.h>

/* COLOUR_NONE prints plain text, for verdicts that need no color. */
enum colour { COLOUR_NONE, COLOUR_GOOD, COLOUR_BAD, COLOUR_SKIPPED };

/* Set the function that returns true while a tool reads the output; nothing is colored then.  The
 * runner of tests calls it once, at boot.  NULL or no call: no tool reads. */
void colour_off_while(bool (*)(void));
/* True if the output is on a user's terminal (screen=N). */
bool on_terminal(void);
/* Print text without a newline, colored with color=on, or with color=auto and screen=N. The color
 * ends with the text. */
void colour_puts(enum colour, const char *text);
