/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/tree/faults.c - structure blocks, word by word (devicetree specification 5.4): which
 * blobs are trees, and the fault and its place for each that is none. No byte after the blocks is
 * read.
 */
#include "tree.h"
#include <drivers/fdt/index.h>
#include <lib/printf.h>
#include <libfdt.h>
#include <stdlib.h>

#define HEAD 56 /* bytes before the structure: header and an empty reservation block */
#define MARK "device tree: "

/* The strings: "reg", and four letters that do not end. */
static const char strings[] = { 'r', 'e', 'g', 0, 'x', 'y', 'z', 'w' };

/*
 * The words: B begin, E end, P property, N nop, X end of the tree, digits: a number (hexadecimal),
 * 'text: bytes up to a blank, filled with zeroes; "text: bytes as they are.
 */
static const struct row {
	const char *words;
	unsigned nodes;
	const char *fault; /* NULL: it is a tree */
	unsigned version;  /* 0: 17 */
} rows[] = {
	{ "B ' E X", 1, NULL },
	{ "N B ' N E N X", 1, NULL },
	{ "B ' E X B", 1, NULL }, /* nothing after the end is read */
	{ "B ' B 'a E B 'b E E X", 3, NULL },
	{ "B ' B 'abc E E X", 2, NULL },
	{ "B ' B 'abcd E E X", 2, NULL },
	{ "B ' P 0 0 E X", 1, NULL },
	{ "B ' P 4 0 7 E X", 1, NULL },
	{ "B ' P 3 0 7 E X", 1, NULL },
	{ "B ' P 5 0 7 7 E X", 1, NULL },
	{ "B ' P 0 3 E X", 1, NULL }, /* the empty name before the last end */
	{ "B ' P 0 4 E X", 0, "a property's name is outside the strings, before offset 0x14" },
	{ "B ' P 0 7 E X", 0, "a property's name is outside the strings, before offset 0x14" },
	{ "B ' P 0 ffffffff E X", 0,
	  "a property's name is outside the strings, before offset 0x14" },
	{ "", 0, "the structure ends without an end, before offset 0x0" },
	{ "N", 0, "the structure ends without an end, before offset 0x4" },
	{ "B ' E", 0, "the structure ends without an end, before offset 0xc" },
	{ "X", 0, "the structure ends inside a node, before offset 0x4" },
	{ "B ' X", 0, "the structure ends inside a node, before offset 0xc" },
	{ "B ' B 'a E X", 0, "the structure ends inside a node, before offset 0x18" },
	{ "E X", 0, "the end of a node has no begin, before offset 0x4" },
	{ "B ' E E X", 0, "the end of a node has no begin, before offset 0x10" },
	{ "B ' E B 'a E X", 0, "there is a second root, before offset 0x10" },
	{ "B", 0, "the name of a node is not terminated, before offset 0x4" },
	{ "B \"abcd", 0, "the name of a node is not terminated, before offset 0x4" },
	{ "B ' B \"abcdefgh", 0, "the name of a node is not terminated, before offset 0xc" },
	{ "B 'abcde", 0, "the structure ends without an end, before offset 0xc" },
	{ "P 0 0 B ' E X", 0, "a property is outside any node, before offset 0x4" },
	{ "B ' E P 0 0 X", 0, "a property is outside any node, before offset 0x10" },
	{ "B ' P", 0, "a property is cut off, before offset 0xc" },
	{ "B ' P 0", 0, "a property is cut off, before offset 0xc" },
	{ "B ' P 0 0", 0, "the structure ends without an end, before offset 0x14" },
	{ "B ' P 1 0", 0, "a property's value reaches beyond the end, before offset 0x14" },
	{ "B ' P 4 0 7", 0, "the structure ends without an end, before offset 0x18" },
	{ "B ' P 5 0 7", 0, "a property's value reaches beyond the end, before offset 0x14" },
	{ "B ' P fffffffd 0 7 E X", 0,
	  "a property's value reaches beyond the end, before offset 0x14" },
	{ "B ' 5 E X", 0, "there is an unknown tag, before offset 0xc" },
	{ "B ' 0 E X", 0, "there is an unknown tag, before offset 0xc" },
	{ "B ' a E X", 0, "there is an unknown tag, before offset 0xc" },
	/* a structure that ends inside a word */
	{ "B \"abcdefg", 0, "the name of a node is not terminated, before offset 0x4" },
	{ "B ' P 0 \"abc", 0, "a property is cut off, before offset 0xc" },
	{ "B ' P 3 0 \"abc", 0, "the structure ends without an end, before offset 0x18" },
	{ "B ' E \"abc", 0, "the structure ends without an end, before offset 0xc" },
	/* an older header has no size of the structure: it ends with the blob */
	{ "B ' E X", 1, NULL, 16 },
	{ "B ' E", 0, "the structure ends without an end, before offset 0xc", 16 },
};

static unsigned number_of(char kind)
{
	return kind == 'B' ? 1 : kind == 'E' ? 2 : kind == 'P' ? 3 : kind == 'N' ? 4 : 9;
}

/* The structure's bytes into `to`. */
static unsigned structure(const char *words, u8 *to)
{
	unsigned at = 0;

	for (; *words; words += strspn(words, " ")) {
		size_t n = strcspn(words, " ");
		fdt32_t word;

		if (*words == '\'' || *words == '"') {
			memset(to + at, 0, n + 4);
			memcpy(to + at, words + 1, n - 1);
			at += *words == '"' ? n - 1 : align_up(n, 4);
		} else {
			unsigned v = strchr("BEPNX", *words) ? number_of(*words)
							     : strtoul(words, NULL, 16);

			word = cpu_to_fdt32(v);
			memcpy(to + at, &word, 4);
			at += 4;
		}
		words += n;
	}
	return at;
}

/* A blob as long as its parts: of version 17 the strings are in front of the structure. */
static u8 *blob(const struct row *r, unsigned *bytes)
{
	static u8 block[256];
	unsigned n = structure(r->words, block), at = HEAD + sizeof(strings);
	struct fdt_header h = {
		.magic = cpu_to_fdt32(FDT_MAGIC),
		.totalsize = cpu_to_fdt32(at + n),
		.off_dt_struct = cpu_to_fdt32(at),
		.off_dt_strings = cpu_to_fdt32(HEAD),
		.off_mem_rsvmap = cpu_to_fdt32(40),
		.version = cpu_to_fdt32(r->version ? r->version : 17),
		.last_comp_version = cpu_to_fdt32(16),
		.size_dt_strings = cpu_to_fdt32(sizeof(strings)),
		.size_dt_struct = cpu_to_fdt32(n),
	};
	u8 *to = NULL;

	WANT(!posix_memalign((void **)&to, 8, at + n));
	memset(to, 0, at);
	memcpy(to, &h, sizeof(h));
	memcpy(to + HEAD, strings, sizeof(strings));
	memcpy(to + at, block, n);
	*bytes = at + n;
	return to;
}

static void one(const struct row *r)
{
	unsigned failed = want_failed, bytes;
	struct why why = { 0 };
	char text[200];
	u8 *fdt = blob(r, &bytes);

	WANT(fdt_index_build(fdt, &why) == (r->fault ? -EINVAL : 0));
	snprintf(text, sizeof(text), MARK "%s of the structure", r->fault ? r->fault : "");
	WANT_TEXT(why.text, r->fault ? text : "");
	WANT(fdt_index_nr(fdt) == r->nodes);
	WANT(!r->fault || fdt_find(fdt, "/", 1) == -1);
	/* a blob of another place: nothing of the one before is left */
	WANT(fdt_index_nr(fdt) == r->nodes && !fdt_index_too_deep() && !fdt_index_too_many());
	free(fdt);
	if (failed != want_failed)
		printf("# FAIL ^ %s\n", r->words);
}

/* ---- the header ---- */
static void header(void)
{
	static const struct row sound = { "B ' E X", 1, NULL, 0 };
	unsigned bytes;
	u8 *fdt = blob(&sound, &bytes);
	struct fdt_header *h = (struct fdt_header *)fdt;
	struct why why = { 0 };
	char text[120];

	WANT(!fdt_check(fdt, bytes, &why) && !fdt_check_head(fdt, bytes, &why) && !why.code);
	WANT(fdt_check(fdt, bytes - 1, &why) == -EINVAL);
	snprintf(text, sizeof(text), MARK "the header states %u bytes, at most %u are accepted",
		 bytes, bytes - 1);
	WANT_TEXT(why.text, text);
	/* the structure is shorter than the rest, according to the header */
	h->size_dt_struct = cpu_to_fdt32(bytes - fdt_off_dt_struct(fdt) - 4);
	WANT(fdt_index_build(fdt, &why) == -EINVAL);
	h->version = cpu_to_fdt32(16);
	WANT(!fdt_index_build(fdt, &why));
	h->version = cpu_to_fdt32(17);
	h->off_mem_rsvmap = cpu_to_fdt32(44);
	WANT(fdt_check(fdt, bytes, &why) == -EINVAL);
	WANT_TEXT(why.text, MARK "its blocks at 0x2c and 0x40 are not aligned");
	h->off_mem_rsvmap = cpu_to_fdt32(40);
	h->off_dt_struct = cpu_to_fdt32(66);
	h->size_dt_struct = cpu_to_fdt32(4);
	WANT(fdt_check(fdt, bytes, &why) == -EINVAL);
	WANT_TEXT(why.text, MARK "its blocks at 0x28 and 0x42 are not aligned");
	WANT(fdt_index_build(fdt, &why) == -EINVAL);
	WANT_TEXT(why.text,
		  MARK "the structure is not aligned to 4 bytes, before offset 0x0 of the "
		       "structure");
	h->magic = 0;
	WANT(fdt_check(fdt, bytes, &why) == -EINVAL);
	WANT_TEXT(why.text, MARK "header: FDT_ERR_BADMAGIC");
	/* the address alone is named, although the blocks are not aligned either */
	h->magic = cpu_to_fdt32(FDT_MAGIC);
	memmove(fdt + 4, fdt, sizeof(*h));
	WANT(fdt_check_head(fdt + 4, bytes, &why) == -EINVAL);
	WANT_TEXT(why.text, MARK "header: FDT_ERR_ALIGNMENT");
	free(fdt);
}

/* One index, of the last valid blob: it is kept while that blob is queried, and is built again
 * after another blob, even one that is not valid. */
static void one_index(void)
{
	static const struct row sound = { "B ' B 'a E E X", 2, NULL, 0 };
	static const struct row faulty = { "B ' B 'a E B 'b E", 0, "", 0 };
	unsigned bytes, faulty_bytes;
	u8 *fdt = blob(&sound, &bytes), *other = blob(&faulty, &faulty_bytes);

	WANT(!fdt_index_build(fdt, NULL) && fdt_index_build(other, NULL) == -EINVAL);
	WANT(fdt_index_nr(fdt) == 2 && fdt_index_nr(other) == 0);
	WANT(fdt_index_nr(fdt) == 2);
	fdt[bytes - 1] = 0x55; /* no walk looks at it any more */
	WANT(fdt_index_nr(fdt) == 2);
	WANT(fdt_index_build(fdt, NULL) == -EINVAL && fdt_index_nr(fdt) == 0);
	free(fdt);
	free(other);
}

void fault_tests(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		one(&rows[i]);
	header();
	one_index();
}
