/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/line.c - the line editor.  Pure: no console, no allocation; see line.h.
 *
 * Echo uses only backspaces and blanks, so it is correct on every type of terminal.
 */
#include <lib/string.h>
#include <shell/line.h>

enum {
	CTRL_A = 1,
	CTRL_C = 3,
	CTRL_D = 4,
	CTRL_E = 5,
	BELL = 7,
	BS = 8,
	TAB = 9,
	CTRL_U = 21,
	CTRL_W = 23,
	ESC = 27,
	DEL = 127
};

/* Append to the echo; text beyond LINE_ECHO_MAX is dropped. */
static void echo(struct line *l, const char *text, unsigned n)
{
	for (unsigned i = 0; i < n && l->echo_len < LINE_ECHO_MAX - 1; i++)
		l->echo[l->echo_len++] = text[i];
	l->echo[l->echo_len] = 0;
}

static void echo_times(struct line *l, char c, unsigned n)
{
	while (n--)
		echo(l, &c, 1);
}

/* To the left with backspaces, to the right by rewriting the text there. */
static void cursor_to(struct line *l, unsigned at)
{
	if (at < l->at)
		echo_times(l, BS, l->at - at);
	else
		echo(l, l->text + l->at, at - l->at);
	l->at = at;
}

/* Remove `n` bytes before the cursor and redraw: back, the tail, blanks over its old end, and back
 * to the cursor. */
static void erase(struct line *l, unsigned n)
{
	unsigned tail = l->len - l->at;

	l->dropped = 0; /* a user who edits sees the contents of the line */
	memmove(l->text + l->at - n, l->text + l->at, tail);
	l->len -= n;
	echo_times(l, BS, n);
	l->at -= n;
	echo(l, l->text + l->at, tail);
	echo_times(l, ' ', n);
	echo_times(l, BS, n + tail);
}

/* Insert n bytes at the cursor and redraw the tail once.  A full line rings the bell: a user
 * notices it, and a script sees the BEL in its log. */
static void insert(struct line *l, const char *text, unsigned n)
{
	unsigned tail = l->len - l->at, room = LINE_MAX - 1 - l->len;

	if (n > room) {
		l->dropped += n - room;
		n = room;
		echo_times(l, BELL, 1);
	}
	memmove(l->text + l->at + n, l->text + l->at, tail);
	memcpy(l->text + l->at, text, n);
	l->len += n;
	echo(l, l->text + l->at, n + tail);
	l->at += n;
	echo_times(l, BS, tail);
}

void line_insert(struct line *l, const char *text)
{
	insert(l, text, (unsigned)strlen(text));
	l->text[l->len] = 0;
}

void line_redraw(struct line *l)
{
	echo(l, l->text, l->len);
	echo_times(l, BS, l->len - l->at);
}

/* Put another text in place of the line, with the cursor at its end. */
static void replace(struct line *l, const char *text)
{
	cursor_to(l, l->len);
	erase(l, l->len);
	line_insert(l, text);
}

/* Step through the history: 0 is the new line, whose text is lost at the first Up. */
static void browse(struct line *l, int step)
{
	unsigned to = l->browsing + (unsigned)step;

	if (to > l->nr_history || to > LINE_HISTORY) /* also below 0: it wrapped */
		return;
	l->browsing = to;
	replace(l, to ? l->history[(l->nr_history - to) % LINE_HISTORY] : "");
}

/* Store the line unless it is empty or equals the last one, so that Up never recalls a line twice
 * in a row. */
static void history_add(struct line *l)
{
	const char *last = l->history[(l->nr_history + LINE_HISTORY - 1) % LINE_HISTORY];

	if (!l->len || (l->nr_history && strcmp(last, l->text) == 0))
		return;
	memcpy(l->history[l->nr_history % LINE_HISTORY], l->text, l->len + 1);
	l->nr_history++;
}

/* Length of the word before the cursor and of the blanks after it, for Ctrl-W. */
static unsigned word_before(const struct line *l)
{
	unsigned at = l->at;

	while (at && l->text[at - 1] == ' ')
		at--;
	while (at && l->text[at - 1] != ' ')
		at--;
	return l->at - at;
}

/* ESC [ A..D, H, F and ESC O A..; longer sequences are skipped up to their final byte, so that
 * other keys (Page Up, F5) leave no letters in the line. */
static void escape_key(struct line *l, int key)
{
	if (l->escape == 1 && (key == '[' || key == 'O')) {
		l->escape = 2;
		return;
	}
	if (l->escape == 2 && key >= '0' && key < '@')
		return;
	l->escape = 0;
	if (key == 'A')
		browse(l, 1);
	else if (key == 'B')
		browse(l, -1);
	else if (key == 'C' && l->at < l->len)
		cursor_to(l, l->at + 1);
	else if (key == 'D' && l->at)
		cursor_to(l, l->at - 1);
	else if (key == 'H')
		cursor_to(l, 0);
	else if (key == 'F')
		cursor_to(l, l->len);
}

static void edit_key(struct line *l, int key)
{
	if (key >= ' ' && key < DEL)
		insert(l, &(char) { (char)key }, 1);
	else if ((key == BS || key == DEL) && l->at)
		erase(l, 1);
	else if (key == CTRL_U)
		replace(l, "");
	else if (key == CTRL_W)
		erase(l, word_before(l));
	else if (key == CTRL_A)
		cursor_to(l, 0);
	else if (key == CTRL_E)
		cursor_to(l, l->len);
	else if (key == ESC)
		l->escape = 1;
}

/* The newline is echoed here, because the terminal does not echo. */
static enum line_event finish(struct line *l)
{
	l->text[l->len] = 0;
	history_add(l);
	echo(l, "\n", 1);
	return LINE_DONE;
}

void line_begin(struct line *l)
{
	l->len = l->at = 0;
	l->text[0] = 0;
	l->escape = 0;
	l->browsing = 0;
	l->dropped = 0;
	l->echo_len = 0;
	l->echo[0] = 0;
}

/* CR, LF and CR LF all end a line, and CR LF only one: terminals send CR, scripts LF, some programs
 * both.  Tab inside an escape sequence is part of that. */
enum line_event line_key(struct line *l, int key)
{
	bool after_cr = l->after_cr;

	l->echo_len = 0;
	l->echo[0] = 0;
	l->after_cr = key == '\r';
	if (key == '\n' && after_cr)
		return LINE_MORE;
	if (key == '\r' || key == '\n')
		return finish(l);
	if (key == CTRL_C) {
		echo(l, "^C\n", 3);
		return LINE_CANCEL;
	}
	if (key == CTRL_D && !l->len)
		return LINE_EOF;
	if (key == TAB && !l->escape)
		return LINE_TAB;
	if (l->escape)
		escape_key(l, key);
	else
		edit_key(l, key);
	l->text[l->len] = 0;
	return LINE_MORE;
}
