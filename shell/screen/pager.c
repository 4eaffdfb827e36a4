/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/screen/pager.c - see pager.h.  Without screen=N it never waits: a script gets the whole
 * list.
 */
#include <kern/args.h>
#include <kern/log.h>
#include <shell/screen/pager.h>
#include <shell/screen/progress.h>
#include <shell/screen/text.h>

/* As read_key() returns it. */
#define CTRL_C 3

static unsigned printed; /* lines since the last stop */
/* shell/input.c's, see pager_init(). */
static int (*pager_key)(void);

void pager_init(int (*key)(void))
{
	pager_key = key;
}

unsigned screen_rows(void)
{
	return (unsigned)arg_number(NULL, ARG_SCREEN);
}

void pager_begin(void)
{
	printed = 1; /* the line that the user typed */
}

/* Other keys are ignored: text that a user typed ahead must not turn pages.  The question is erased
 * afterwards, so it leaves no gap in the list. */
static bool pager_wait(void)
{
	int key;

	progress_end();
	log_transient("-- more: Enter, q --");
	do
		key = pager_key();
	while (key != 'q' && key != CTRL_C && key != ' ' && key != '\r' && key != '\n');
	log_transient(NULL);
	return key != 'q' && key != CTRL_C;
}

/* The last row is the question's.  `printed > 1`: a text that is longer than the screen is printed
 * anyway, after a stop. */
bool pager_room(unsigned lines)
{
	unsigned rows = screen_rows();

	if (rows && printed > 1 && printed + lines >= rows) {
		printed = 0;
		if (!pager_wait())
			return false;
	}
	printed += lines;
	return true;
}

bool pager_wrapped(const char *label, unsigned indent, const char *text)
{
	if (!pager_room(log_wrapped_lines(label, "", indent, text)))
		return false;
	print_wrapped(label, indent, text);
	return true;
}
