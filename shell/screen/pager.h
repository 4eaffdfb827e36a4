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
 * read: screen/ lies below the file that reads keys. */
void pager_init(int (*key)(void));
/* Lines of the terminal that a person looks at (screen=N, 0..1000); 0: nobody does, or nobody said
 * so. Also what decides about color, progress lines and the `#: event` lines of the prompt. */
unsigned screen_rows(void);

/* Begin a list: the line that the user typed is the only one on the screen that counts. */
void pager_begin(void);
/* Make room before `lines` further lines are printed: if they do not fit, ask for a key first, and
 * the count begins anew.  False: the reader typed q or Ctrl-C and wants no more.  Always true
 * without screen=N, so that a script gets the whole list. */
bool pager_room(unsigned lines);
/* print_wrapped(), after room was made for all its lines; false: nothing was printed. */
bool pager_wrapped(const char *label, unsigned indent, const char *text);
