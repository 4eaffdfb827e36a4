/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/acpi/t_madt.c - entries of a MADT and of an SRAT with exact and wrong lengths, ranges
 * at the end of the address space, and full tables.
 */
#include "craft.h"
#include <drivers/acpi/madt.h>
#include <drivers/acpi/srat.h>
#include <stdlib.h>
#include <string.h>

static struct madt m;

static void entries(void)
{
	craft_begin();
	craft_table("APIC", 44);
}

static const struct madt *madt(void)
{
	craft_seal();
	craft_put(0, 64); /* bytes after the table belong to no table */
	craft_fadt(1);
	craft_end();
	assert_true(madt_read(&m, craft_tables()));
	return &m;
}

#define CUT "acpi: APIC: an entry has no length or exceeds the table; later entries are not read\n"
#define NO_SENSE "acpi: 1 entries of the APIC make no sense and are left out\n"
#define TOO_MANY "acpi: 1 entries of the APIC do not fit and are left out\n"

/* ---- lists ---- */
static void count(const u8 *entry, u8 bytes, void *arg)
{
	*(unsigned *)arg += bytes;
}

static void a_list_ends_where_its_table_ends(void **state)
{
	static const struct {
		u8 list[8];
		u32 len, seen;
		bool whole;
	} rows[] = {
		{ { 9, 2, 9, 2 }, 4, 4, true },  { { 9, 2, 9, 3, 0 }, 5, 5, true },
		{ { 9, 2, 9 }, 3, 2, false },    { { 9, 2, 9, 3 }, 4, 2, false },
		{ { 9, 1, 9, 2 }, 4, 0, false }, { { 9, 0, 9, 2 }, 4, 0, false },
		{ { 9, 4, 0, 0 }, 4, 4, true },  { { 9, 5, 0, 0, 0 }, 4, 0, false },
		{ { 0 }, 0, 0, true },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		u8 *table = malloc(4 + rows[i].len); /* of the exact size */
		unsigned seen = 0;

		memset(table, 0, 4);
		memcpy(table + 4, rows[i].list, rows[i].len);
		assert_int_equal(subtables_each(table, 4 + rows[i].len, 4, count, &seen),
				 rows[i].whole);
		assert_int_equal(seen, rows[i].seen);
		free(table);
	}
	/* a table that ends before its list has no entries */
	assert_true(subtables_each((const u8 *)"", 3, 4, count, &(unsigned) { 0 }));
}

static void lists_in_tables(void **state)
{
	(void)state;
	entries();
	craft_put(77 | 2 << 8, 2);
	craft_gicc(0, 0, 1);
	assert_int_equal(madt()->nr_cpus, 1);
	assert_string_equal(craft_said, "");
	entries();
	craft_put(77 | 1 << 8, 1);
	craft_gicc(0, 0, 1);
	assert_int_equal(madt()->nr_cpus, 0);
	assert_string_equal(craft_said, CUT);
	entries();
	craft_gicc(0, 0, 1);
	craft_put(77, 1);
	assert_int_equal(madt()->nr_cpus, 1);
	assert_string_equal(craft_said, CUT);
}

/* ---- Arm ---- */
static void redistributors(u64 pa, u32 len)
{
	craft_put(14 | 16 << 8, 4);
	craft_put(pa, 8);
	craft_put(len, 4);
}

static void distributor(unsigned version)
{
	craft_put(12 | 24 << 8, 8);
	craft_put(0x08000000, 8);
	craft_put(0, 4);
	craft_put(version, 4);
}

/* A range of registers has to be non-empty and end below 2^64. */
static const struct {
	u64 pa;
	u32 len;
	bool sound;
} ranges[] = {
	{ 0x0c000000, 0x20000, true },  { 0x0c000000, 0, false },      { ~0ul, 1, false },
	{ -0x20000ul, 0x20000, false }, { -0x20000ul, 0x1ffff, true }, { 0, 0x1000, true },
	{ -0x10000ul, 0x20000, false },
};

static void regions_are_sound(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(ranges); i++) {
		entries();
		redistributors(ranges[i].pa, ranges[i].len);
		assert_int_equal(madt()->nr_regions, ranges[i].sound);
		assert_string_equal(craft_said, ranges[i].sound ? "" : NO_SENSE);
	}
	for (unsigned more = 0; more < 2; more++) {
		entries();
		for (unsigned i = 0; i < MADT_REGIONS + more; i++)
			redistributors(0x1000000 * (i + 1), 0x20000);
		assert_int_equal(madt()->nr_regions, MADT_REGIONS);
		assert_string_equal(craft_said, more ? TOO_MANY : "");
	}
}

static void parking(u32 version, u64 address)
{
	u8 *e;

	entries();
	craft_gicc(0, 0, 1);
	craft_seal();
	e = craft_last() + 44;
	memcpy(e + 16, &version, 4);
	memcpy(e + 24, &address, 8);
	craft_last()[9] = (u8)(craft_last()[9] - table_sum(craft_last(), 44 + 80));
	craft_fadt(1);
	craft_end();
	assert_true(madt_read(&m, craft_tables()));
}

/* The parking protocol needs a version and a mailbox. */
static void a_parked_cpu_has_both(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		parking(i & 1, i & 2 ? 0x9000 : 0);
		assert_int_equal(m.cpu[0].parked, i == 3);
		assert_int_equal(m.cpu[0].cpu_if, 0x08010000);
	}
}

/* If the distributor's entry has no version, redistributors imply GICv3. */
static void versions(void **state)
{
	static const struct {
		unsigned version;
		bool region;
		enum madt_gic is;
	} rows[] = {
		{ 0, false, GIC_V2 }, { 0, true, GIC_V3 }, { 1, true, GIC_V2 },
		{ 2, true, GIC_V2 },  { 3, true, GIC_V3 }, { 4, true, GIC_V3 },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		entries();
		distributor(rows[i].version);
		craft_gicc(0, 0, 1);
		if (rows[i].region)
			redistributors(0x080a0000, 0x20000);
		assert_int_equal(madt()->gic, rows[i].is);
		assert_string_equal(craft_said, "");
	}
	/* the redistributor of the first CPU's GICC, without regions; and none at all */
	entries();
	distributor(0);
	assert_int_equal(madt()->gic, GIC_NONE);
	assert_string_equal(craft_said,
			    "acpi: APIC: a GICv2 without a CPU interface: no interrupts\n");
}

static void as_many_cpus_as_fit(void **state)
{
	(void)state;
	for (unsigned v = 2; v <= 3; v++) {
		entries();
		distributor(v);
		for (unsigned i = 0; i < MADT_CPUS; i++)
			craft_gicc(i, i, 1);
		assert_int_equal(madt()->nr_cpus, MADT_CPUS);
		assert_int_equal(m.gic, v == 2 ? GIC_V2 : GIC_NONE);
	}
}

/* Each fault has its own message, in this order. */
static void all_faults_are_said(void **state)
{
	(void)state;
	entries();
	distributor(3);
	distributor(3);
	craft_gicc(0, 0, 1);
	craft_gicc(0, 1, 1);
	craft_put(11 | 4 << 8, 4);
	for (unsigned i = 0; i <= MADT_REGIONS; i++)
		redistributors(0x1000000 * (i + 1), 0x20000);
	craft_put(77 | 1 << 8, 2);
	assert_int_equal(madt()->nr_cpus, 1);
	assert_string_equal(craft_said, CUT NO_SENSE
			    "acpi: 1 CPUs of the APIC have the number of another; the first is "
			    "taken\n" TOO_MANY
			    "acpi: APIC: a second distributor of a GIC; the first is taken\n");
	entries();
	distributor(3);
	distributor(3);
	craft_gicc(0, 0, 1);
	assert_int_equal(madt()->gic, GIC_NONE);
	assert_string_equal(craft_said,
			    "acpi: APIC: a second distributor of a GIC; the first is taken\n"
			    "acpi: APIC: a GICv3 without redistributors: no interrupts\n");
}

/* ---- RISC-V ---- */
static void controllers_are_sound(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(ranges); i++) {
		entries();
		craft_put(27 | 36 << 8 | 1 << 16, 4);
		craft_put(0, 8);
		craft_put(95, 4);
		craft_put(0, 4);
		craft_put(ranges[i].len, 4);
		craft_put(ranges[i].pa, 8);
		craft_put(0, 4);
		assert_int_equal(madt()->nr_chips, ranges[i].sound);
		assert_string_equal(craft_said, ranges[i].sound ? "" : NO_SENSE);
		assert_true(m.riscv);
	}
	for (unsigned more = 0; more < 2; more++) {
		entries();
		for (unsigned i = 0; i < MADT_CHIPS + more; i++)
			craft_plic((u8)i, 32, 0x1000000 * (i + 1), i * 32);
		assert_int_equal(madt()->nr_chips, MADT_CHIPS);
		assert_string_equal(craft_said, more ? TOO_MANY : "");
	}
}

/* A controller with base B and N sources has the interrupts B + 1 to B + N. */
static void a_number_is_a_controllers(void **state)
{
	(void)state;
	for (unsigned nr = 1; nr <= MADT_CHIPS; nr++) {
		entries();
		for (unsigned i = 0; i < nr; i++)
			craft_plic((u8)i, 31, 0x1000000 * (i + 1), i * 32);
		assert_int_equal(madt()->nr_chips, nr);
		for (u32 gsi = 0; gsi < nr * 32 + 40; gsi++) {
			const struct madt_chip *c = madt_chip_of(&m, gsi);
			u64 pa = 0x1000000 * (gsi / 32 + 1);
			bool none = gsi % 32 == 0 || gsi >= nr * 32;

			assert_true(none ? !c : c && c->pa == pa);
			assert_int_equal(madt_irq(&m, gsi, pa), none ? ~0u : gsi % 32);
			assert_int_equal(madt_irq(&m, gsi, pa + 1), ~0u);
		}
	}
	entries();
	assert_int_equal(madt()->nr_chips, 0); /* a GIC is not counted */
	assert_int_equal(madt_irq(&m, 77, 0x1000000), 77);
	assert_null(madt_chip_of(&m, 77));
}

/* Types from 24 on are RISC-V's (ACPI 6.6, 5.2.12). */
static void types_tell_the_architecture(void **state)
{
	(void)state;
	for (unsigned type = 11; type <= 27; type++) {
		bool known = type == 11 || type == 12 || type == 13 || type == 14 || type >= 24;

		entries();
		craft_put(type | 4 << 8, 4);
		assert_int_equal(madt()->riscv, type >= 24);
		assert_string_equal(craft_said, known ? NO_SENSE : "");
	}
}

/* ---- the nodes of CPUs ---- */
static unsigned node_by(u8 type, u8 bytes, u32 uid, u32 flags, bool hart)
{
	entries();
	for (unsigned i = 0; i < 2; i++)
		if (hart)
			craft_rintc(i, 0, 0, 0);
		else
			craft_gicc(i, i, 1);
	craft_seal();
	craft_fadt(1);
	craft_table("SRAT", 48);
	craft_put(type | bytes << 8, type == 7 ? 4 : 2);
	craft_put(6, 4);
	craft_put(uid, 4);
	craft_put(flags, 4);
	craft_put(0, bytes - (type == 7 ? 16u : 14u));
	craft_seal();
	craft_put(0, 16);
	craft_end();
	assert_true(madt_read(&m, craft_tables()));
	assert_int_equal(m.cpu[0].node, 0);
	return m.cpu[1].node;
}

static void a_cpu_is_on_the_node_of_its_uid(void **state)
{
	(void)state;
	assert_int_equal(node_by(3, 18, 1, 1, false), 6);
	assert_int_equal(node_by(3, 17, 1, 1, false), 0); /* too short */
	assert_int_equal(node_by(3, 18, 1, 2, false), 0); /* not enabled */
	assert_int_equal(node_by(3, 18, 1, 1, true), 0);  /* a GICC is no hart */
	assert_true(said("1 CPUs of the SRAT are not among the enabled CPUs"));
	assert_int_equal(node_by(7, 20, 1, 1, true), 6);
	assert_int_equal(node_by(7, 21, 1, 1, true), 6);
	assert_int_equal(node_by(7, 19, 1, 1, true), 0);
	assert_int_equal(node_by(7, 20, 1, 1, false), 0);
	assert_int_equal(node_by(3, 18, 2, 1, false), 0);
	assert_true(said("1 CPUs of the SRAT are not among the enabled CPUs"));
}

/* An unknown UID matches no CPU, whether the list has free entries (which contain 0) or is full. */
static void a_uid_is_nobodys(void **state)
{
	(void)state;
	for (unsigned nr = 1; nr <= MADT_CPUS; nr *= 2) {
		entries();
		for (unsigned i = 0; i < nr; i++)
			craft_gicc(i, i + 1, 1);
		craft_seal();
		craft_fadt(1);
		craft_table("SRAT", 48);
		craft_put(3 | 18 << 8, 2);
		craft_put(6, 4);
		craft_put(0, 4);
		craft_put(1, 4);
		craft_put(0, 4);
		craft_seal();
		craft_end();
		assert_true(madt_read(&m, craft_tables()));
		assert_int_equal(m.nr_cpus, nr);
		assert_true(said("1 CPUs of the SRAT are not among the enabled CPUs"));
		for (unsigned i = 0; i < MADT_CPUS; i++)
			assert_int_equal(m.cpu[i].node, 0);
	}
}

int run_madt_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_ends_where_its_table_ends),
		cmocka_unit_test(lists_in_tables),
		cmocka_unit_test(regions_are_sound),
		cmocka_unit_test(a_parked_cpu_has_both),
		cmocka_unit_test(versions),
		cmocka_unit_test(as_many_cpus_as_fit),
		cmocka_unit_test(all_faults_are_said),
		cmocka_unit_test(controllers_are_sound),
		cmocka_unit_test(a_number_is_a_controllers),
		cmocka_unit_test(types_tell_the_architecture),
		cmocka_unit_test(a_cpu_is_on_the_node_of_its_uid),
		cmocka_unit_test(a_uid_is_nobodys),
	};

	return cmocka_run_group_tests_name("acpi: madt", tests, NULL, NULL);
}
