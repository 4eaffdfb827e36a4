/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/aml/early.c - tables before the allocator exists: each page is mapped once or refused;
 * messages wait for a console.
 */
#include "interpreter.h"
#include <boot/boot.h>
#include <drivers/acpi/tree.h>
#include <lib/printf.h>

#define PAGE 4096ul
#define WINDOW 512u /* pages: half of it */
#define MAPS 96u
#define TEXT 1024u

static u8 pages[PAGE];
static const u8 *(*at)(paddr_t, u64);
static void (*tell)(const char *);
static int read_code, make_code;
static unsigned maps, reads, makes;
static paddr_t map_pa;
static u64 map_len;
static bool no_map, forbidden;
static paddr_t asked_pa;
static u64 asked_len;
static char said[3000];

/* ---- functions that the files call ---- */
const void *early_map_ro(paddr_t pa, u64 len)
{
	maps++;
	map_pa = pa;
	map_len = len;
	return no_map ? NULL : pages + pa / PAGE % 16; /* each page has its own address */
}

int tables_read(struct tables *t, paddr_t rsdp, struct why *why)
{
	WANT(rsdp == 0x4560 && t->no_aml && !t->nr);
	at = t->at;
	tell = t->log;
	reads++;
	return read_code ? refuse(why, -read_code, "no RSDP") : 0;
}

int acpi_tree_make(const struct tables *t, void *to, u64 size, struct why *why)
{
	WANT(t->at == at && to == acpi_tree_buffer() && size == ACPI_TREE_BYTES);
	makes++;
	return make_code ? refuse(why, -make_code, "no room") : 0;
}

/* ---- tests: the early window ---- */
static bool holds(paddr_t pa, u64 len)
{
	asked_pa = pa;
	asked_len = len;
	return !forbidden;
}

static void log_line(const char *sentence)
{
	size_t n = strlen(said);

	snprintf(said + n, sizeof(said) - n, "%s\n", sentence);
}

static void trees(void)
{
	struct why why = { 0 };

	WANT(acpi_tree_early(0x4560, NULL, &why) == acpi_tree_buffer() && reads == 1 && makes == 1);
	make_code = -ENOMEM;
	WANT(!acpi_tree_early(0x4560, NULL, &why) && makes == 2 && why.code == -ENOMEM);
	read_code = -EINVAL;
	WANT(!acpi_tree_early(0x4560, NULL, &why) && makes == 2 && why.code == -EINVAL);
	read_code = make_code = 0;
	WANT(acpi_tree_early(0x4560, holds, &why) && acpi_tree_buffer());
}

/* The bytes at `pa` are mapped by `n` more calls; their address follows from the page. */
static void finds(paddr_t pa, u64 len, unsigned n, paddr_t first)
{
	unsigned before = maps;

	WANT(at(pa, len) == pages + first / PAGE % 16 + (pa - first) && maps == before + n);
	WANT(!n || (map_pa == first && map_len == align_up(pa + len, PAGE) - first));
}

static void finds_none(paddr_t pa, u64 len)
{
	unsigned before = maps;

	WANT(!at(pa, len) && maps == before);
}

static void each_page_once(void)
{
	finds(0x10000, 36, 1, 0x10000);
	WANT(asked_pa == 0x10000 && asked_len == 36);
	finds(0x10000, 36, 0, 0x10000);
	finds(0x10000, PAGE, 0, 0x10000); /* all of it */
	finds(0x10fff, 1, 0, 0x10000);    /* its last byte */
	finds(0x11000, 0, 0, 0x10000);    /* no bytes after it */
	finds(0x10fff, 2, 1, 0x10000);    /* into the next page: another map, two pages */
	finds(0x11010, 8, 0, 0x10000);
	finds(0x23ff8, 16, 1, 0x23000);
	finds(0x22fff, 1, 1, 0x22000); /* before a map */
	asked_len = 0;
	forbidden = true;
	finds_none(0x40000, 8);
	WANT(asked_pa == 0x40000 && asked_len == 8);
	finds(0x10020, 8, 0, 0x10000); /* mapped pages need no new permission */
	forbidden = false;
	finds_none(-16ul, 32);
	no_map = true;
	WANT(!at(0x40000, 8));
	no_map = false;
	finds(0x40000, 8, 1, 0x40000); /* the failed map was not recorded */
	finds(0x10, 8, 1, 0);          /* 0 is RAM of some boards */
	finds(0x10, 8, 0, 0);
	finds(0x25001, 8, 1, 0x25000); /* one byte past the end of a map */
	finds(0x50010, 0, 1, 0x50000);
	finds_none(0x60000, -1ul);
}

/* Eight maps of ten pages exist.  The last map may use all remaining pages; after that every map is
 * refused, even of 0 bytes. */
static void half_of_the_window(void)
{
	u64 left = WINDOW - 10;

	for (unsigned i = 8; i < MAPS - 1; i++, left--)
		finds(0x1000000 + i * 2 * PAGE, 8, 1, 0x1000000 + i * 2 * PAGE);
	finds_none(0x100000, left * PAGE + 1);
	finds_none(0x100800, left * PAGE);
	finds(0x100000, left * PAGE, 1, 0x100000);
	finds_none(0x90000, 1);
	finds_none(0x90000, 0);
	finds(0x100000 + 5 * PAGE + 8, 16, 0, 0x100000);
	finds(0x1000000 + 8 * 2 * PAGE, 8, 0, 0x1000000 + 8 * 2 * PAGE);
	finds(0x1000000 + (MAPS - 2) * 2 * PAGE, 8, 0, 0x1000000 + (MAPS - 2) * 2 * PAGE);
}

/* ---- messages ---- */
static void messages(void)
{
	char line[TEXT + 2];

	acpi_tree_report(log_line);
	WANT_TEXT(said, "");
	tell("one");
	tell("another");
	acpi_tree_report(log_line);
	WANT_TEXT(said, "one\nanother\n");
	acpi_tree_report(log_line);
	WANT_TEXT(said, "one\nanother\n"); /* printed once */
	said[0] = 0;
	memset(line, 'a', sizeof(line));
	line[TEXT] = 0;
	tell(line); /* one byte too long, with its terminator */
	line[TEXT - 5] = 0;
	tell(line);
	tell("four");
	tell("the");
	tell("");
	acpi_tree_report(log_line);
	WANT(strlen(said) == TEXT - 4 + 4 && !strcmp(said + TEXT - 5, "\nthe\n"));
}

void early_tests(void)
{
	trees();
	messages();
	each_page_once();
	half_of_the_window();
}
