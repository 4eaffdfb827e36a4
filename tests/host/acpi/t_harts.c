/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/acpi/t_harts.c - harts in an RHCT: each node is read within its own length. */
#include "craft.h"
#include <string.h>

enum { CMO = 1, MMU = 2, INFO = 0xffff };
#define OUTSIDE (~0u)

static unsigned nodes;

/* ---- an RHCT by hand ---- */
static void rhct_begin(void)
{
	nodes = 0;
	craft_table("RHCT", 40);
	craft_put(10000000, 8);
	craft_put(0, 4);
	craft_put(56, 4);
}

/* `says`: the length field, which may be wrong. */
static void node(u32 type, u32 says)
{
	craft_put(type, 2);
	craft_put(says, 2);
	craft_put(1, 2);
	nodes++;
}

static void mmu_node(u32 says, u8 kind)
{
	node(MMU, says);
	craft_put(kind << 8, 2);
}

static void info_node(u32 says, u32 nr, u32 uid)
{
	node(INFO, says);
	craft_put(nr, 2);
	craft_put(uid, 4);
}

static void rhct_end(void)
{
	craft_at(48, nodes, 4);
	craft_seal();
}

/* One hart with UID 0, and the RHCT that fn() makes of nodes from offset 56 on. */
static const void *hart_with(void (*fn)(void))
{
	craft_begin();
	craft_table("APIC", 44);
	craft_rintc(0, 0, 0, 0);
	craft_rintc(1, 1, 0, 0);
	craft_plic(0, 95, 0x0c000000, 0);
	craft_seal();
	craft_fadt(0);
	rhct_begin();
	fn();
	craft_end();
	return craft_tree();
}

static const char *mmu_of(unsigned cpu, const void *fdt)
{
	return text(fdt, cpu ? "/cpus/cpu@1" : "/cpus/cpu@0", "mmu-type");
}

/* ---- rows: does the hart have Sv57? ---- */
static void whole(void)
{
	mmu_node(8, 2);
	info_node(16, 1, 0);
	craft_put(56, 4);
	rhct_end();
}

static void behind_an_unknown_one(void)
{
	node(77, 6);
	mmu_node(8, 2);
	info_node(16, 1, 0);
	craft_put(62, 4);
	rhct_end();
}

/* A length of 5 is invalid: the list ends there, though a valid node follows. */
static void behind_a_short_one(void)
{
	craft_put(77 | 5 << 16, 5);
	nodes++;
	info_node(16, 1, 0);
	craft_put(77, 4);
	mmu_node(8, 2);
	rhct_end();
}

static void one_byte_short(void)
{
	info_node(16, 1, 0);
	craft_put(72, 4);
	mmu_node(7, 2);
	rhct_end();
}

static void longer_than_the_table(void)
{
	info_node(16, 1, 0);
	craft_put(72, 4);
	mmu_node(9, 2);
	rhct_end();
	craft_put(0, 8);
}

static void behind_the_table(void)
{
	info_node(16, 1, 0);
	craft_put(73, 4);
	rhct_end();
	craft_put(0, 1);
	mmu_node(8, 2);
}

static void of_another_hart(void)
{
	mmu_node(8, 2);
	info_node(16, 1, 1);
	craft_put(56, 4);
	rhct_end();
}

static void beyond_the_number(void)
{
	mmu_node(8, 2);
	info_node(20, 1, 0);
	craft_put(OUTSIDE, 4);
	craft_put(56, 4);
	rhct_end();
}

static void beyond_the_room(void)
{
	mmu_node(8, 2);
	info_node(16, 2, 0);
	craft_put(OUTSIDE, 4);
	rhct_end();
	craft_put(56, 4);
}

/* A node of 11 bytes: its UID is truncated. */
static void without_a_uid(void)
{
	mmu_node(8, 2);
	info_node(11, 1, 0);
	craft_put(56, 4);
	rhct_end();
}

static void type_three(void)
{
	mmu_node(8, 3);
	info_node(16, 1, 0);
	craft_put(56, 4);
	rhct_end();
}

static void a_node_of_a_hart_lies_in_the_table(void **state)
{
	static const struct {
		void (*make)(void);
		const char *mmu;
	} rows[] = {
		{ whole, "riscv,sv57" },
		{ behind_an_unknown_one, "riscv,sv57" },
		{ behind_a_short_one, "riscv,sv39" },
		{ one_byte_short, "riscv,sv39" },
		{ longer_than_the_table, "riscv,sv39" },
		{ behind_the_table, "riscv,sv39" },
		{ of_another_hart, "riscv,sv39" },
		{ beyond_the_number, "riscv,sv39" },
		{ beyond_the_room, "riscv,sv39" },
		{ without_a_uid, "riscv,sv39" },
		{ type_three, "riscv,sv39" },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		const void *fdt = hart_with(rows[i].make);

		if (strcmp(mmu_of(0, fdt), rows[i].mmu))
			fail_msg("row %u: %s", i, mmu_of(0, fdt));
	}
	assert_string_equal(mmu_of(1, hart_with(of_another_hart)), "riscv,sv57");
}

static u8 block, block_bytes;

static void blocks(void)
{
	info_node(16, 1, 0);
	craft_put(72, 4);
	node(CMO, block_bytes);
	craft_put((u32)block << 8, 4);
	rhct_end();
}

static void block_sizes_are_powers_up_to_32_kib(void **state)
{
	(void)state;
	block_bytes = 10;
	for (block = 0; block < 40; block++) {
		const void *fdt = hart_with(blocks);

		if (block && block < 16)
			assert_int_equal(cell(fdt, "/cpus/cpu@0", "riscv,cbom-block-size", 0),
					 1u << block);
		else
			assert_int_equal(cells(fdt, "/cpus/cpu@0", "riscv,cbom-block-size"), 0);
	}
	block = 6;
	block_bytes = 9; /* the node is shorter than its fields */
	assert_int_equal(cells(hart_with(blocks), "/cpus/cpu@0", "riscv,cbom-block-size"), 0);
}

static void short_table(u32 len)
{
	craft_begin();
	craft_table("APIC", 44);
	craft_rintc(0, 0, 0, 0);
	craft_plic(0, 95, 0x0c000000, 0);
	craft_seal();
	craft_fadt(0);
	craft_table("RHCT", 40);
	craft_put(10000000, 8);
	craft_put(0, len - 48);
	craft_seal();
	craft_put(0, 8);
	craft_end();
}

static void the_header_of_an_rhct_has_56_bytes(void **state)
{
	(void)state;
	short_table(56);
	assert_int_equal(cell(craft_tree(), "/cpus", "timebase-frequency", 0), 10000000);
	short_table(55);
	assert_int_equal(cells(craft_tree(), "/cpus", "timebase-frequency"), 0);
}

int run_hart_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_node_of_a_hart_lies_in_the_table),
		cmocka_unit_test(block_sizes_are_powers_up_to_32_kib),
		cmocka_unit_test(the_header_of_an_rhct_has_56_bytes),
	};

	return cmocka_run_group_tests_name("acpi: harts", tests, NULL, NULL);
}
