/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/fuzz/shell.c - any bytes as console input: the editor stays within its bounds, and
 * each line is a command or results in one sentence.
 */
#include "aborts.h"
#include <lib/assert.h>
#include <shell/line.h>
#include <shell/target.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void one_line(const char *text)
{
	static struct command_line c;
	char buf[COMMAND_BUF];
	struct why why = { 0 };
	struct target t;
	int err = command_split(text, buf, &c, &t, &why);

	if (err && (!why.text[0] || strpbrk(why.text, "\r\n")))
		abort();
	if (!err && c.nr_words > ARRAY_SIZE(c.words))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct line l;

	memset(&l, 0, sizeof(l));
	line_begin(&l);
	for (size_t i = 0; i < size; i++) {
		enum line_event e = line_key(&l, data[i]);

		if (l.at > l.len || l.len >= LINE_MAX || l.echo_len >= LINE_ECHO_MAX)
			abort();
		if (e == LINE_DONE)
			one_line(l.text);
		if (e != LINE_MORE)
			line_begin(&l);
	}
	return 0;
}
