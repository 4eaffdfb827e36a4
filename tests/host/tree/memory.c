/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/tree/memory.c - memory and reservations of a tree, in the registry: each range, and
 * the line for each that is left out.
 */
#include "tree.h"
#include <blob.h>
#include <lib/printf.h>
#include <mm/page/region.h>

#define TREE(what) "{ #address-cells<2 #size-cells<2 " what " }"
#define RAM "{memory@40000000 device_type=memory reg<0,40000000,0,40000000 } "
#define MORE(more) "{m device_type=memory " more " } "
#define KEEPS(what) "{reserved-memory #address-cells<2 #size-cells<2 " what " } "
#define LEFT "device tree: memory "
#define WRAPS "it wraps around the end of the address space\n"
#define HELD "device tree: reserved "

static const char *const initials[MEM_KINDS] = {
	[MEM_RAM] = "",       [MEM_HOTADDED] = "a", [MEM_WITHHELD] = "w",
	[MEM_RESERVED] = "r", [MEM_NOMAP] = "n",    [MEM_IMAGE] = "i",
	[MEM_DTB] = "d",      [MEM_INITRD] = "t",   [MEM_BOOT] = "b",
};

static const struct row {
	const char *name, *tree;
	struct mem_range before[3], kept[3]; /* in the registry (UEFI's), and the caller's */
	const char *is; /* the content of the registry; with an error, its sentence */
	const char *said;
	int err;
} rows[] = {
	{ .name = "memory on two nodes",
	  .tree = TREE(RAM MORE("reg<1,0,0,1000 numa-node-id<7")),
	  .is = "0x40000000+1G@0 0x100000000+4K@7 | | " },
	{ .name = "cells of one",
	  .tree = "{ #address-cells<1 #size-cells<1 " MORE("reg<40000000,1000,80000000,2000") "}",
	  .is = "0x40000000+4K@0 0x80000000+8K@0 | | " },
	{ .name = "the specification's cells",
	  .tree = "{ " MORE("reg<1,40000000,1000") "}",
	  .is = "0x140000000+4K@0 | | " },
	{ .name = "cells of two and one",
	  .tree = "{ #address-cells<1 #size-cells<2 " MORE("reg<40000000,1,0") "}",
	  .is = "0x40000000+4G@0 | | " },
#define NO_REG "device tree: a memory node has no usable reg and is left out\n"
	{ .name = "no cells of addresses",
	  .tree = "{ #address-cells<0 #size-cells<2 " MORE("reg<1,0,1000,0") "}",
	  .is = " | | ",
	  .said = NO_REG },
	{ .name = "too many cells of addresses",
	  .tree = "{ #address-cells<3 #size-cells<1 " MORE("reg<0,0,40000000,1000") "}",
	  .is = " | | ",
	  .said = NO_REG },
	{ .name = "no cells of sizes",
	  .tree = "{ #address-cells<2 #size-cells<0 " MORE("reg<0,40000000,0,1000") "}",
	  .is = " | | ",
	  .said = NO_REG },
	{ .name = "too many cells of sizes",
	  .tree = "{ #address-cells<1 #size-cells<3 " MORE("reg<40000000,0,0,1000") "}",
	  .is = " | | ",
	  .said = NO_REG },
	{ .name = "a range that is cut off",
	  .tree = TREE(MORE("reg<0,40000000,0,1000,1")),
	  .is = " | | ",
	  .said = NO_REG },
	{ .name = "no reg", .tree = TREE(MORE("")), .is = " | | ", .said = NO_REG },
	{ .name = "an empty reg", .tree = TREE(MORE("reg")), .is = " | | ", .said = "" },
	{ .name = "a node that is none",
	  .tree = TREE(MORE("reg<0,40000000,0,1000 numa-node-id<8")),
	  .is = "0x40000000+4K@0 | | ",
	  .said = "device tree: a memory node has a numa-node-id above 7; node 0 is used\n" },
	{ .name = "no number of a node",
	  .tree = TREE(MORE("reg<0,40000000,0,1000 numa-node-id<1,1")),
	  .is = "0x40000000+4K@0 | | " },
	{ .name = "not in use, not at the root, and a device's",
	  .tree = TREE(MORE("reg<0,40000000,0,1000 status=disabled") "{soc " MORE(
		  "reg<0,50000000,0,1000") "} {p compatible=pmem-region reg<0,60000000,0,1000 } "
					   "{q reg<0,70000000,0,1000 } "),
	  .is = " | | " },
	{ .name = "a device's, with a fault",
	  .tree = TREE("{p compatible=pmem-region reg<0,60000000 } "),
	  .is = " | | " },
	{ .name = "ranges that cannot be memory",
	  .tree = TREE(MORE("reg<0,40000000,0,0,ffffffff,fffff000,0,1000,ffffffff,fffff000,0,2000,"
			    "ffffffff,fffff000,0,ffffff,0,1000,ffffffff,ffffffff,0,40000800,0,1000,"
			    "0,40000000,0,1800")),
	  .is = " | | ",
	  .said = LEFT "0x40000000+6K left out: it is not aligned to pages\n" LEFT
		       "0x40000800+4K left out: it is not aligned to pages\n" LEFT
		       "0x1000+0xffffffffffffffff left out: " WRAPS LEFT
		       "0xfffffffffffff000+0xffffff left out: " WRAPS LEFT
		       "0xfffffffffffff000+8K left out: " WRAPS LEFT
		       "0xfffffffffffff000+4K left out: " WRAPS LEFT
		       "0x40000000+0x0 left out: it is empty\n" },
	{ .name = "the end of physical addresses",
	  .tree = TREE(MORE("reg<fffff,fffff000,0,1000,fffff,ffffe000,0,3000")),
	  .is = "0xffffffffff000+4K@0 | | ",
	  .said = LEFT "0xfffffffffe000+12K left out: it is beyond any physical address\n" },
	{ .name = "the same bytes twice",
	  .tree = TREE(RAM MORE("reg<0,50000000,0,1000")),
	  .is = "0x40000000+1G@0 | | ",
	  .said = LEFT "0x50000000+4K left out: 0x50000000+4K overlaps RAM at 0x40000000+1G\n" },
	/* ---- marked memory ---- */
	{ .name = "marked",
	  .tree = TREE(RAM MORE("hotpluggable reg<1,0,0,40000000 numa-node-id<2")),
	  .is = "0x40000000+1G@0 | | 0x100000000+1G@2w " },
	{ .name = "marked, inside of other memory, before and behind it",
	  .tree = TREE("{a device_type=memory hotpluggable reg<0,50000000,0,10000000 } " RAM
		       "{z device_type=memory hotpluggable reg<0,70000000,0,20000000 } "),
	  .is = "0x40000000+256M@0 0x60000000+256M@0 | | 0x50000000+256M@0w 0x70000000+512M@0w " },
	{ .name = "marked, and in use",
	  .tree = TREE(RAM MORE(
		  "hotpluggable reg<1,0,0,40000000") "{chosen linux,initrd-start<1,20000000 "
						     "linux,initrd-end<1,20001000 } "),
	  .is = "0x40000000+1G@0 0x120000000+128M@0 | 0x120000000+4K@0t | 0x100000000+512M@0w "
		"0x128000000+384M@0w ",
	  .said = "device tree: hotpluggable 0x120000000+128M stays in use: the initrd is at "
		  "0x120000000\n" },
	{ .name = "marked, and no memory",
	  .tree = TREE(MORE(
		  "hotpluggable reg<1,0,0,40000000,1,800,0,1000,2,0") "{y device_type=memory "
								      "hotpluggable "
								      "reg<1,800,0,1000 } "
								      "{p compatible=pmem-region "
								      "hotpluggable reg<3,0,0,1000 "
								      "} "),
	  .is = " | | ",
	  .said = LEFT "0x100000800+4K left out: it is not aligned to pages\n" NO_REG },
	{ .name = "marked, at address 0, and other memory around it",
	  .tree = TREE("{a device_type=memory hotpluggable reg<0,0,0,10000000 } "
		       "{z device_type=memory reg<0,0,0,40000000 } "),
	  .is = "0x10000000+768M@0 | | 0x0+256M@0w " },
	{ .name = "marked, at address 0",
	  .tree = TREE("{a device_type=memory hotpluggable reg<0,0,0,10000000 } "),
	  .is = " | | 0x0+256M@0w " },
	{ .name = "known: memory at address 0",
	  .before = { { 0, GiB, MEM_RAM, 0 } },
	  .tree = TREE(MORE("reg<0,0,0,1000 numa-node-id<1")),
	  .is = "0x0+4K@1 0x1000+1048572K@0 | | " },
	/* ---- UEFI's map is known ---- */
	{ .name = "known: nodes alone are taken",
	  .before = { { GiB, GiB, MEM_RAM, 0 }, { 4 * GiB, GiB, MEM_RAM, 0 } },
	  .tree = TREE(MORE(
		  "reg<0,50000000,0,10000000,1,0,1,0 numa-node-id<3") "{n device_type=memory "
								      "reg<0,40000000,0,1000 } "),
	  .is = "0x40000000+256M@0 0x50000000+256M@3 0x60000000+512M@0 0x100000000+1G@3 | | " },
	{ .name = "known: a range over two of them, and the gap",
	  .before = { { GiB, MiB, MEM_RAM, 0 },
		      { GiB + 2 * MiB, MiB, MEM_RAM, 1 },
		      { GiB + 4 * MiB, MiB, MEM_RAM, 0 } },
	  .tree = TREE(MORE("reg<0,40080000,0,400000 numa-node-id<1")),
	  .is = "0x40000000+512K@0 0x40080000+512K@1 0x40200000+1M@1 0x40400000+512K@1 "
		"0x40480000+512K@0 | | " },
	{ .name = "known: no RAM there",
	  .before = { { GiB, MiB, MEM_RAM, 0 } },
	  .tree = TREE(
		  MORE("reg<1,0,0,1000 numa-node-id<1") "{o device_type=memory "
							"reg<0,40000000,0,1000,0,40800,0,1000 } "),
	  .is = "0x40000000+1M@0 | | ",
	  .said = LEFT "0x40800+4K left out: it is not aligned to pages\n" LEFT
		       "0x100000000+4K left out: UEFI's map has no RAM there\n" },
	{ .name = "known, marked",
	  .before = { { GiB, GiB, MEM_RAM, 0 } },
	  .tree = TREE(MORE("hotpluggable reg<0,60000000,0,10000000,2,0,0,1000 "
			    "numa-node-id<1") "{z device_type=memory hotpluggable "
					      "reg<0,800,0,1000 } "),
	  .is = "0x40000000+512M@0 0x70000000+256M@0 | | 0x60000000+256M@1w ",
	  .said = LEFT "0x800+4K left out: it is not aligned to pages\n" LEFT
		       "0x200000000+4K left out: UEFI's map has no RAM there\n" },
	/* ---- reservations ---- */
	{ .name = "/memreserve/",
	  .tree = "@40000000,1000 @50000800,1000 @fffffffffffff000,2000 "
		  "@70000000,1 " TREE(RAM),
	  .is = "0x40000000+1G@0 | 0x40000000+4K@0r 0x50000000+8K@0r 0x70000000+4K@0r | " },
	{ .name = "/memreserve/ at address 0",
	  .tree = "@0,1000 " TREE(MORE("reg<0,0,0,40000000")),
	  .is = "0x0+1G@0 | 0x0+4K@0r | " },
	{ .name = "children of /reserved-memory",
	  .tree = TREE(
		  RAM KEEPS("{a reg<0,40001800,0,1000 } {b reg<0,50000000,0,1,0,60000000,0,800 "
			    "no-map } {c status=disabled reg<0,70000000,0,1000 } {d size<1 }")),
	  .is = "0x40000000+1G@0 | 0x40001000+8K@0r 0x50000000+4K@0n 0x60000000+4K@0n | " },
	{ .name = "children that are wrong",
	  .tree = TREE(
		  RAM KEEPS("{a reg<0,40000000,0,0 } {b reg<ffffffff,fffff000,0,2000 } "
			    "{b1 reg<0,40000000,ffffffff,ffffffff } {c reg<0,40000000,0 } {d "
			    "reg<2,0,0,1000 } "
			    "{name-of-more-than-forty-letters-is-cut-off-here reg<3,0,0,1000 } ")),
	  .is = "0x40000000+1G@0 | 0x200000000+4K@0r 0x300000000+4K@0r | ",
	  .said = HELD
	  "name-of-more-than-forty-letters-is-cut-o, 0x300000000+4K, is outside "
	  "RAM\n" HELD "d, 0x200000000+4K, is outside RAM\n"
	  "device tree: a child of /reserved-memory has a malformed reg\n" HELD
	  "b1, 0x40000000+0xffffffffffffffff, left out: it is empty or wraps around\n" HELD
	  "b, 0xfffffffffffff000+8K, left out: it is empty or wraps around\n" HELD
	  "a, 0x40000000+0x0, left out: it is empty or wraps around\n" },
	{ .name = "children by the cells of /reserved-memory, not of the root",
	  .tree = TREE(RAM "{reserved-memory #address-cells<1 #size-cells<1 "
			   "{a reg<50000000,1000,60000000,2000 } } "),
	  .is = "0x40000000+1G@0 | 0x50000000+4K@0r 0x60000000+8K@0r | " },
	{ .name = "children over each other",
	  .tree = TREE(RAM KEEPS("{a reg<0,40001000,0,1000 } {b reg<0,40000000,0,3000 } ")),
	  .is = "0x40000000+1G@0 | 0x40000000+12K@0r | ",
	  .said = HELD "b, 0x40000000+12K, overlaps the reserved at 0x40001000: both stay\n" },
	{ .name = "UEFI's RAM: no line for memory outside of it",
	  .before = { { GiB, GiB, MEM_RAM, 0 } },
	  .tree = TREE(RAM KEEPS("{d reg<2,0,0,1000 } ")),
	  .is = "0x40000000+1G@0 | 0x200000000+4K@0r | " },
	{ .name = "over the image, the device tree, an initrd",
	  .kept = { { GiB, 4096, MEM_IMAGE, 0 },
		    { GiB + 8192, 100, MEM_DTB, 0 },
		    { GiB + 16384, 4096, MEM_INITRD, 0 } },
	  .tree = TREE(RAM KEEPS("{a reg<0,40000000,0,2000 } {b reg<0,40002000,0,2000 } {c "
				 "reg<0,40004000,0,1000 } ")),
	  .is = "0x40000000+1G@0 | 0x40000000+4K@0i 0x40001000+4K@0r 0x40002000+4K@0d "
		"0x40003000+4K@0r 0x40004000+4K@0t | ",
	  .said = HELD "a, 0x40000000+8K, overlaps the image at 0x40000000: both stay\n" },
	{ .name = "no-map over the image",
	  .kept = { { GiB, 4096, MEM_IMAGE, 0 } },
	  .tree = TREE(RAM KEEPS("{a no-map reg<0,40000000,0,2000 } ")),
	  .is = "0x40000000+1G@0 | 0x40000000+4K@0i 0x40001000+4K@0n | ",
	  .said = HELD "a, 0x40000000+8K, overlaps the image at 0x40000000: both stay\n" },
	{ .name = "a child, /memreserve/ and an initrd at one place",
	  .tree = "@40000000,2000 " TREE(RAM KEEPS(
		  "{a no-map reg<0,40000000,0,1000 } ") "{chosen linux,initrd-start<0,40000000 "
							"linux,initrd-end<0,40003000 } "),
	  .is = "0x40000000+1G@0 | 0x40000000+4K@0n 0x40001000+4K@0r 0x40002000+4K@0t | " },
#define CHOSEN(what) TREE(RAM "{chosen " what " } ")
	{ .name = "an initrd",
	  .tree = CHOSEN("linux,initrd-start<40000800 linux,initrd-end<0,40001001"),
	  .is = "0x40000000+1G@0 | 0x40000000+8K@0t | " },
	{ .name = "an initrd of one byte",
	  .tree = CHOSEN("linux,initrd-start<0,40000000 linux,initrd-end<40000001"),
	  .is = "0x40000000+1G@0 | 0x40000000+4K@0t | " },
	{ .name = "an initrd of none",
	  .tree = CHOSEN("linux,initrd-start<40000800 linux,initrd-end<40000800"),
	  .is = "0x40000000+1G@0 | | " },
	{ .name = "an initrd that ends first",
	  .tree = CHOSEN("linux,initrd-start<40000801 linux,initrd-end<40000800"),
	  .is = "0x40000000+1G@0 | | " },
	{ .name = "no start",
	  .tree = CHOSEN("linux,initrd-end<40000800"),
	  .is = "0x40000000+1G@0 | | " },
	{ .name = "no end",
	  .tree = CHOSEN("linux,initrd-start<40000800"),
	  .is = "0x40000000+1G@0 | | " },
	{ .name = "no address",
	  .tree = CHOSEN("linux,initrd-start<0,0,40000000 linux,initrd-end<40001000"),
	  .is = "0x40000000+1G@0 | | " },
	{ .name = "no address of an end",
	  .tree = CHOSEN("linux,initrd-start<40000000 linux,initrd-end~ab"),
	  .is = "0x40000000+1G@0 | | " },
	/* ---- registers ---- */
	{ .name = "registers are no RAM, and a child there is outside",
	  .kept = { { GiB, 4096, MEM_IMAGE, 0 } },
	  .tree = TREE(RAM "{uart reg<0,70000000,0,1000 } " KEEPS("{a reg<0,70000000,0,1000 } ")),
	  .is = "0x40000000+768M@0 0x70001000+262140K@0 | 0x40000000+4K@0i 0x70000000+4K@0r | ",
	  .said = HELD "a, 0x70000000+4K, is outside RAM\ndevice tree: 0x70000000+4K is no RAM: "
		       "registers of uart are there\n" },
	/* ---- the image ---- */
	{ .name = "the image in RAM, the device tree anywhere",
	  .kept = { { GiB, GiB, MEM_IMAGE, 0 }, { 4 * GiB, 100, MEM_DTB, 0 } },
	  .tree = TREE(RAM),
	  .is = "0x40000000+1G@0 | 0x40000000+1G@0i 0x100000000+4K@0d | " },
	{ .name = "no RAM below the end of the image",
	  .kept = { { 4 * GiB, 4096, MEM_DTB, 0 }, { GiB + 4096, GiB, MEM_IMAGE, 0 } },
	  .tree = TREE(RAM),
	  .err = -EINVAL,
	  .is = "device tree: no memory node covers the image at 0x40001000+1G" },
};

static char said[2000];

/* The last line first. */
static void log_line(const char *sentence)
{
	char rest[sizeof(said)];

	memcpy(rest, said, sizeof(rest));
	snprintf(said, sizeof(said), "%s\n%s", sentence, rest);
}

static void append_ranges(char *text, size_t size, enum region_kind array)
{
	const struct mem_range *r;

	for (unsigned n = 0; (r = region_nth(array, n)); n++)
		snprintf(text + strlen(text), size - strlen(text), "%s@%u%s ",
			 range_text(r->pa, r->len).text, r->node, initials[r->kind]);
}

static const char *registry(void)
{
	static char text[1000];

	text[0] = 0;
	append_ranges(text, sizeof(text), MEM_RAM);
	strcat(text, text[0] ? "| " : " | ");
	append_ranges(text, sizeof(text), MEM_RESERVED);
	strcat(text, "| ");
	append_ranges(text, sizeof(text), MEM_WITHHELD);
	return text;
}

static u8 blob[4096] __attribute__((aligned(8)));

static void one(const struct row *r)
{
	unsigned failed = want_failed, kept = 0;
	struct why why = { 0 };

	region_reset();
	for (unsigned i = 0; i < 3 && r->before[i].len; i++)
		region_add(r->before[i].pa, r->before[i].len, r->before[i].kind, r->before[i].node,
			   NULL);
	while (kept < 3 && r->kept[kept].len)
		kept++;
	said[0] = 0;
	WANT(blob_make(blob, sizeof(blob), r->tree));
	WANT(!fdt_check(blob, sizeof(blob), &why));
	WANT(fdt_memory(blob, r->kept, kept, log_line, &why) == r->err && why.code == r->err);
	WANT_TEXT(r->err ? why.text : registry(), r->is);
	WANT_TEXT(said, r->said ? r->said : "");
	if (failed != want_failed)
		printf("# FAIL ^ %s\n", r->name);
}

/* A list that is full: its capacity is reported once, and the memory stays in use. */
static void nowhere_to_withhold(void)
{
	struct why why = { 0 };

	region_reset();
	for (unsigned room = region_room(MEM_WITHHELD); room; room--)
		region_add(64 * GiB + room * 2 * MiB, MiB, MEM_WITHHELD, 0, NULL);
	said[0] = 0;
	blob_make(blob, sizeof(blob), TREE(RAM MORE("hotpluggable reg<1,0,0,40000000")));
	WANT(!fdt_check(blob, sizeof(blob), &why));
	WANT(!fdt_memory(blob, NULL, 0, log_line, &why));
	WANT_TEXT(said, "0x100000000+1G: the registry holds 128 ranges and is full\n");
}

/* Boot needs 32 slots of the registry later: what firmware reserves gets the others. */
static void rooms(unsigned used, const char *wanted)
{
	struct why why = { 0 };

	region_reset();
	for (unsigned i = 0; i < used; i++)
		region_add(64 * GiB + i * 2 * MiB, MiB, MEM_RESERVED, 0, NULL);
	said[0] = 0;
	blob_make(blob, sizeof(blob),
		  "@48000000,1000 " TREE(RAM KEEPS("{a reg<0,50000000,0,1000 } ")));
	WANT(!fdt_check(blob, sizeof(blob), &why));
	WANT(!fdt_memory(blob, NULL, 0, log_line, &why));
	WANT_TEXT(said, wanted);
	WANT(!strstr(wanted, "memreserve") == region_is_ram(0x48000000, 4096));
	WANT(region_is_ram(GiB, 128 * MiB)); /* nothing but it is given up */
	WANT(!strstr(wanted, "reserved a") == region_is_ram(0x50000000, 4096));
}

/* To make a part of a range no-map needs a slot more. */
static void splits(unsigned used, bool fits)
{
	struct why why = { 0 };

	region_reset();
	region_add(0x50000000, 5 * 4096, MEM_RESERVED, 0, NULL);
	for (unsigned i = 1; i < used; i++)
		region_add(64 * GiB + i * 2 * MiB, MiB, MEM_RESERVED, 0, NULL);
	said[0] = 0;
	blob_make(blob, sizeof(blob), TREE(RAM KEEPS("{a no-map reg<0,50000000,0,1000 } ")));
	WANT(!fdt_check(blob, sizeof(blob), &why));
	WANT(!fdt_memory(blob, NULL, 0, log_line, &why));
	WANT(!strstr(said, "too many") == fits && region_is_ram(0x50000000, 4096) == fits);
	WANT(region_is_ram(0x50001000, 4096) && region_is_ram(0x4ffff000, 4096));
	WANT(!fits || region_find(MEM_RESERVED, 0x50000000, 4096)->kind == MEM_NOMAP);
	WANT(fits == (strchr(said, '\n') == strrchr(said, '\n'))); /* that it overlaps, alone */
}

void memory_tests(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		one(&rows[i]);
	nowhere_to_withhold();
	rooms(94, "");
	rooms(95, "");
	rooms(96, HELD "by /memreserve/, 0x48000000+4K, is one range too many: not used at all\n");
	rooms(97,
	      HELD "by /memreserve/, 0x48000000+4K, is one range too many: not used at all\n" HELD
		   "a, 0x50000000+4K, is one range too many: not used at all\n");
	splits(94, true);
	splits(95, true);
	splits(96, false);
}
