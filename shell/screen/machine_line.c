/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/screen/machine_line.c - see machine_line.h.  The codes are DECAWM, which VT100 and all
 * later terminals support, and ECMA-48's EL.  tools/python/hotplate/results/output.py reads a line
 * between them as a line.
 */
#include <kern/log.h>
#include <shell/screen/colour.h>
#include <shell/screen/machine_line.h>

static bool erased; /* the line that was begun */

void machine_line_begin(void)
{
	erased = on_terminal();
	if (erased)
		log_console("\033[?7l", "");
}

void machine_line_end(void)
{
	if (erased)
		log_console("\r\033[K\033[?7h", "\n");
	else
		kputs("\n");
}
