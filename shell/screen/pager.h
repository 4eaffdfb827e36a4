/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/screen/pager.h - long lists stop when the screen of a user is full (screen=N).
 *
 *   pager_begin();
 *   for (...)
 *           if (!pager_wrapped(label, indent, text))
 *                   return;                            the reader has seen enough
 *
 * At the prompt alone, on the boot CPU, with no lock held: it waits for a key.
 */
#pragma once
#include <lib/types.h>

void pager_init(int (*key)(void)); /* waits for a key; Ctrl-C is 3 */
/* Lines of the user's terminal (screen=); 0: there is none. */
unsigned screen_rows(void);

void pager_begin(void);
/* Before `lines` further lines are printed.  False: the reader typed q or Ctrl-C. */
bool pager_room(unsigned lines);
/* print_wrapped(), after room was made for it; false: nothing was printed. */
bool pager_wrapped(const char *label, unsigned indent, const char *text);
