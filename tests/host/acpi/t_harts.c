/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/acpi/t_harts.c - what tables say of harts and of their interrupt controllers, to the
 * byte: nodes of the RHCT that end where they end, contexts, and interrupt files of any layout.
 */
#include "craft.h"
#include <drivers/acpi/madt.h>
#include <lib/printf.h>
#include <string.h>

enum { ISA = 0, CMO = 1, MMU = 2, INFO = 0xffff };
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

/* `says`: its length, whatever it has. */
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

/* A length of 5 is none: the list ends there, though a sound node follows. */
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

/* Of 11 bytes: its UID is cut off. */
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

/* ---- controllers ---- */
static u32 hart(const void *fdt, unsigned i)
{
	char path[48];

	snprintf(path, sizeof(path), "/cpus/cpu@%x/interrupt-controller", i);
	return cell(fdt, path, "phandle", 0);
}

static const void *contexts(const u32 *of, unsigned nr, u8 chip)
{
	craft_begin();
	craft_table("APIC", 44);
	for (unsigned i = 0; i < nr; i++)
		craft_rintc(i, of[i], 0, 0);
	craft_plic(chip, 95, 0x0c000000, 0);
	craft_seal();
	craft_fadt(0);
	craft_end();
	return craft_tree();
}

/* Hart i is at context of[i], others are connected to nobody; ~0: it is of another chip. */
static void contexts_are(const void *fdt, const u32 *of, unsigned nr, unsigned end)
{
	static const char path[] = "/interrupt-controller@c000000";

	assert_int_equal(cells(fdt, path, "interrupts-extended"), 2 * end);
	for (unsigned n = 0; n < end; n++) {
		unsigned i = 0;

		while (i < nr && of[i] != n)
			i++;
		assert_int_equal(cell(fdt, path, "interrupts-extended", 2 * n),
				 hart(fdt, i < nr ? i : 0));
		assert_int_equal(cell(fdt, path, "interrupts-extended", 2 * n + 1),
				 i < nr ? 9 : ~0u);
	}
}

static void a_context_is_a_place(void **state)
{
	static const u32 one[] = { 0 }, falling[] = { 5, 1, 3 }, last[] = { 2, 255 },
			 beyond[] = { 2, 256 }, others[] = { 0x03000001, 0x04000007 },
			 mine[] = { 1, ~0u };

	(void)state;
	contexts_are(contexts(one, 1, 0), one, 1, 1);
	contexts_are(contexts(falling, 3, 0), falling, 3, 6);
	contexts_are(contexts(last, 2, 0), last, 2, 256);
	assert_false(said("not there"));
	contexts_are(contexts(beyond, 2, 0), beyond, 1, 3);
	assert_true(said("acpi: 1 harts name an interrupt controller that is not there\n"));
	contexts_are(contexts(others, 2, 3), mine, 2, 2);
	assert_true(said("acpi: 1 harts name an interrupt controller that is not there\n"));
}

static void nodes_are_as_the_bindings_say(void **state)
{
	static const u32 of[] = { 0 };
	static const char *const intc[] = { "compatible riscv,cpu-intc", "#interrupt-cells <1>",
					    "interrupt-controller", "phandle", NULL };
	char extended[48];
	const char *plic[] = { "compatible riscv,plic0",
			       "interrupt-controller",
			       "#interrupt-cells <1>",
			       "#address-cells <0>",
			       "reg <0 c000000 0 600000>",
			       "riscv,ndev <5f>",
			       extended,
			       "phandle",
			       NULL };
	const char *aplic[] = { "compatible riscv,aplic",
				"interrupt-controller",
				"#interrupt-cells <2>",
				"#address-cells <0>",
				"reg <0 d000000 0 8000>",
				"riscv,num-sources <60>",
				extended,
				"phandle",
				NULL };
	const void *fdt = contexts(of, 1, 0);

	(void)state;
	node_is(fdt, "/cpus/cpu@0/interrupt-controller", intc);
	snprintf(extended, sizeof(extended), "interrupts-extended <%x 9>", hart(fdt, 0));
	node_is(fdt, "/interrupt-controller@c000000", plic);
	craft_begin();
	craft_riscv(1, true, false);
	craft_end();
	fdt = craft_tree();
	snprintf(extended, sizeof(extended), "interrupts-extended <%x 9>", hart(fdt, 0));
	node_is(fdt, "/interrupt-controller@d000000", aplic);
}

/* ---- interrupt files ---- */
static const void *files(const u64 *pa, const u32 *size, unsigned nr)
{
	craft_begin();
	craft_table("APIC", 44);
	for (unsigned i = 0; i < nr; i++)
		craft_rintc(i, 0, pa[i], size[i]);
	craft_put(25 | 16 << 8 | 1 << 16, 8); /* IMSIC */
	craft_put(127, 4);
	craft_put(1 | 3 << 8 | 2 << 16 | 27u << 24, 4);
	craft_aplic(0, 0, 96, 0x0d000000, 0);
	craft_seal();
	craft_fadt(0);
	craft_end();
	return craft_tree();
}

/* Adjacent files are one range; a hart without a file has no place; the fifth range is none. */
static void files_are_ranges_in_the_order_of_harts(void **state)
{
	static const u64 pa[] = { 0x128000000, 0x128001000, 0,          0x128004000, 0x130000000,
				  0x28000000,  0x28001000,  0x40000000, 0x40001000 };
	static const u32 size[] = { 0x1000, 0x2000, 0x1000, 0x1000, 0,
				    0x1000, 0x1000, 0x1000, 0x1000 };
	static const u32 served[] = { 0, 1, 3, 5, 6, 7, 8 };
	char extended[160];
	const char *wanted[] = {
		"compatible riscv,imsics",
		"interrupt-controller",
		"msi-controller",
		"#interrupt-cells <0>",
		"#msi-cells <0>",
		"reg <1 28000000 0 3000 1 28004000 0 1000 0 28000000 0 2000 0 40000000 0 2000>",
		extended,
		"riscv,num-ids <7f>",
		"riscv,guest-index-bits <1>",
		"riscv,hart-index-bits <3>",
		"riscv,group-index-bits <2>",
		"riscv,group-index-shift <1b>",
		"phandle",
		NULL,
	};
	const void *fdt = files(pa, size, 9);
	size_t n = (size_t)snprintf(extended, sizeof(extended), "interrupts-extended");

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(served); i++)
		n += (size_t)snprintf(extended + n, sizeof(extended) - n, " %s%x 9", i ? "" : "<",
				      hart(fdt, served[i]));
	snprintf(extended + n, sizeof(extended) - n, ">");
	node_is(fdt, "/imsics@128000000", wanted);
}

static void a_fifth_range_and_what_follows_it_is_left_out(void **state)
{
	static const u64 pa[] = { 0x28000000, 0x29000000, 0x2a000000,
				  0x2b000000, 0x2c000000, 0x2b001000 };
	static const u32 size[] = { 0x1000, 0x1000, 0x1000, 0x1000, 0x1000, 0x1000 };
	const void *fdt = files(pa, size, 6);

	(void)state;
	assert_int_equal(cells(fdt, "/imsics@28000000", "reg"), 16);
	assert_int_equal(cell_pair(fdt, "/imsics@28000000", "reg", 12), 0x2b000000);
	assert_int_equal(cell_pair(fdt, "/imsics@28000000", "reg", 14), 0x1000);
	assert_int_equal(cells(fdt, "/imsics@28000000", "interrupts-extended"), 8);
}

static void as_many_files_as_harts(void **state)
{
	static const char path[] = "/imsics@28000000";
	const void *fdt;

	(void)state;
	craft_begin();
	craft_riscv(MADT_CPUS, true, true);
	craft_end();
	fdt = craft_tree();
	assert_int_equal(cells(fdt, path, "interrupts-extended"), 2 * MADT_CPUS);
	assert_int_equal(cell_pair(fdt, path, "reg", 2), MADT_CPUS * 0x1000);
}

int run_hart_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_node_of_a_hart_lies_in_the_table),
		cmocka_unit_test(block_sizes_are_powers_up_to_32_kib),
		cmocka_unit_test(the_header_of_an_rhct_has_56_bytes),
		cmocka_unit_test(a_context_is_a_place),
		cmocka_unit_test(nodes_are_as_the_bindings_say),
		cmocka_unit_test(files_are_ranges_in_the_order_of_harts),
		cmocka_unit_test(a_fifth_range_and_what_follows_it_is_left_out),
		cmocka_unit_test(as_many_files_as_harts),
	};

	return cmocka_run_group_tests_name("acpi: harts", tests, NULL, NULL);
}
