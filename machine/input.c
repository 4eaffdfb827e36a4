/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/input.c - recorded input (input.h).
 */
#include <ctype.h>
#include <machine/input.h>
#include <machine/order.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE 8192u

struct typed_key {
	u64 step;
	u8 c;
};

static struct typed_key *keys;
static size_t keys_nr, room, at;
static FILE *record;
static u64 noted = ~0ul; /* the step of the line that is being written */

/* ---- input= ---- */
static bool add(u64 step, u8 c)
{
	if (keys_nr == room) {
		size_t more = 2 * room + 256;
		struct typed_key *grown = realloc(keys, more * sizeof(*keys));

		if (!grown)
			return false;
		keys = grown;
		room = more;
	}
	keys[keys_nr++] = (struct typed_key) { step, c };
	return true;
}

/* One character; advances *text; -1: a wrong escape. */
static int character(const char **text)
{
	const char *t = *text;
	char hex[3] = { 0 }, *end;
	long c;

	if (*t != '\\') {
		*text = t + 1;
		return (u8)*t;
	}
	*text = t + 2;
	if (t[1] == 'r' || t[1] == '\\')
		return t[1] == 'r' ? '\r' : '\\';
	if (t[1] != 'x' || !isxdigit((u8)t[2]) || !isxdigit((u8)t[3]))
		return -1;
	memcpy(hex, t + 2, 2);
	c = strtol(hex, &end, 16);
	*text = t + 4;
	return (int)c;
}

static bool read_line(const char *line)
{
	char *rest;
	u64 step;

	if (!isdigit((u8)*line))
		return false;
	step = strtoul(line, &rest, 10);
	if (*rest != ' ' || (keys_nr && step < keys[keys_nr - 1].step))
		return false;
	for (const char *text = rest + 1; *text;) {
		int c = character(&text);

		if (c < 0 || !add(step, (u8)c))
			return false;
	}
	return true;
}

void input_open(const char *path)
{
	FILE *f = fopen(path, "r");
	static char line[LINE];

	if (!f)
		machine_refuse(path, "input: cannot be read");
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		if (!read_line(line))
			machine_refuse(
				line,
				"input: not a step, a blank and characters (machine/README.md)");
	}
	if (ferror(f))
		machine_refuse(path, "input: cannot be read");
	fclose(f);
}

bool input_left(void)
{
	return at < keys_nr;
}

u64 input_next(void)
{
	return input_left() ? keys[at].step : ~0ul;
}

int input_due(void)
{
	return input_next() <= ordering.steps && input_left() ? keys[at++].c : -1;
}

/* ---- record= ---- */
void input_record(const char *path)
{
	record = fopen(path, "w");
	if (!record)
		machine_refuse(path, "record: cannot be written");
}

bool input_recorded(void)
{
	return record;
}

void input_note(u8 c)
{
	if (!record)
		return;
	if (noted != ordering.steps)
		fprintf(record, "%s%lu ", noted == ~0ul ? "" : "\n", ordering.steps);
	noted = ordering.steps;
	if (c == '\r' || c == '\\')
		fprintf(record, "\\%c", c == '\r' ? 'r' : '\\');
	else if (c < ' ' || c > '~')
		fprintf(record, "\\x%02x", c);
	else
		fputc(c, record);
}

bool input_end(void)
{
	if (record && noted != ~0ul)
		fputc('\n', record);
	return !record || (!fclose(record));
}
