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

/* Set the function that waits for a key (read_key(); Ctrl-C is 3), once, before the first line is
 * read: screen/ is in a lower layer than the file that reads keys. */
void pager_init(int (*key)(void));
/* Lines of the user's terminal (screen=N, 0..1000); 0: no terminal, or unknown.  Also decides
 * whether color, progress lines and the `#: event` lines of the prompt are printed. */
unsigned screen_rows(void);

/* Begin a list: only the line that the user typed counts as printed. */
void pager_begin(void);
/* Make room before `lines` further lines are printed: if they do not fit, wait for a key first, and
 * restart the count.  False: the reader typed q or Ctrl-C and wants no more.  Always true without
 * screen=N, so that a script gets the whole list. */
bool pager_room(unsigned lines);
/* print_wrapped(), after room was made for all its lines; false: nothing was printed. */
bool pager_wrapped(const char *label, unsigned indent, const char *text);
