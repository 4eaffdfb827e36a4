/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/shell.h - what the files of shell/ share: reading lines, the menu's keys, small texts.
 *
 * Everything here runs on the boot CPU, in its worker, with interrupts on.
 */
#pragma once
#include <lib/err.h>
#include <lib/types.h>

#define PROMPT "hotplate> " /* LAVA, labgrid and pexpect match it: never changed */

/*
 * Read one line after printing `prompt`.  NULL when it was given up with Ctrl-C; end of input
 * powers the machine off and does not return.  The text is valid until the next call.
 */
const char *read_line(const char *prompt);
/* One key, not echoed; Ctrl-C is 3.  The end of input powers off, as for read_line(). */
int read_key(void);
void history_print(void); /* the lines that Up recalls, oldest first */

/* ---- menu.c ---- */
void menu_show(void);
bool menu_key(
	const char *line); /* was it a key of the menu, and what follows it; then it is done */
bool menu_help(const char *what); /* `? KEY` */
/* `? WHAT`: a key, a test, a command; "" = overview.  -ENOENT when it is none of them. */
int help_on(const char *what, struct why *);

void banner_show(void);
void id_print(void);      /* `id`: what machine and what image this is */
void walk_through(void);  /* key 1 */
void show_menu(void);     /* key 9 */
void settings_show(void); /* key 0 */
/* `key=value` typed at the prompt: takes effect now, or says when it can. */
int setting_change(const char *word, struct why *);
NORETURN void power_off(void);
NORETURN void restart_to(const char *geometry); /* and to the prompt there */

/* ---- event_lines.c: what devices did to memory ---- */
void event_lines_init(void);
void event_lines_hold(bool); /* true: queue the lines of events */
bool event_lines_held(void); /* is something kept back? */
void event_lines_flush(void);
