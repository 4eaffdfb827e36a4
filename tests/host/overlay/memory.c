/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/overlay/memory.c - the memory that one overlay adds to a tree, and why others are
 * refused; trees and blobs of every size.
 */
#include "overlay.h"
#include <blob.h>
#include <lib/printf.h>

#define TREE_BYTES (256 * KiB)

/* Cells of two for addresses and sizes. */
#define TREE(what) "{ #address-cells<2 #size-cells<2 " what " }"
#define RAM "{memory@40000000 device_type=memory reg<0,40000000,0,40000000 } "
#define ROOT(what) "{ {fragment target-path=/ {__overlay__ " what " } } }"
#define DIMM(name, more) "{" name " device_type=memory " more " } "
#define PMEM(name, more) "{" name " compatible=pmem-region " more " } "
#define MIXED "RAM and a pmem-region in one: each needs an overlay of its own"

static u8 tree[4096] __attribute__((aligned(8))),
	blob[OVERLAY_BYTES + 8] __attribute__((aligned(8)));

static const struct row {
	const char *tree, *overlay;
	int err;
	const char *is; /* ranges: PA+LEN@NODE, h: hotpluggable, p: pmem; or the sentence */
} rows[] = {
	{ TREE(RAM), ROOT(DIMM("d", "reg<0,80000000,0,10000000")), 0, "0x80000000+256M@0" },
	{ TREE(RAM), ROOT(DIMM("d", "reg<1,0,0,1000 numa-node-id<7")), 0, "0x100000000+4K@7" },
	{ TREE(RAM), ROOT(DIMM("d", "reg<1,0,0,1000 hotpluggable")), 0, "0x100000000+4K@0h" },
	{ TREE(RAM), ROOT(PMEM("d", "reg<1,0,0,1000 numa-node-id<1")), 0, "0x100000000+4K@1p" },
	{ TREE(RAM), ROOT(DIMM("d", "reg<1,0,0,1000,1,1000,0,2000")), 0,
	  "0x100000000+4K@0 0x100001000+8K@0" },
	{ TREE(RAM), ROOT(DIMM("d", "reg<1,0,0,1000,1,1000,0,1000,1,2000,0,1000,1,3000,0,1000")), 0,
	  "0x100000000+4K@0 0x100001000+4K@0 0x100002000+4K@0 0x100003000+4K@0" },
	{ TREE(RAM),
	  ROOT(DIMM("d", "reg<1,0,0,1000,1,1000,0,1000,1,2000,0,1000,1,3000,0,1000,1,4000,0,1000")),
	  -EINVAL, "more than 4 new ranges of memory" },
	{ TREE(RAM), ROOT(DIMM("d", "reg<1,0,0,1000") PMEM("e", "reg<2,0,0,1000")), -EINVAL,
	  MIXED },
	{ TREE(RAM), ROOT(PMEM("d", "reg<1,0,0,1000") PMEM("e", "reg<2,0,0,1000")), 0,
	  "0x200000000+4K@0p 0x100000000+4K@0p" },
	{ TREE(RAM), ROOT(DIMM("d", "reg<1,0,0,800")), -EINVAL,
	  "memory 0x100000000+2K: it is not aligned to pages" },
	{ TREE(RAM), ROOT(DIMM("d", "reg<1,0,0,0")), -EINVAL,
	  "memory 0x100000000+0x0: it is empty" },
	{ TREE(RAM), ROOT(DIMM("d", "reg<1,0,0,1000 status=disabled")), -EINVAL,
	  "it adds no memory" },
	{ TREE(RAM), ROOT("note=here"), -EINVAL, "it adds no memory" },
	{ TREE(RAM), ROOT(DIMM("d", "reg<1,0,0")), -EINVAL,
	  "a memory node has no usable reg and is left out" },
	{ TREE(RAM), ROOT(DIMM("d", "reg<1,0,0,1000 numa-node-id<8")), -EINVAL,
	  "a memory node has a numa-node-id above 7; node 0 is used" },
	/* what firmware had wrong before is no fault of the overlay */
	{ TREE(RAM DIMM("w", "reg<1,0")), ROOT(DIMM("d", "reg<2,0,0,1000")), 0,
	  "0x200000000+4K@0" },
	/* and that is of this tree alone */
	{ TREE(RAM), ROOT(DIMM("d", "reg<1,0,0")), -EINVAL,
	  "a memory node has no usable reg and is left out" },
	/* ---- memory that is there may not change ---- */
	{ TREE(RAM), ROOT(DIMM("memory@40000000", "reg<0,40000000,0,20000000")), -EPERM,
	  "it changes existing memory, 0x40000000+1G" },
	{ TREE(RAM), ROOT(DIMM("memory@40000000", "reg<0,50000000,0,40000000")), -EPERM,
	  "it changes existing memory, 0x40000000+1G" },
	{ TREE(RAM), ROOT(DIMM("memory@40000000", "numa-node-id<1")), -EPERM,
	  "it changes existing memory, 0x40000000+1G" },
	{ TREE(RAM), ROOT(DIMM("memory@40000000", "hotpluggable")), -EPERM,
	  "it changes existing memory, 0x40000000+1G" },
	{ TREE(PMEM("p", "reg<0,40000000,0,1000")), ROOT(DIMM("p", "")), -EPERM,
	  "it changes existing memory, 0x40000000+4K" },
	{ TREE(RAM), ROOT("{memory@40000000 status=disabled }"), -EPERM,
	  "it changes existing memory, 0x40000000+1G" },
	{ TREE(RAM "{m2 device_type=memory reg<1,0,0,1000 } "),
	  ROOT("{m2 status=disabled } " DIMM("d", "reg<2,0,0,1000")), -EPERM,
	  "it changes existing memory, 0x100000000+4K" },
	{ TREE(RAM), ROOT(DIMM("memory@40000000", "reg<0,40000000,0,40000000,1,0,0,1000")), 0,
	  "0x100000000+4K@0" },
	/* the same range twice is one more */
	{ TREE(RAM), ROOT(DIMM("d", "reg<0,40000000,0,40000000")), 0, "0x40000000+1G@0" },
	/* ---- blobs ---- */
	{ TREE(RAM), "{ {f target-path=/soc {__overlay__ p<1 } } }", -EINVAL,
	  "it cannot be applied: FDT_ERR_NOTFOUND" },
	{ TREE(RAM), "{ {f target-path~/ {__overlay__ p<1 } } }", -EINVAL,
	  "the target-path of a fragment is not terminated" },
	{ TREE(RAM "{soc phandle<1 } {__symbols__ soc=/soc }"),
	  "{ {f target<ffffffff {__overlay__ p<1 } } {g target-path=/ {__overlay__ " DIMM(
		  "d", "reg<1,0,0,1000") "} } {__fixups__ soc=/f:target:0 } }",
	  0, "0x100000000+4K@0" },
	/* its nodes are added where nodes of the tree are no longer indexed */
	{ TREE(RAM "{a {b {c {d {e {f {g {h {i {j {k {l {m {n } } } } } } } } } } } } } }"),
	  "{ {f target-path=/a/b/c/d/e/f/g/h/i/j/k/l/m/n {__overlay__ {o {p } } } } }", -EINVAL,
	  "it adds no memory" },
};

static const char *ranges(const struct overlay_memory *m)
{
	static char text[300];

	text[0] = 0;
	for (unsigned i = 0; i < m->nr; i++) {
		const struct fdt_memory_range *r = &m->range[i];

		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s@%u%s%s",
			 i ? " " : "", range_text(r->pa, r->len).text, r->node,
			 r->hotpluggable ? "h" : "", r->pmem ? "p" : "");
	}
	return text;
}

static void one(const struct row *r)
{
	static u8 before[sizeof(tree)];
	unsigned bytes = blob_make(blob, sizeof(blob), r->overlay), failed = want_failed;
	struct overlay_layer l = { .blob = blob, .size = bytes, .memory = { .nr = 99 } };
	struct why why = { 0 };

	WANT(bytes && blob_make(tree, sizeof(tree), r->tree));
	memcpy(before, tree, sizeof(tree));
	WANT(fdt_overlay_memory(tree, NULL, 0, &l, &why) == r->err && why.code == r->err);
	WANT_TEXT(r->err ? why.text : ranges(&l.memory), r->is);
	WANT(!memcmp(before, tree, sizeof(tree)));
	if (failed != want_failed)
		printf("# FAIL ^ %s\n", r->overlay);
}

/* ---- how large a blob is ---- */
static void sizes(void)
{
	static const struct {
		u64 size;
		const char *text;
	} wrong[] = {
		{ OVERLAY_BYTES + 1, "16385 bytes, at most 16384 are accepted" },
		{ 39, "39 bytes are no device tree" },
		{ 0, "0 bytes are no device tree" },
	};
	struct overlay_layer l = { .blob = blob };
	struct why why;
	unsigned bytes;

	blob_make(tree, sizeof(tree), TREE(RAM));
	bytes = blob_make(blob, sizeof(blob), ROOT(DIMM("d", "reg<1,0,0,1000")));
	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
		l.size = wrong[i].size;
		WANT(fdt_overlay_memory(tree, NULL, 0, &l, &why) == -EINVAL);
		WANT_TEXT(why.text, wrong[i].text);
	}
	l.size = 40; /* a header alone, which claims more bytes */
	WANT(fdt_overlay_memory(tree, NULL, 0, &l, &why) == -EINVAL);
	WANT(strstr(why.text, "at most 40 are accepted"));
	l.size = bytes - 1;
	WANT(fdt_overlay_memory(tree, NULL, 0, &l, &why) == -EINVAL);
	l.size = OVERLAY_BYTES;
	WANT(!fdt_overlay_memory(tree, NULL, 0, &l, &why) && l.memory.nr == 1);
}

/* ---- how large the tree is, and in which order its blocks are ---- */

static u8 large[TREE_BYTES + 4096] __attribute__((aligned(8)));

static int add_dimm(const void *to, struct overlay_memory *m, struct why *why)
{
	unsigned bytes = blob_make(blob, sizeof(blob), ROOT(DIMM("d", "reg<1,0,0,1000")));
	struct overlay_layer l = { .blob = blob, .size = bytes };
	int err = fdt_overlay_memory(to, NULL, 0, &l, why);

	*m = l.memory;
	return err;
}

/* Firmware leaves it a megabyte long: the bytes after the blocks are not copied. */
static void padded(void)
{
	struct overlay_memory m;
	struct why why = { 0 };

	blob_make(tree, sizeof(tree), TREE(RAM));
	fdt_set_totalsize(tree, MiB);
	WANT(!add_dimm(tree, &m, &why) && m.nr == 1);
	WANT_TEXT(why.text, "");
}

/* The strings before the structure. */
static void turned(void)
{
	static u8 other[4096] __attribute__((aligned(8)));
	unsigned bytes = blob_make(tree, sizeof(tree), TREE(RAM));
	unsigned structure = fdt_off_dt_struct(tree), strings = fdt_off_dt_strings(tree);
	unsigned strings_bytes = fdt_size_dt_strings(tree);
	unsigned moved = (unsigned)align_up(structure + strings_bytes, 4);
	struct overlay_memory m;
	struct why why = { 0 };

	WANT(bytes && strings > structure);
	memset(other, 0x5a, sizeof(other));
	memcpy(other, tree, structure);
	memcpy(other + structure, tree + strings, strings_bytes);
	memcpy(other + moved, tree + structure, fdt_size_dt_struct(tree));
	fdt_set_off_dt_strings(other, structure);
	fdt_set_off_dt_struct(other, moved);
	fdt_set_totalsize(other, 4096);
	WANT(!add_dimm(other, &m, &why) && m.nr == 1);
	WANT_TEXT(why.text, "");
}

/* A tree of `bytes`, which a value fills but for the last ones: those are strings. */
static void make_large(unsigned bytes)
{
	unsigned fill = 0;
	void *value;

	for (int turn = 0; turn < 2; turn++) {
		fdt_create(large, sizeof(large));
		fdt_finish_reservemap(large);
		fdt_begin_node(large, "");
		fdt_property_u32(large, "#size-cells", 2);
		WANT(!fdt_property_placeholder(large, "fill", (int)(fill & ~3u), &value));
		memset(value, 0, fill & ~3u);
		fdt_end_node(large);
		WANT(!fdt_finish(large));
		fill = bytes - fdt_totalsize(large);
	}
	WANT(fill < 4);
	fdt_set_size_dt_strings(large, fdt_size_dt_strings(large) + fill);
	fdt_set_totalsize(large, bytes);
}

static void largest(void)
{
	struct overlay_memory m;
	struct why why = { 0 };

	make_large(TREE_BYTES - 2048);
	WANT(!add_dimm(large, &m, &why) && m.nr == 1);
	make_large(TREE_BYTES);
	WANT(add_dimm(large, &m, &why) == -EINVAL);
	WANT_TEXT(why.text, "it cannot be applied: FDT_ERR_NOSPACE");
	make_large(TREE_BYTES + 1);
	WANT(add_dimm(large, &m, &why) == -ENOMEM);
	WANT_TEXT(why.text, "the device tree cannot be copied: FDT_ERR_NOSPACE");
	make_large(TREE_BYTES + 4);
	WANT(add_dimm(large, &m, &why) == -ENOMEM);
	WANT(fdt_overlay_refers(large, NULL, 0, 3) == 3); /* nothing is known of it */
}

/* ---- 64 ranges are compared ---- */
static int with_ranges(unsigned nr, struct why *why)
{
	struct overlay_memory m;

	fdt_create(large, sizeof(large));
	fdt_finish_reservemap(large);
	fdt_begin_node(large, "");
	fdt_property_u32(large, "#address-cells", 2);
	fdt_property_u32(large, "#size-cells", 2);
	for (unsigned i = 0; i < nr; i++) {
		fdt32_t reg[4] = { cpu_to_fdt32(2), cpu_to_fdt32(i * 8192), 0, cpu_to_fdt32(4096) };
		char name[16];

		snprintf(name, sizeof(name), "memory@%x", i);
		fdt_begin_node(large, name);
		fdt_property_string(large, "device_type", "memory");
		fdt_property(large, "reg", reg, sizeof(reg));
		fdt_end_node(large);
	}
	fdt_end_node(large);
	WANT(!fdt_finish(large));
	return add_dimm(large, &m, why);
}

static void many_ranges(void)
{
	struct why why = { 0 };

	WANT(!with_ranges(63, &why));
	WANT(with_ranges(64, &why) == -EINVAL);
	WANT_TEXT(why.text, "there are too many ranges of memory");
	WANT(with_ranges(65, &why) < 0);
}

void memory_tests(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		one(&rows[i]);
}

void tree_tests(void)
{
	sizes();
	padded();
	turned();
	largest();
	many_ranges();
}
