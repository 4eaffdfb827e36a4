/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/line.h - the line editor as a pure state machine: its input is a key, its output is echo
 * text.
 *
 * It does not access the console: shell/input.c passes it keys and writes the echo.  Keys:
 * printable ASCII, Backspace/Delete, Ctrl-U (whole line), Ctrl-W (word), Ctrl-A/E and arrows,
 * Up/Down (history), Tab (left to the caller), Enter as CR, LF or CR LF, Ctrl-C (cancel the line),
 * Ctrl-D on an empty line (end of input).
 */
#pragma once
#include <lib/types.h>

/* The longest line is LINE_MAX - 1 characters; a key beyond that rings the bell and is dropped, and
 * the caller does not execute such a line: a part of it is missing.  The longest command line
 * (COMMAND_BUF, shell/target.h) is as long. */
#define LINE_MAX 256
/* Lines that Up recalls; a new line replaces the oldest. */
#define LINE_HISTORY 16
/* Bound of the echo of one key.  The longest is that of Up with the cursor at the left: to the end
 * of the line, the whole line erased (BS, blank, BS each), and another one written. */
#define LINE_ECHO_MAX (6 * LINE_MAX)

/* The caller acts after a key: MORE: write the echo, read on.  DONE: `text` is the line.  CANCEL:
 * Ctrl-C, the line is void.  EOF: Ctrl-D on an empty line.  TAB: complete, then line_insert(). */
enum line_event { LINE_MORE, LINE_DONE, LINE_CANCEL, LINE_EOF, LINE_TAB };

/* The whole state of an editor; zeroed before the first use, then written by these functions alone.
 * One CPU at a time uses it: no lock. */
struct line {
	char text[LINE_MAX];
	unsigned len, at; /* at: the cursor, 0..len */
	unsigned dropped; /* characters that did not fit; 0 again when the user erases */
	u8 escape;        /* bytes of an escape sequence seen so far */
	bool after_cr;    /* the last byte was CR: an LF now belongs to it */
	char history[LINE_HISTORY][LINE_MAX];
	unsigned nr_history, browsing; /* browsing: 0 = the new line, n = n lines back */
	char echo[LINE_ECHO_MAX];      /* the echo of the last key, or "" */
	unsigned echo_len;
};

/* Begin a fresh line; history and after_cr are kept: the LF of the CR LF that ended the previous
 * line may still arrive, and must not end this one. */
void line_begin(struct line *);
/* Take one byte from the console, 0..255, into the line.  After LINE_DONE `text` is the line, with
 * a terminator; it is added to the history unless it is empty or equals the last one there. Sets
 * `echo`; bytes above 127 and keys without a function are dropped without echo. */
enum line_event line_key(struct line *, int key);
/* Insert text at the cursor as if it were typed, for Tab; text that does not fit is dropped with a
 * bell.  The text must be printable.  Adds to `echo`. */
void line_insert(struct line *, const char *text);
/* Set `echo` to the whole line and a cursor movement to its place, for a prompt that the caller has
 * just printed again below a list of candidates. */
void line_redraw(struct line *);
