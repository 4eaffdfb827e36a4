/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/blob.h - a device tree of words, by libfdt:
 *
 *   {NAME  }        a node begins ("{": the root), and ends
 *   NAME            a property without a value
 *   NAME=a|b        strings, each terminated
 *   NAME~a|b        the same without the last terminator
 *   NAME<1,2f       cells, hexadecimal
 *   @1000,2000      an entry of the reservation block, before the root
 */
#pragma once
#include <libfdt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOB_WORD 800

/* Stores the strings or cells of a property at `to`; returns their bytes. */
static int blob_value(char kind, const char *text, char *to)
{
	size_t len = strlen(text);

	if (kind == '<') {
		char *at = (char *)text;
		int n = 0;

		for (; *text; n++, text = *at ? at + 1 : at) {
			fdt32_t cell = cpu_to_fdt32((uint32_t)strtoull(text, &at, 16));

			memcpy(to + n * 4, &cell, 4);
		}
		return n * 4;
	}
	for (size_t i = 0; i <= len; i++)
		to[i] = text[i] == '|' ? 0 : text[i];
	return (int)len + (kind == '=');
}

static void blob_word(void *fdt, char *word)
{
	char value[BLOB_WORD], kind;
	size_t name = strcspn(word, "=~<");
	char *comma;

	kind = word[name];
	word[name] = 0;
	if (*word == '{') {
		fdt_begin_node(fdt, word + 1);
	} else if (*word == '}') {
		fdt_end_node(fdt);
	} else if (*word == '@') {
		uint64_t pa = strtoull(word + 1, &comma, 16);

		fdt_add_reservemap_entry(fdt, pa, strtoull(comma + 1, NULL, 16));
	} else {
		int len = kind ? blob_value(kind, word + name + 1, value) : 0;

		fdt_property(fdt, word, value, len);
	}
}

/* Returns the bytes of the tree, or 0: the words form no tree, or do not fit. */
static unsigned blob_make(void *to, unsigned size, const char *text)
{
	char word[BLOB_WORD];
	int in_root = 0;

	if (fdt_create(to, (int)size))
		return 0;
	for (size_t n; text += strspn(text, " "), *text; text += n) {
		n = strcspn(text, " ");
		if (n >= sizeof(word))
			return 0;
		memcpy(word, text, n);
		word[n] = 0;
		if (*word != '@' && !in_root) {
			in_root = 1;
			fdt_finish_reservemap(to);
		}
		blob_word(to, word);
	}
	return fdt_finish(to) ? 0 : fdt_totalsize(to);
}
