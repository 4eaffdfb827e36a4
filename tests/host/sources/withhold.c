/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/sources/withhold.c - which RAM each value of withhold= takes, the message about it,
 * and which values are refused; and the list of withheld memory.
 */
#include "sources.h"
#include <lib/printf.h>
#include <mm/page/region.h>

#define A "0x40000000"
#define PLACES 6
#define AT(pa, len) (GiB + (pa)*MiB), ((len)*MiB)

struct place {
	u64 pa, len;
	enum region_kind kind;
	u8 node;
};

static const struct row {
	const char *name, *word;
	struct place is[PLACES]; /* withheld ranges, in any order */
	int err;
	const char *withheld; /* "PA+LEN@NODE " of each range */
	const char *said;     /* lines; with an error its sentence alone */
} rows[] = {
	{ "nothing", "none", { { AT(0, 1024), MEM_RAM, 0 } }, 0, "", "" },
	{ "the default of a small machine", "", { { GiB, 512 * MiB - 1, MEM_RAM, 0 } }, 0, "", "" },
	{ "the default of the smallest machine",
	  "",
	  { { AT(0, 512), MEM_RAM, 0 } },
	  0,
	  "0x50000000+128M@0 ",
	  "withhold: auto chose 0x50000000+128M, a quarter of RAM or less, aligned to 128M\n" },
	{ "the default where firmware has marked some",
	  "",
	  { { AT(0, 1024), MEM_RAM, 0 }, { AT(2048, 256), MEM_WITHHELD, 1 } },
	  0,
	  "0xc0000000+256M@1 ",
	  "" },
	{ "auto of a machine that is too small",
	  "auto",
	  { { GiB, 512 * MiB - 1, MEM_RAM, 0 } },
	  -ENOMEM,
	  "",
	  "withhold: auto needs 512 MiB of RAM, this machine has 511 MiB" },
	{ "auto where firmware has marked some",
	  "auto",
	  { { AT(0, 1024), MEM_RAM, 3 }, { AT(2048, 256), MEM_WITHHELD, 1 } },
	  0,
	  "0x68000000+256M@3 0xc0000000+256M@1 ",
	  "withhold: auto chose 0x68000000+256M, a quarter of RAM or less, aligned to 128M\n" },
	{ "auto of one byte less than two gibibytes",
	  "auto",
	  { { GiB, 2 * GiB - 1, MEM_RAM, 0 } },
	  0,
	  "0xa0000000+384M@0 ",
	  "withhold: auto chose 0xa0000000+384M, a quarter of RAM or less, aligned to 128M\n" },
	{ "auto of two gibibytes",
	  "auto",
	  { { AT(0, 2048), MEM_RAM, 0 } },
	  0,
	  "0x80000000+512M@0 ",
	  "withhold: auto chose 0x80000000+512M, a quarter of RAM or less, aligned to 512M\n" },
	{ "auto below a reservation",
	  "auto",
	  { { AT(0, 1024), MEM_RAM, 0 }, { GiB + 640 * MiB, 1, MEM_DTB, 0 } },
	  0,
	  "0x58000000+256M@0 ",
	  "withhold: auto chose 0x58000000+256M, a quarter of RAM or less, aligned to 128M\n" },
	{ "auto between reservations",
	  "auto",
	  { { AT(0, 1024), MEM_RAM, 0 },
	    { GiB + 640 * MiB, 1, MEM_DTB, 0 },
	    { GiB + 384 * MiB, 1, MEM_IMAGE, 0 } },
	  0,
	  "0x48000000+256M@0 ",
	  "withhold: auto chose 0x48000000+256M, a quarter of RAM or less, aligned to 128M\n" },
	{ "a smaller one, in the gap that is left",
	  "auto",
	  { { AT(0, 1024), MEM_RAM, 0 },
	    { AT(767, 1), MEM_RESERVED, 0 },
	    { AT(511, 1), MEM_RESERVED, 0 },
	    { AT(256, 2), MEM_RESERVED, 0 } },
	  0,
	  "0x70000000+128M@0 ",
	  "withhold: auto chose 0x70000000+128M, a quarter of RAM or less, aligned to 128M\n" },
	{ "the second range, as the first has nothing but its ends",
	  "auto",
	  { { 0, 128 * MiB, MEM_RAM, 0 }, { AT(0, 384), MEM_RAM, 2 } },
	  0,
	  "0x48000000+128M@2 ",
	  "withhold: auto chose 0x48000000+128M, a quarter of RAM or less, aligned to 128M\n" },
	{ "nothing touches neither end",
	  "auto",
	  { { AT(0, 256), MEM_RAM, 0 }, { AT(512, 256), MEM_RAM, 0 } },
	  -ENXIO,
	  "",
	  "withhold: auto found no free range aligned to 128 MiB" },
	{ "one byte before it is enough",
	  "auto",
	  { { GiB - 1, 256 * MiB + 1, MEM_RAM, 0 }, { AT(512, 256), MEM_RAM, 0 } },
	  0,
	  "0x40000000+128M@0 ",
	  "withhold: auto chose 0x40000000+128M, a quarter of RAM or less, aligned to 128M\n" },
	{ "one byte behind it is enough",
	  "auto",
	  { { GiB - MiB, 129 * MiB + 1, MEM_RAM, 0 }, { AT(512, 383), MEM_RAM, 0 } },
	  0,
	  "0x40000000+128M@0 ",
	  "withhold: auto chose 0x40000000+128M, a quarter of RAM or less, aligned to 128M\n" },
	{ "two ranges of a node, one with a reservation, and another node between them",
	  "node1",
	  { { AT(0, 512), MEM_RAM, 1 },
	    { AT(512, 256), MEM_RAM, 0 },
	    { AT(768, 256), MEM_RAM, 1 },
	    { AT(200, 1), MEM_DTB, 0 } },
	  0,
	  "0x40000000+128M@1 0x50000000+256M@1 0x70000000+256M@1 ",
	  "withhold: 0x48000000+128M stays in use: the device tree is at 0x4c800000\n"
	  "withhold: node 1: 0x40000000+128M\n"
	  "withhold: node 1: 0x50000000+256M\n"
	  "withhold: node 1: 0x70000000+256M\n" },
	{ "a node without memory",
	  "node2",
	  { { AT(0, 512), MEM_RAM, 1 } },
	  -ENXIO,
	  "",
	  "withhold: node 2 has no memory" },
	{ "node 0, at the bottom of memory",
	  "node0",
	  { { 0, 256 * MiB, MEM_RAM, 0 } },
	  0,
	  "0x0+256M@0 ",
	  "withhold: node 0: 0x0+256M\n" },
	{ "no node",
	  "nodex",
	  { { AT(0, 512), MEM_RAM, 1 } },
	  -EINVAL,
	  "",
	  "nodex: wanted ADDR+SIZE, such as 0x80000000+1G" },
	{ "no number of a node",
	  "knot1",
	  { { AT(0, 512), MEM_RAM, 1 } },
	  -EINVAL,
	  "",
	  "knot1: wanted ADDR+SIZE, such as 0x80000000+1G" },
	{ "a range", A "+128M", { { AT(0, 512), MEM_RAM, 1 } }, 0, A "+128M@1 ", "" },
	{ "a page", "0x40001000+4K", { { AT(0, 512), MEM_RAM, 1 } }, 0, "0x40001000+4K@1 ", "" },
	{ "a range that begins in a page",
	  "0x40000800+4K",
	  { { AT(0, 512), MEM_RAM, 1 } },
	  -EINVAL,
	  "",
	  "withhold: 0x40000800+4K is not aligned to pages" },
	{ "a range that ends in a page",
	  "0x40000000+2K",
	  { { AT(0, 512), MEM_RAM, 1 } },
	  -EINVAL,
	  "",
	  "withhold: 0x40000000+2K is not aligned to pages" },
	{ "a range without an end",
	  A "+",
	  { { AT(0, 512), MEM_RAM, 1 } },
	  -EINVAL,
	  "",
	  A "+: wanted a size after +, such as 128M or 1G" },
	{ "a range that is no RAM at its end",
	  A "+513M",
	  { { AT(0, 512), MEM_RAM, 1 } },
	  -ENXIO,
	  "",
	  "withhold: 0x40000000+513M is not all RAM" },
	{ "a range with a reservation",
	  A "+128M",
	  { { AT(0, 512), MEM_RAM, 1 }, { AT(64, 1), MEM_INITRD, 0 } },
	  -EBUSY,
	  "",
	  "withhold: 0x40000000+128M holds the initrd at 0x44000000" },
};

/* The ranges of the list, in words. */
static const char *withheld(void)
{
	static char text[400];
	const struct mem_range *r;

	text[0] = 0;
	for (unsigned n = 0; (r = region_nth(MEM_WITHHELD, n)); n++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s@%u ",
			 range_text(r->pa, r->len).text, r->node);
	return text;
}

static void one(const struct row *row)
{
	u64 ram = 0, kept = 0;
	unsigned before = want_failed;
	struct why why = { 0 };

	region_reset();
	said[0] = 0;
	for (unsigned i = 0; i < PLACES && row->is[i].len; i++) {
		const struct place *p = &row->is[i];

		WANT(!region_add(p->pa, p->len, p->kind, p->node, NULL));
		ram += p->kind < MEM_RESERVED ? p->len : 0;
	}
	WANT(withhold_apply(row->word, log_line, &why) == row->err && why.code == row->err);
	WANT_TEXT(row->err ? why.text : said, row->said);
	WANT_TEXT(withheld(), row->withheld);
	for (unsigned n = 0; region_nth(MEM_WITHHELD, n); n++)
		kept += region_nth(MEM_WITHHELD, n)->len;
	WANT(region_total(MEM_RAM) + kept == ram); /* nothing is lost */
	if (want_failed != before)
		printf("# FAIL ^ %s\n", row->name);
}

/* A list that is full ends the walk over a node with the registry's error. */
static void full(void)
{
	struct why why = { 0 };
	unsigned room;

	region_reset();
	for (room = region_room(MEM_WITHHELD); room; room--)
		WANT(!region_add(64 * GiB + room * 2 * MiB, MiB, MEM_WITHHELD, 0, NULL));
	region_add(GiB, 256 * MiB, MEM_RAM, 1, NULL);
	region_add(2 * GiB, 256 * MiB, MEM_RAM, 1, NULL);
	WANT(withhold_apply("node1", log_line, &why) == -ENOMEM && why.code == -ENOMEM);
	WANT(region_is_ram(2 * GiB, 256 * MiB)); /* the second was not tried */
}

void withhold_tests(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		one(&rows[i]);
	full();
}

/* ---- the list, as a source ---- */

static const char *described(void)
{
	static char text[80];

	memset(text, 'x', sizeof(text));
	source_named("device-tree")->describe(text, sizeof(text));
	return text;
}

static bool nth_is(unsigned n, paddr_t pa, u64 len, unsigned node)
{
	paddr_t a = 1;
	u64 b = 2;
	unsigned c = 3;

	return source_named("device-tree")->range(n, &a, &b, &c) && a == pa && b == len &&
	       c == node;
}

void node_tests(void)
{
	const struct event_source *s = source_named("device-tree");
	paddr_t pa = 1;
	u64 len = 2;
	unsigned node = 3;

	region_reset();
	WANT_TEXT(described(), "none (try withhold=ADDR+SIZE or withhold=node1)");
	WANT(!s->range(0, &pa, &len, &node) && pa == 1 && len == 2 && node == 3);
	region_add(3 * GiB, MiB, MEM_RAM, 4, NULL);
	region_add(2 * GiB, 256 * MiB, MEM_WITHHELD, 5, NULL);
	WANT_TEXT(described(), "1 range");
	region_add(GiB, 128 * MiB, MEM_WITHHELD, 6, NULL);
	WANT_TEXT(described(), "2 ranges");
	WANT(nth_is(0, GiB, 128 * MiB, 6) && nth_is(1, 2 * GiB, 256 * MiB, 5));
	WANT(!s->range(2, &pa, &len, &node) && pa == 1 && len == 2 && node == 3);
}
