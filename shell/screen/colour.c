/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/screen/colour.c - see colour.h.  The codes are ECMA-48's (SGR 32, 31, 33), which every
 * current terminal supports; log_coloured() adds the reset.
 */
#include <kern/args.h>
#include <kern/log.h>
#include <lib/string.h>
#include <shell/screen/colour.h>
#include <shell/screen/pager.h>

static const char *const codes[] = {
	[COLOUR_GOOD] = "\033[32m",
	[COLOUR_BAD] = "\033[31m",
	[COLOUR_SKIPPED] = "\033[33m",
};

/* Set once at boot; NULL before that. */
static bool (*machine_reads)(void);

void colour_off_while(bool (*reads)(void))
{
	machine_reads = reads;
}

bool on_terminal(void)
{
	return screen_rows() > 0 && !(machine_reads && machine_reads());
}

/* No color if a tool reads the output, whatever the user set: codes in a log break its readers. */
static bool wanted(void)
{
	const char *color = arg_text(NULL, ARG_COLOR);

	if (machine_reads && machine_reads())
		return false;
	return strcmp(color, "auto") ? strcmp(color, "on") == 0 : on_terminal();
}

void colour_puts(enum colour colour, const char *text)
{
	if (colour != COLOUR_NONE && wanted())
		log_coloured(codes[colour], text);
	else
		kputs(text);
}
