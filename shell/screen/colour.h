/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/screen/colour.h - ok green, not ok red, skip yellow, for a user at a terminal
 * (color=auto|on|off).
 *
 * Never in a run by boot arguments and never in a `#:` line, whatever color= says: machines read
 * those (docs/OUTPUT.md). The ring of the log has no codes.  Boot CPU, at the prompt or in a run.
 */
#pragma once
#include <lib/types.h>

/* COLOUR_NONE prints plain text, for verdicts that need no color. */
enum colour { COLOUR_NONE, COLOUR_GOOD, COLOUR_BAD, COLOUR_SKIPPED };

/* Set the function that says whether what is printed now is read by a machine; then nothing is
 * colored.  Called once, at boot, by the runner of tests; NULL or never: nothing is. */
void colour_not_while(bool (*)(void));
/* What is printed now is on the screen of a person's terminal (screen=N). */
bool person_looks(void);
/* Print text without a newline, colored if a person looks: color=on, or color=auto with screen=N.
 * The color ends with the text. */
void colour_puts(enum colour, const char *text);
