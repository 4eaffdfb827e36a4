/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/line.h - the line editor as a pure state machine: a key goes in, echo text comes out.
 *
 * It knows no console: shell/input.c feeds it and writes the echo.  Keys: printable ASCII,
 * Backspace/Delete, Ctrl-U (whole line), Ctrl-W (word), Ctrl-A/E and arrows, Up/Down (history),
 * Tab (left to the caller), Enter as CR, LF or CR LF, Ctrl-C (give up the line), Ctrl-D on an empty
 * line (end of input).
 */
#pragma once
#include <lib/types.h>

#define LINE_MAX 256
#define LINE_HISTORY 16
#define LINE_ECHO_MAX (4 * LINE_MAX)

enum line_event { LINE_MORE, LINE_DONE, LINE_CANCEL, LINE_EOF, LINE_TAB };

struct line {
	char text[LINE_MAX];
	unsigned len, at; /* at: the cursor, 0..len */
	u8 escape;        /* bytes of an escape sequence seen so far */
	bool after_cr;    /* an LF now belongs to the CR before */
	char history[LINE_HISTORY][LINE_MAX];
	unsigned nr_history, browsing; /* browsing: 0 = the new line, n = n lines back */
	char echo[LINE_ECHO_MAX];      /* what the last key wants written; "" for nothing */
	unsigned echo_len;
};

/* Begin a fresh line; history stays. */
void line_begin(struct line *);
/* One byte from the console.  After LINE_DONE `text` is the line; it is remembered if not empty. */
enum line_event line_key(struct line *, int key);
/* As if the text were typed; what fits.  Adds to `echo`. */
void line_insert(struct line *, const char *text);
/* Into `echo`: the line as it is, with the cursor where it is, behind a prompt that was printed. */
void line_redraw(struct line *);
