/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/shell.h - what the files of shell/ share: reading lines, the menu's keys, small texts.
 *
 * Everything here runs on the boot CPU, in its worker, with interrupts on and no lock held: some of
 * it waits for a key, and devices add and remove memory meanwhile.  Lines are at most 79 columns
 * wide (docs/OUTPUT.md).
 */
#pragma once
#include <lib/err.h>
#include <lib/types.h>

#define PROMPT "hotplate> " /* LAVA, labgrid and pexpect match it: never changed */

/*
 * Read one line after printing `prompt`.  NULL when it was given up with Ctrl-C, or was too long,
 * which a sentence tells: a part of a line is not what the user asked for.  End of input powers the
 * machine off and does not return.  The text is valid until the next call.
 */
const char *read_line(const char *prompt);
/*
 * One key, without echo and without Enter; Ctrl-C is 3.  The LF of the CR LF that ended the line
 * before is passed over.  The end of input, two Ctrl-D in a row as for read_line(), powers the
 * machine off; the first of them is passed over.
 */
int read_key(void);
/* `history`: prints the lines that Up recalls, oldest first, with their numbers since boot. */
void history_print(void);

/* ---- menu.c ---- */

/* Print the menu: the tests behind each key are counted, and the time that they take is estimated,
 * as of now. */
void menu_show(void);
/*
 * Do the line if it is the menu's: empty (the menu again), `?` with or without more, or one
 * character.  A character that is no key explains itself.  False: the line is longer, a setting or
 * a command; nothing was done.
 */
bool menu_key(const char *line);
/* `? KEY`: print what a key does; false when the text is not exactly one key of the menu. */
bool menu_help(const char *what);
/*
 * `? WHAT` and `help WHAT` (cmd_help.c): explain a key, a command, a test, an argument or a group
 * of tests, tried in this order; "" prints the overview.  -ENOENT when it is none of them.
 */
int help_on(const char *what, struct why *);

/* Print the banner (banner.c): image, machine, CPUs, memory, what can bring memory, TLB. */
void banner_show(void);
/* `id`: what machine and what image this is, one fact a line; for people, not the `#: id` lines
 * (those are tests/harness/machine_id.h's). */
void id_print(void);
/* Key 1 (guide.c): asks where the memmap goes, then adds, uses and removes withheld memory.  After
 * a failure it tries to bring the memory back to absent, and says whether it could. */
void guide_run(void);
/* Key 9 (cmd_show.c): asks what to show, then does that command. */
void show_menu(void);
/* Key 0 (settings.c): prints the settings, their values and choices. */
void settings_show(void);
/*
 * `key=value` or `SOURCE.key=value` typed at the prompt (settings.c): stored in boot_args and made
 * true at once.  One that only boot can choose restarts the machine, and the call does not return.
 * -EINVAL: unknown, malformed, or of the boot line alone (exit); -ENOENT: no such geometry;
 * -EOPNOTSUPP: not on this machine.  After a refusal nothing has changed and nothing restarts.
 */
int setting_change(const char *word, struct why *);
/* Say so, and turn the machine off; where firmware cannot, halt (drivers/device.h). */
NORETURN void power_off(void);
/* Restart the image without firmware, in the geometry of this full name ("arm64-4k-48"), and to
 * the prompt there; boot_args stay.  Where the machine cannot restart it says so and halts. */
NORETURN void restart_to(const char *geometry);

/* ---- event_lines.c: what devices did to memory (docs/OUTPUT.md, `#: event`) ---- */

/* Once, before the first line is read: from here on each record of the history is said. */
void event_lines_init(void);
/* true: keep back what is to be said, for a user is typing; false: say what comes from now on, but
 * not yet what was kept back. */
void event_lines_hold(bool);
/* Is something kept back? */
bool event_lines_held(void);
/* Say what was kept back, in the order of the events, as far as the history still has it. */
void event_lines_flush(void);
