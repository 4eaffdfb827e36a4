/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/acpi/t_hostile.c - malformed tables: each has one message, and the tree has the valid
 * parts. */
#include "craft.h"
#include <drivers/acpi/madt.h>
#include <libfdt.h>
#include <string.h>

static void thousands_of_cpus_are_as_many_as_fit(void **state)
{
	static struct fdt_cpu found[256];
	const void *fdt;

	(void)state;
	craft_begin();
	craft_table("APIC", 44);
	for (unsigned i = 0; i < 4000; i++)
		craft_gicc(i, i, 1);
	craft_seal();
	craft_fadt(1);
	craft_end();
	fdt = craft_tree();
	assert_non_null(fdt);
	assert_int_equal(fdt_cpus(fdt, found, 256), MADT_CPUS);
	assert_true(said("3872 entries of the APIC do not fit"));
}

/* A buffer of any size receives the whole tree, or the call is refused. */
static void a_tree_that_does_not_fit_is_refused(void **state)
{
	static u8 small[ACPI_TREE_BYTES] __attribute__((aligned(8)));
	u64 whole;

	(void)state;
	craft_begin();
	craft_riscv(5, true, true);
	craft_spcr(0x12, 1, 0x10000000, 10);
	craft_end();
	assert_non_null(craft_tree_in(small, sizeof(small)));
	whole = fdt_totalsize(small);
	for (u64 size = 16; size < whole; size += 4) {
		assert_null(craft_tree_in(small, size));
		assert_int_equal(craft_why.code, -ENOMEM);
	}
	assert_non_null(craft_tree_in(small, sizeof(small)));
}

static void cpus_that_are_off_or_twice_are_not_there(void **state)
{
	struct fdt_cpu found[8];
	const void *fdt;

	(void)state;
	craft_begin();
	craft_table("APIC", 44);
	craft_gicc(0, 0, 1);
	craft_gicc(1, 1, 0);
	craft_gicc(2, 2, 8); /* online-capable, not enabled: not used */
	craft_gicc(0, 3, 1);
	craft_gicc(0x80000003, 4, 1); /* bit 31 is not part of the affinity */
	craft_seal();
	craft_fadt(1);
	craft_end();
	fdt = craft_tree();
	assert_int_equal(fdt_cpus(fdt, found, 8), 2);
	assert_int_equal(found[1].hwid, 3);
	assert_true(said("1 CPUs of the APIC have the number of another"));
}

static void entry_of(u8 type, u8 bytes, u8 room)
{
	craft_begin();
	craft_table("APIC", 44);
	craft_gicc(0, 0, 1);
	craft_put(type | bytes << 8, 2);
	for (; room > 8; room -= 8)
		craft_put(0, 8);
	craft_put(0, room);
	craft_seal();
	craft_fadt(1);
	craft_end();
}

static void entries_without_length_end_the_list(void **state)
{
	(void)state;
	entry_of(11, 0, 4);
	assert_non_null(craft_tree());
	assert_true(said("an entry has no length or exceeds the table"));
	entry_of(11, 200, 4);
	assert_non_null(craft_tree());
	assert_true(said("an entry has no length or exceeds the table"));
	entry_of(12, 6, 4); /* a distributor of six bytes */
	assert_non_null(craft_tree());
	assert_true(said("1 entries of the APIC make no sense"));
	entry_of(12, 23, 21); /* one without its last byte */
	assert_non_null(craft_tree());
	assert_true(said("1 entries of the APIC make no sense"));
	entry_of(0x80, 6, 4); /* a vendor's type */
	assert_non_null(craft_tree());
	assert_false(said("sense"));
}

/* The table ends with the header of the last entry; the rest of it is outside the table's length.
 */
static void the_last_entry_lies_inside(void **state)
{
	struct fdt_cpu found[4];
	u32 cut;

	(void)state;
	craft_begin();
	craft_fadt(1);
	craft_table("APIC", 44);
	craft_gicc(0, 0, 1);
	craft_gicc(1, 1, 1);
	craft_seal();
	cut = table_u32(craft_last() + 4) - 40;
	memcpy(craft_last() + 4, &cut, 4);
	craft_last()[9] = (u8)(craft_last()[9] - table_sum(craft_last(), cut));
	craft_end();
	assert_int_equal(fdt_cpus(craft_tree(), found, 4), 1);
	assert_true(said("an entry has no length or exceeds the table"));
}

static void a_length_that_is_absurd_leaves_the_table_out(void **state)
{
	const u32 claims = 0x7fffffff;

	(void)state;
	craft_begin();
	craft_arm(2, 1);
	craft_spcr(3, 0, 0x09000000, 33);
	memcpy(craft_last() + 4, &claims, 4);
	craft_end();
	assert_non_null(craft_tree());
	assert_true(said("SPCR at 0x"));
	assert_true(said("is cut off"));
	craft_begin();
	craft_arm(2, 1);
	craft_spcr(3, 0, 0x09000000, 33);
	craft_last()[44]++;
	craft_end();
	assert_false(there(craft_tree(), "/chosen"));
	assert_true(said("bad checksum"));
}

/* The running CPU exists even if no table lists it; the interrupt controller determines the
 * architecture. */
static void without_a_cpu_there_is_the_one_that_runs(void **state)
{
	struct fdt_cpu found[4];
	const void *fdt;

	(void)state;
	craft_begin();
	craft_fadt(1);
	craft_spcr(3, 0, 0x09000000, 33);
	craft_end();
	fdt = craft_tree();
	assert_non_null(fdt);
	assert_int_equal(fdt_cpus(fdt, found, 4), 0);
	assert_true(fdt_stdout(fdt, NULL) >= 0);
	assert_true(there(fdt, "/psci"));
	assert_true(said("the tables describe no enabled CPU"));
	craft_begin();
	craft_riscv(1, false, false);
	craft_end();
	((u8 *)craft_bytes(CRAFT_AT + 64, 100))[44 + 4] = 0; /* it is off */
	((u8 *)craft_bytes(CRAFT_AT + 64, 100))[9]++;
	fdt = craft_tree();
	assert_true(there(fdt, "/interrupt-controller@c000000"));
	assert_false(said("PSCI"));
}

static void mcfg(u64 pa, u8 first, u8 last)
{
	craft_begin();
	craft_arm(2, 1);
	craft_mcfg(pa, 0, first, last);
	craft_end();
}

static void a_bridge_without_space_is_left_out(void **state)
{
	(void)state;
	mcfg(0x4010000000, 9, 3);
	assert_non_null(craft_tree());
	assert_true(said("no configuration space"));
	mcfg(~0ul << 20, 0, 255);
	assert_non_null(craft_tree());
	assert_true(said("no configuration space"));
	mcfg(0, 0, 255);
	assert_non_null(craft_tree());
	assert_true(said("no configuration space"));
}

/* Contexts outside every PLIC, a hart of another controller, a node of the RHCT inside another. */
static void harts_with_absurd_places_are_not_served(void **state)
{
	static const char path[] = "/interrupt-controller@c000000";
	const void *fdt;
	u32 far = 0xffff, other = 7u << 24 | 1;
	u8 *apic;

	(void)state;
	craft_begin();
	craft_riscv(2, false, false);
	craft_end();
	apic = (u8 *)craft_bytes(CRAFT_AT + 64, 200);
	memcpy(apic + 44 + 20, &far, 4);
	memcpy(apic + 44 + 36 + 20, &other, 4);
	apic[9] = (u8)(apic[9] - table_sum(apic, 44 + 3 * 36));
	fdt = craft_tree();
	assert_non_null(fdt);
	assert_int_equal(cells(fdt, path, "interrupts-extended"), 0);
}

static void far_regions_of_redistributors_are_said(void **state)
{
	const void *fdt;

	(void)state;
	craft_begin();
	craft_table("APIC", 44);
	craft_put(12 | 24 << 8, 8);
	craft_put(0x08000000, 8);
	craft_put(0, 4);
	craft_put(3, 4);
	craft_gicc(0, 0, 1);
	for (unsigned i = 0; i < 6; i++) {
		craft_put(14 | 16 << 8, 4);
		craft_put(0x10000000 + i * 0x1000000, 8);
		craft_put(0x20000, 4);
	}
	craft_seal();
	craft_fadt(1);
	craft_end();
	fdt = craft_tree();
	assert_int_equal(cells(fdt, "/interrupt-controller@8000000", "reg"), 16);
	assert_true(said("3 regions of redistributors"));
}

/* One or two distributors, and a CPU with its CPU interface or redistributor. */
static const void *gic(unsigned version, u64 pa, u64 cpu_if, u64 redistributor, u64 second)
{
	u64 at;

	craft_begin();
	craft_table("APIC", 44);
	for (at = pa;; at = second) {
		craft_put(12 | 24 << 8, 8);
		craft_put(at, 8);
		craft_put(0, 4);
		craft_put(version, 4);
		if (at == second || !second)
			break;
	}
	craft_gicc(0, 0, 1);
	craft_seal();
	memcpy(craft_last() + table_u32(craft_last() + 4) - 80 + 32, &cpu_if, 8);
	memcpy(craft_last() + table_u32(craft_last() + 4) - 80 + 60, &redistributor, 8);
	craft_last()[9] =
		(u8)(craft_last()[9] - table_sum(craft_last(), table_u32(craft_last() + 4)));
	craft_fadt(1);
	craft_end();
	return craft_tree();
}

#define GIC "/interrupt-controller@8000000"

static void a_gic_has_what_its_cpus_need(void **state)
{
	(void)state;
	assert_true(there(gic(2, 0x08000000, 0x08010000, 0, 0), GIC));
	assert_true(there(gic(3, 0x08000000, 0, 0x080a0000, 0), GIC));
	assert_false(said("no interrupts"));
	assert_false(there(gic(3, 0x08000000, 0x08010000, 0, 0), GIC));
	assert_true(said("a GICv3 without redistributors: no interrupts"));
	assert_false(there(gic(2, 0x08000000, 0, 0x080a0000, 0), GIC));
	assert_true(said("a GICv2 without a CPU interface: no interrupts"));
	assert_false(there(gic(2, 0x08000004, 0x08010000, 0, 0), "/interrupt-controller@8000004"));
	assert_true(said("1 entries of the APIC make no sense"));
	assert_true(said("no distributor of a GIC: no interrupts"));
	assert_true(there(gic(2, 0x08000000, 0x08010000, 0, 0xff000000), GIC));
	assert_true(said("a second distributor of a GIC; the first is taken"));
	assert_false(said("no interrupts"));
}

static const void *gtdt(u32 bytes, u32 number)
{
	craft_begin();
	craft_table("APIC", 44);
	craft_put(12 | 24 << 8, 8);
	craft_put(0x08000000, 8);
	craft_put(0, 4);
	craft_put(2, 4);
	craft_gicc(0, 0, 1);
	craft_seal();
	craft_table("GTDT", 48);
	craft_put(29, 8);
	craft_put(30, 8);
	craft_put(number, 8);
	craft_put(bytes < 80 ? 0 : 26, bytes - 72);
	craft_seal();
	craft_end();
	return craft_tree();
}

static void the_virtual_timer_has_an_interrupt_of_the_cpus(void **state)
{
	static const u32 absurd[] = { 0, 15, 32, 1000, ~0u };

	(void)state;
	assert_int_equal(cell(gtdt(80, 27), "/timer", "interrupts", 7), 11);
	assert_false(said("timer"));
	for (unsigned i = 0; i < ARRAY_SIZE(absurd); i++) {
		assert_false(there(gtdt(80, absurd[i]), "/timer"));
		assert_true(said("virtual timer has no PPI"));
	}
	assert_false(there(gtdt(79, 27), "/timer"));
	assert_true(said("no GTDT, or it is cut off"));
}

static void an_mcfg_has_an_entry(void **state)
{
	(void)state;
	craft_begin();
	craft_arm(2, 1);
	craft_table("MCFG", 44);
	craft_put(0x4010000000, 15);
	craft_seal();
	craft_end();
	assert_non_null(craft_tree());
	assert_true(said("the MCFG ends before its first entry; no PCI"));
}

static void srat_cpu(u32 uid, u32 domain)
{
	craft_put(3 | 18 << 8, 2);
	craft_put(domain, 4);
	craft_put(uid, 4);
	craft_put(1, 4);
	craft_put(0, 4);
}

/* Memory on two nodes, ranges that wrap, a truncated entry, too many entries; CPUs that do not
 * exist. */
static void an_srat_that_lies_is_used_where_it_is_sound(void **state)
{
	struct fdt_cpu found[4];
	const void *fdt;

	(void)state;
	craft_begin();
	craft_arm(2, 2);
	craft_table("SRAT", 48);
	craft_srat_memory(1, 0x40000000, 0x10000000, 1);
	craft_srat_memory(2, 0x48000000, 0x1000, 1);          /* inside */
	craft_srat_memory(2, 0x3ffff000, 0x2000, 1);          /* overlaps its start */
	craft_srat_memory(2, 0x50000000, 0x1000, 1);          /* adjacent */
	craft_srat_memory(2, 0x40000000, 0x1000, 3);          /* a window */
	craft_srat_memory(2, 0xfffffffffffff000, 0x10000, 1); /* wraps */
	craft_put(1 | 20 << 8, 20);                           /* truncated */
	srat_cpu(1, 5);
	srat_cpu(77, 3);
	craft_seal();
	craft_end();
	fdt = craft_tree();
	assert_int_equal(cell(fdt, "/memory@40000000", "numa-node-id", 0), 1);
	assert_false(there(fdt, "/memory@48000000"));
	assert_false(there(fdt, "/memory@3ffff000"));
	assert_true(there(fdt, "/memory@50000000"));
	assert_true(said("4 entries of the SRAT make no sense, overlap or are too many"));
	assert_true(said("1 CPUs of the SRAT are not among the enabled CPUs"));
	assert_int_equal(fdt_cpus(fdt, found, 4), 2);
	assert_int_equal(found[1].node, 5);
	craft_begin();
	craft_arm(2, 1);
	craft_table("SRAT", 48);
	for (unsigned i = 0; i < 60; i++)
		craft_srat_memory(0, 0x40000000 + i * 0x100000ul, 0x100000, 1);
	craft_put(1, 20); /* length 0 */
	craft_seal();
	craft_end();
	assert_non_null(craft_tree());
	assert_true(said("29 entries of the SRAT"));
}

static const void *harts(u32 first, u32 second, u8 chip_type)
{
	u8 *apic;

	craft_begin();
	craft_riscv(2, false, false);
	craft_end();
	apic = (u8 *)craft_bytes(CRAFT_AT + 64, 200);
	memcpy(apic + 44 + 20, &first, 4);
	memcpy(apic + 44 + 36 + 20, &second, 4);
	apic[44 + 72] = chip_type;
	apic[9] = (u8)(apic[9] - table_sum(apic, 44 + 3 * 36));
	return craft_tree();
}

static void harts_have_a_controller_that_is_there(void **state)
{
	(void)state;
	assert_non_null(harts(1, 3, 27));
	assert_false(said("controller"));
	assert_non_null(harts(1, 7u << 24 | 1, 27));
	assert_true(said("1 harts name an interrupt controller that does not exist"));
	assert_non_null(harts(0xffff, 7u << 24 | 1, 27));
	assert_true(said("2 harts name an interrupt controller that does not exist"));
	assert_non_null(harts(1, 3, 0x80));
	assert_true(said("neither PLIC, APLIC nor IMSIC"));
	assert_false(said("harts name"));
}

/* The MADT is read again for the wires of the PCI bus, without repeating its messages. */
static void what_is_wrong_is_said_once(void **state)
{
	static u8 tree[ACPI_TREE_BYTES] __attribute__((aligned(8)));
	const struct pci_root root = { .nr_windows = 0 };

	(void)state;
	craft_begin();
	craft_table("APIC", 44);
	craft_gicc(0, 0, 1);
	craft_gicc(0, 0, 1);
	craft_seal();
	craft_mcfg(0x4010000000, 0, 0, 255);
	craft_end();
	assert_non_null(craft_tree_in(tree, sizeof(tree)));
	assert_true(said("the number of another"));
	assert_int_equal(acpi_tree_add_pci(craft_tables(), tree, sizeof(tree), &root, NULL), 0);
	assert_string_equal(craft_said, "");
}

int run_hostile_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thousands_of_cpus_are_as_many_as_fit),
		cmocka_unit_test(a_tree_that_does_not_fit_is_refused),
		cmocka_unit_test(cpus_that_are_off_or_twice_are_not_there),
		cmocka_unit_test(entries_without_length_end_the_list),
		cmocka_unit_test(the_last_entry_lies_inside),
		cmocka_unit_test(a_length_that_is_absurd_leaves_the_table_out),
		cmocka_unit_test(without_a_cpu_there_is_the_one_that_runs),
		cmocka_unit_test(a_bridge_without_space_is_left_out),
		cmocka_unit_test(harts_with_absurd_places_are_not_served),
		cmocka_unit_test(far_regions_of_redistributors_are_said),
		cmocka_unit_test(a_gic_has_what_its_cpus_need),
		cmocka_unit_test(the_virtual_timer_has_an_interrupt_of_the_cpus),
		cmocka_unit_test(an_mcfg_has_an_entry),
		cmocka_unit_test(an_srat_that_lies_is_used_where_it_is_sound),
		cmocka_unit_test(harts_have_a_controller_that_is_there),
		cmocka_unit_test(what_is_wrong_is_said_once),
	};

	return cmocka_run_group_tests_name("acpi: hostile", tests, NULL, NULL);
}
