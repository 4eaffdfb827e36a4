/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/screen/colour.h - ok green, not ok red, skip yellow, for a user at a terminal
 * (color=auto|on|off).
 *
 * Never in a run by boot arguments and never in a `#:` line, whatever color= says: machines read
 * those. The ring of the log has no codes.
 */
#pragma once
#include <lib/types.h>

enum colour { COLOUR_NONE, COLOUR_GOOD, COLOUR_BAD, COLOUR_SKIPPED };

/* The function returns true while machines read the output; called once, at boot. */
void colour_not_while(bool (*)(void));
void colour_puts(enum colour, const char *text);
