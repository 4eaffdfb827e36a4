/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/shell.h - shared by the files of shell/: reading lines, the menu's keys, small texts.
 *
 * Everything here runs on the boot CPU, in its worker, with interrupts on and no lock held;
 * functions that wait for a key let devices add and remove memory meanwhile.  Lines are at most 79
 * columns wide (docs/OUTPUT.md).
 */
#pragma once
#include <lib/err.h>
#include <lib/types.h>

#define PROMPT "hotplate> " /* LAVA, labgrid and pexpect match it: do not change */

/*
 * Read one line after printing `prompt`.  NULL if the user canceled it with Ctrl-C or it was too
 * long; the latter prints a sentence.  End of input powers the machine off and does not return.
 * The text is valid until the next call.
 */
const char *read_line(const char *prompt);
/*
 * One key, without echo and without Enter; Ctrl-C is 3.  Skips the LF of the CR LF that ended the
 * previous line.  The end of input, two Ctrl-D in a row as for read_line(), powers the machine off;
 * a single one is skipped.
 */
int read_key(void);
/* `history`: prints the lines that Up recalls, oldest first, with their numbers since boot. */
void history_print(void);

/* ---- menu.c ---- */

/* Print the menu, with the current number of tests of each key and an estimate of their time. */
void menu_show(void);
/*
 * Execute the line if it belongs to the menu: empty (prints the menu again), `?` with or without a
 * word, or one character.  A character that is no key prints the list of keys.  False: the line is
 * longer, a setting or a command; nothing was done.
 */
bool menu_key(const char *line);
/* `? KEY`: print what a key does; false when the text is not exactly one key of the menu. */
bool menu_help(const char *what);
/*
 * `? WHAT` and `help WHAT` (cmd_help.c): explain a key, a command, a test, an argument or a group
 * of tests, tried in this order; "" prints the overview.  -ENOENT when it is none of them.
 */
int help_on(const char *what, struct why *);

/* Print the banner (banner.c): image, machine, CPUs, memory, event sources, TLB. */
void banner_show(void);
/* `id`: describe machine and image, one fact a line, for people; tests/harness/machine_id.h prints
 * the `#: id` lines. */
void id_print(void);
/* Key 1 (guide.c): prompts for the place of the memmap, then adds, uses and removes withheld
 * memory.  After a failure it tries to remove the memory again, and prints whether that
 * succeeded. */
void guide_run(void);
/* Key 9 (cmd_show.c): prompts for what to show, then executes that command. */
void show_menu(void);
/* Key 0 (settings.c): prints the settings, their values and choices. */
void settings_show(void);
/*
 * `key=value` or `SOURCE.key=value` typed at the prompt (settings.c): stored in boot_args and put
 * in force.  One that only boot can choose restarts the machine, and the call does not return.
 * -EINVAL: unknown, malformed, or allowed on the boot line only (exit); -ENOENT: no such geometry;
 * -EOPNOTSUPP: not on this machine.  After a refusal nothing has changed and nothing restarts.
 */
int setting_change(const char *word, struct why *);
/* Print a line and turn the machine off; halt if firmware cannot do that (drivers/device.h). */
NORETURN void power_off(void);
/* Restart the image without firmware, in the geometry of this full name ("arm64-4k-48"), and to the
 * prompt there; boot_args stay.  If the machine cannot restart it prints that and halts. */
NORETURN void restart_to(const char *geometry);

/* ---- event_lines.c: memory events of devices (docs/OUTPUT.md, `#: event`) ---- */

/* Once, before the first line is read: from here on each record of the history is printed. */
void event_lines_init(void);
/* true: hold lines back, because a user is typing; false: print new lines at once, but not yet
 * those held back. */
void event_lines_hold(bool);
/* Are lines held back? */
bool event_lines_held(void);
/* Print the lines held back, in the order of the events, as far as the history still has them. */
void event_lines_flush(void);
