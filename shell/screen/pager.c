/* SPDX-License-Identifier: BSD-2-Clause */
/* shell/screen/pager.c - see pager.h.  Without screen=N nothing ever waits: a script gets all of
 * it. */
#include <kern/args.h>
#include <kern/log.h>
#include <shell/screen/pager.h>
#include <shell/screen/progress.h>
#include <shell/screen/text.h>

#define CTRL_C 3

static unsigned printed; /* lines since the screen was fresh */
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
	printed = 1; /* what was typed */
}

static bool pager_ask(void)
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

bool pager_room(unsigned lines)
{
	unsigned rows = screen_rows();

	if (rows && printed > 1 && printed + lines >= rows) {
		printed = 0;
		if (!pager_ask())
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
