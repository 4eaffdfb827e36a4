/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/fdt/main.c - trees of any size; no-map memory is never mapped or allocated, even if
 * firmware lists it elsewhere as well: /reserved-memory, /memreserve/, an initrd, UEFI's map. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>
#include <drivers/irq/irq.h>
#include <drivers/memory/efi_map.h>
#include <lib/printf.h>
#include <libfdt.h>
#include <mm/page/region.h>
#include <stdlib.h>
#include <string.h>

#define BASE 0x40000000ul
#define FRAMES 512u
#define AT(frame) (BASE + (u64)(frame)*4096)
#define LISTED_MAX 200
#define IMAGE_FRAMES 4u

const struct irqchip *irqchip;
u32 irqchip_phandle;
struct irq_child irq_children[IRQ_CHILDREN_MAX];
unsigned irq_children_nr;

void assert_failed(const char *file, int line, const char *what, u64 a, u64 b)
{
	(void)a, (void)b;
	mock_assert(0, what, file, line);
	abort();
}

enum listed_as { RESERVED, NOMAP, MEMRESERVE, INITRD };

static struct listed {
	enum listed_as as;
	unsigned frame, nr;
} listed[LISTED_MAX];
static unsigned nr_listed, lines_left_out;

static void list(enum listed_as as, unsigned frame, unsigned nr)
{
	assert_in_range(nr_listed, 0, LISTED_MAX - 1);
	listed[nr_listed++] = (struct listed) { as, frame, nr };
}

static void begin(void)
{
	nr_listed = lines_left_out = 0;
	region_reset();
}

static void log_line(const char *sentence)
{
	lines_left_out += strstr(sentence, "one range too many: not used at all") != NULL;
}

/* ---- the tree ---- */

static void reg(void *fdt, u64 pa, u64 len)
{
	const fdt32_t cells[] = { cpu_to_fdt32(pa >> 32), cpu_to_fdt32(pa), cpu_to_fdt32(len >> 32),
				  cpu_to_fdt32(len) };

	assert_int_equal(fdt_property(fdt, "reg", cells, sizeof(cells)), 0);
}

static void cells_of(void *fdt)
{
	fdt_property_u32(fdt, "#address-cells", 2);
	fdt_property_u32(fdt, "#size-cells", 2);
}

static void memory(void *fdt)
{
	fdt_begin_node(fdt, "memory@40000000");
	fdt_property_string(fdt, "device_type", "memory");
	reg(fdt, BASE, FRAMES * 4096ul);
	fdt_end_node(fdt);
}

static void children(void *fdt)
{
	fdt_begin_node(fdt, "reserved-memory");
	cells_of(fdt);
	fdt_property(fdt, "ranges", "", 0);
	for (unsigned i = 0; i < nr_listed; i++) {
		char name[] = "r@aa";

		if (listed[i].as > NOMAP)
			continue;
		name[2] += (char)(i / 16);
		name[3] += (char)(i % 16);
		fdt_begin_node(fdt, name);
		reg(fdt, AT(listed[i].frame), listed[i].nr * 4096ul);
		if (listed[i].as == NOMAP)
			fdt_property(fdt, "no-map", "", 0);
		fdt_end_node(fdt);
	}
	fdt_end_node(fdt);
}

static void chosen(void *fdt)
{
	fdt_begin_node(fdt, "chosen");
	for (unsigned i = 0; i < nr_listed; i++)
		if (listed[i].as == INITRD) {
			fdt_property_u64(fdt, "linux,initrd-start", AT(listed[i].frame));
			fdt_property_u64(fdt, "linux,initrd-end",
					 AT(listed[i].frame + listed[i].nr));
		}
	fdt_end_node(fdt);
}

static const void *tree(void)
{
	static u8 fdt[32768] __attribute__((aligned(8)));

	assert_int_equal(fdt_create(fdt, sizeof(fdt)), 0);
	for (unsigned i = 0; i < nr_listed; i++)
		if (listed[i].as == MEMRESERVE)
			fdt_add_reservemap_entry(fdt, AT(listed[i].frame), listed[i].nr * 4096ul);
	assert_int_equal(fdt_finish_reservemap(fdt), 0);
	fdt_begin_node(fdt, "");
	cells_of(fdt);
	memory(fdt);
	children(fdt);
	chosen(fdt);
	fdt_end_node(fdt);
	assert_int_equal(fdt_finish(fdt), 0);
	return fdt;
}

/* ---- checks ---- */

static bool listed_as(enum listed_as as, unsigned frame)
{
	for (unsigned i = 0; i < nr_listed; i++)
		if (listed[i].as == as && frame >= listed[i].frame &&
		    frame - listed[i].frame < listed[i].nr)
			return true;
	return false;
}

static u8 is_free[FRAMES];

static void note_free(paddr_t pa, u64 len, unsigned node, void *arg)
{
	(void)node, (void)arg;
	assert_in_range(pa, BASE, AT(FRAMES) - len);
	memset(is_free + (pa - BASE) / 4096, 1, len / 4096);
}

/* mm/kernel/kpt_build.c maps RAM except no-map; the buddy receives the free frames. */
static void check_frame(unsigned frame)
{
	const struct mem_range *r = region_find(MEM_RESERVED, AT(frame), 4096);
	bool mapped = region_is_ram(AT(frame), 4096) && (!r || r->kind != MEM_NOMAP);
	bool any = listed_as(RESERVED, frame) || listed_as(MEMRESERVE, frame) ||
		   listed_as(INITRD, frame);

	if (frame < IMAGE_FRAMES) {
		assert_int_equal(r->kind, MEM_IMAGE);
	} else if (listed_as(NOMAP, frame)) {
		if (mapped || is_free[frame])
			fail_msg("no-map frame %u is %s", frame, mapped ? "mapped" : "free");
	} else {
		assert_int_equal(is_free[frame] && any, false);
		if (!lines_left_out) {
			assert_true(mapped);
			assert_int_equal(is_free[frame], !any && !r);
		}
	}
}

static void check(void)
{
	static const struct mem_range image = { BASE, IMAGE_FRAMES * 4096, MEM_IMAGE, 0 };
	const void *fdt = tree();
	struct why why = { 0 };

	assert_int_equal(fdt_check(fdt, 32768, &why), 0);
	assert_int_equal(fdt_memory(fdt, &image, 1, log_line, &why), 0);
	memset(is_free, 0, sizeof(is_free));
	region_each_free(4096, note_free, NULL);
	for (unsigned frame = 0; frame < FRAMES; frame++)
		check_frame(frame);
}

static void no_map_wins_over_what_came_before(void **state)
{
	(void)state;
	begin();
	list(RESERVED, 100, 10);
	list(NOMAP, 105, 10); /* across the end of a range */
	list(RESERVED, 200, 30);
	list(NOMAP, 210, 10); /* in the middle */
	list(RESERVED, 300, 5);
	list(RESERVED, 310, 5);
	list(NOMAP, 298, 20); /* across two ranges and the gap */
	list(NOMAP, 0, 8);    /* the image stays reserved as the image */
	check();
	assert_int_equal(lines_left_out, 0);
}

static void no_map_stays_under_what_comes_later(void **state)
{
	(void)state;
	begin();
	list(NOMAP, 100, 10);
	list(RESERVED, 95, 10);
	list(NOMAP, 200, 10);
	list(MEMRESERVE, 195, 20);
	list(NOMAP, 300, 10);
	list(INITRD, 290, 30);
	list(NOMAP, 310, 5);
	check();
	assert_int_equal(lines_left_out, 0);
}

struct descriptor {
	u32 type, pad;
	u64 pa, va, pages, attributes;
};

/* Conventional memory, memory of boot services, and ACPI reclaim memory, which is reserved. */
static void no_map_wins_over_uefi(void **state)
{
	static const struct descriptor map[] = {
		{ 7, 0, BASE, 0, 100, 8 },
		{ 4, 0, AT(100), 0, 100, 8 },
		{ 9, 0, AT(200), 0, 20, 8 },
		{ 7, 0, AT(220), 0, FRAMES - 220, 8 },
	};
	const struct efi_map m = { map, sizeof(map), sizeof(map[0]), EFI_MAP_VERSION, log_line };

	(void)state;
	begin();
	assert_int_equal(efi_map_ram(&m, NULL), 0);
	list(NOMAP, 90, 20);
	list(NOMAP, 205, 20);
	list(NOMAP, 400, 1);
	check();
	assert_int_equal(region_find(MEM_RESERVED, AT(200), 4096)->kind, MEM_RESERVED);
	assert_int_equal(region_find(MEM_RESERVED, AT(219), 4096)->kind, MEM_NOMAP);
}

/* No slot for the parts of a split: the memory is then not RAM, and a message reports it. */
static void no_map_wins_where_the_registry_is_full(void **state)
{
	(void)state;
	begin();
	list(RESERVED, 8, 101);
	for (unsigned i = 0; i < 70; i++)
		list(i % 2 ? NOMAP : RESERVED, 120 + 3 * i, 2);
	for (unsigned i = 0; i < 40; i++)
		list(NOMAP, 10 + 2 * i, 1);
	list(NOMAP, 0, 2);
	list(RESERVED, 400, 2); /* the last one that fits */
	list(NOMAP, 405, 2);
	list(RESERVED, 410, 2);
	check();
	assert_int_equal(lines_left_out, 28 + 2);
	assert_true(region_room(MEM_RESERVED) >= 31); /* boot needs these */
}

static void any_list_at_all(void **state)
{
	u32 seed = 1;

	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		unsigned nr = round % 40;

		begin();
		for (unsigned i = 0; i < nr; i++) {
			u32 a, b;

			seed = seed * 1664525 + 1013904223;
			a = seed >> 8;
			seed = seed * 1664525 + 1013904223;
			b = seed >> 8;
			list(i ? a % 3 : INITRD, a / 4 % FRAMES, 1 + b % 40);
		}
		check();
	}
}

/* ---- a tree with more nodes than slots ---- */

#define DEEP 5000u
#define SHALLOW 300u

static void node_with(void *fdt, const char *name, u32 phandle)
{
	fdt_begin_node(fdt, name);
	fdt_property_u32(fdt, "phandle", phandle);
}

/* /soc/bus has DEEP children with a child each; the nodes that boot needs follow them. */
static const void *large_tree(void)
{
	static u8 fdt[1 << 20] __attribute__((aligned(8)));
	char name[16];

	assert_int_equal(fdt_create(fdt, sizeof(fdt)), 0);
	fdt_finish_reservemap(fdt);
	fdt_begin_node(fdt, "");
	fdt_begin_node(fdt, "soc");
	fdt_begin_node(fdt, "bus");
	for (unsigned i = 0; i < DEEP; i++) {
		hp_snprintf(name, sizeof(name), "device@%x", i);
		node_with(fdt, name, i + 1);
		node_with(fdt, "port", DEEP + i + 1);
		fdt_end_node(fdt);
		fdt_end_node(fdt);
	}
	fdt_end_node(fdt);
	for (unsigned i = 0; i < SHALLOW; i++) {
		hp_snprintf(name, sizeof(name), "serial@%x", i);
		node_with(fdt, name, 0x10000 + i);
		fdt_end_node(fdt);
	}
	fdt_end_node(fdt);
	fdt_begin_node(fdt, "chosen");
	fdt_property_string(fdt, "stdout-path", "/soc/serial@12b");
	fdt_end_node(fdt);
	memory(fdt);
	fdt_end_node(fdt);
	assert_int_equal(fdt_finish(fdt), 0);
	return fdt;
}

static void what_is_beyond_the_places_is_left_out(void **state)
{
	const unsigned all = 3 + 2 * DEEP + SHALLOW + 2;
	const void *fdt = large_tree();
	struct why why = { 0 };
	unsigned nr;

	(void)state;
	assert_int_equal(fdt_check(fdt, 1 << 20, &why), 0);
	nr = fdt_index_nr(fdt);
	assert_in_range(nr, FDT_NODES_MAX - FDT_NODES_TOP, FDT_NODES_MAX);
	assert_int_equal(fdt_index_too_many(), all - nr);
	assert_true(fdt_find(fdt, "/chosen", 7) > 0);
	assert_int_equal(fdt_stdout(fdt, &why), fdt_by_phandle(fdt, 0x10000 + SHALLOW - 1));
	assert_int_equal(fdt_parent(fdt, fdt_stdout(fdt, &why)), fdt_find(fdt, "/soc", 4));
	assert_int_equal(fdt_by_phandle(fdt, DEEP), -1); /* the last device */
	for (unsigned i = 1; i < nr; i++) { /* none has properties of an omitted node */
		const struct fdt_node *n = fdt_index_at(i);

		assert_int_equal(n->phandle, fdt_u32(fdt, (int)n->offset, "phandle", 0));
		assert_int_equal(n->depth, fdt_index_at(n->parent)->depth + 1);
	}
}

/* ---- extensions of harts (riscv/cpus.yaml, riscv/extensions.yaml) ---- */
static char told[400];

static void extensions_of(u64 hwid, const char *isa, size_t len, u32 block)
{
	size_t at = strlen(told);

	at += (size_t)snprintf(told + at, sizeof(told) - at, "%lx:", hwid);
	for (size_t i = 0; i < len; i++)
		told[at++] = isa[i] ? isa[i] : '|';
	snprintf(told + at, sizeof(told) - at, ":%u ", block);
}

static void hart(void *fdt, const char *name, const char *type, u32 id, const char *isa)
{
	fdt_begin_node(fdt, name);
	fdt_property_string(fdt, "device_type", type);
	fdt_property_u32(fdt, "reg", id);
	if (isa)
		fdt_property_string(fdt, "riscv,isa", isa);
}

static const void *tree_of_harts(bool cpus)
{
	static const char list_of[] = "i\0svinval";
	static u64 fdt[512];

	fdt_create(fdt, sizeof(fdt));
	fdt_finish_reservemap((void *)fdt);
	fdt_begin_node(fdt, "");
	fdt_begin_node(fdt, cpus ? "cpus" : "harts");
	fdt_property_u32(fdt, "#address-cells", 1);
	fdt_property_u32(fdt, "#size-cells", 0);
	hart(fdt, "cpu@4", "cpu", 4, "rv64i_sstc");
	fdt_property_u32(fdt, "riscv,cbom-block-size", 64);
	fdt_end_node(fdt);
	hart(fdt, "cpu@0", "cpu", 0, "rv64i");
	fdt_property(fdt, "riscv,isa-extensions", list_of, sizeof(list_of));
	fdt_property_u64(fdt, "riscv,cbom-block-size", 64); /* 64 bits instead of one cell */
	fdt_end_node(fdt);
	hart(fdt, "cpu@1", "cpu", 1, NULL);
	fdt_end_node(fdt);
	hart(fdt, "l2@2", "cache", 2, "rv64i");
	fdt_end_node(fdt);
	hart(fdt, "cpu@3", "cpu", 3, "rv64i");
	fdt_end_node(fdt);
	fdt_end_node(fdt);
	fdt_end_node(fdt);
	assert_int_equal(fdt_finish(fdt), 0);
	return fdt;
}

static void each_hart_has_its_extensions(void **state)
{
	(void)state;
	told[0] = 0;
	fdt_cpu_extensions(tree_of_harts(true), extensions_of);
	assert_string_equal(told, "4:rv64i_sstc|:64 0:i|svinval|:0 3:rv64i|:0 ");
	told[0] = 0;
	fdt_cpu_extensions(tree_of_harts(false), extensions_of);
	assert_string_equal(told, "");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_hart_has_its_extensions),
		cmocka_unit_test(what_is_beyond_the_places_is_left_out),
		cmocka_unit_test(no_map_wins_over_what_came_before),
		cmocka_unit_test(no_map_stays_under_what_comes_later),
		cmocka_unit_test(no_map_wins_over_uefi),
		cmocka_unit_test(no_map_wins_where_the_registry_is_full),
		cmocka_unit_test(any_list_at_all),
	};

	return cmocka_run_group_tests_name("fdt: no-map", tests, NULL, NULL);
}
