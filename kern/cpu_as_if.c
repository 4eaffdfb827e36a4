/* SPDX-License-Identifier: BSD-2-Clause */
/* kern/cpu_as_if.c - the words of `as-if=`; see cpu_id.h. */
#include <kern/args.h>
#include <kern/cpu.h>
#include <kern/cpu_id.h>
#include <lib/printf.h>
#include <lib/string.h>

#define ROWS_MAX 8

static struct {
	unsigned cpu, word;
	u64 value;
} rows[ROWS_MAX];
static unsigned nr_rows;

/* Add an override for the word of that name; false: no such word. */
static bool add_override(const char *name, u64 cpu, u64 value)
{
	for (unsigned w = 0; arch_cpu_id_names[w]; w++) {
		if (strcmp(arch_cpu_id_names[w], name))
			continue;
		rows[nr_rows].cpu = (unsigned)cpu;
		rows[nr_rows].word = w;
		rows[nr_rows++].value = value;
		return true;
	}
	return false;
}

/* N:WORD=VALUE, cut in three. */
static bool parse_override(char *text)
{
	char *name = strchr(text, ':'), *value = name ? strchr(name, '=') : NULL;
	u64 cpu, number;

	if (!value || nr_rows == ROWS_MAX)
		return false;
	*name++ = 0;
	*value++ = 0;
	return !parse_number(text, &cpu) && cpu < CPUS_MAX && !parse_number(value, &number) &&
	       add_override(name, cpu, number);
}

void cpu_as_if_init(const char *list, void (*bad)(const char *sentence))
{
	char word[48], line[140];

	nr_rows = 0;
	while (*list) {
		const char *comma = strchr(list, ',');
		size_t len = comma ? (size_t)(comma - list) : strlen(list);

		snprintf(word, sizeof(word), "%.*s", (int)min_u64(len, sizeof(word)), list);
		if (!parse_override(word)) {
			snprintf(line, sizeof(line),
				 "as-if=%.*s: wanted CPU:WORD=VALUE, at most %d, words as in `id`",
				 (int)min_u64(len, 40), list, ROWS_MAX);
			bad(line);
		}
		list += len + (comma != NULL);
	}
}

u64 cpu_as_if(unsigned word, u64 real)
{
	unsigned cpu = this_cpu()->nr;

	for (unsigned i = 0; i < nr_rows; i++)
		if (rows[i].cpu == cpu && rows[i].word == word)
			real = rows[i].value;
	return real;
}
