/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/fuzz/args.c - any bytes as a boot line: every accepted value is permitted by the
 * table, every other word results in one printable sentence, and a second parse of the accepted
 * words has the same result.
 */
#include "aborts.h"
#include <kern/args_value.h>
#include <lib/assert.h>
#include <stdlib.h>
#include <string.h>

static void sentence(const char *text)
{
	size_t len = strlen(text);

	ASSERT(len > 0 && len < sizeof(((struct why *)0)->text));
	for (size_t i = 0; i < len; i++)
		ASSERT(text[i] >= ' ' && text[i] <= '~');
}

static void read_back(const struct args *a, struct args *again, enum arg_id id)
{
	const char *text = arg_text(a, id), *name = arg_table[id].name;
	char word[2 * ARGS_TEXT];
	size_t n = strlen(name);
	u64 start, len;

	ASSERT(!*text || arg_value_ok(&arg_table[id], text));
	if (arg_table[id].type == ARG_NUMBER || arg_table[id].type == ARG_TIME)
		arg_number(a, id);
	parse_range(text, &start, &len, NULL);
	if (!a->at[id])
		return;
	memcpy(word, name, n);
	word[n] = '=';
	memcpy(word + n + 1, text, strlen(text) + 1);
	ASSERT(!args_word(again, word, NULL));
	ASSERT(!strcmp(arg_text(again, id), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct args a = { 0 }, again = { 0 };
	char *line = malloc(size + 1);

	memcpy(line, data, size);
	line[size] = '\0';
	args_parse(&a, line, sentence);
	for (unsigned i = 0; i < ARG_NR; i++)
		read_back(&a, &again, (enum arg_id)i);
	free(line);
	return 0;
}
