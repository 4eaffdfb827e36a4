/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/acpi/t_gic.c - nodes of an Arm machine with all their properties, and redistributors
 * by region or by CPU.
 */
#include "craft.h"
#include <drivers/acpi/madt.h>
#include <string.h>

#define GIC "/interrupt-controller@8000000"

static void gicv2_and_its_frame(void **state)
{
	static const char *const gic[] = {
		"compatible arm,cortex-a15-gic",
		"interrupt-controller",
		"#interrupt-cells <3>",
		"#address-cells <2>",
		"#size-cells <2>",
		"ranges",
		"reg <0 8000000 0 1000 0 8010000 0 2000>",
		"phandle",
		NULL,
	};
	static const char *const frame[] = { "compatible arm,gic-v2m-frame", "msi-controller",
					     "reg <0 8020000 0 1000>", "phandle", NULL };
	static const char *const timer[] = { "compatible arm,armv8-timer",
					     "interrupts <1 d 8 1 e 8 1 b 8 1 a 1>", NULL };
	const void *fdt;

	(void)state;
	craft_begin();
	craft_arm(2, 1);
	craft_end();
	fdt = craft_tree();
	node_is(fdt, GIC, gic);
	node_is(fdt, GIC "/v2m@8020000", frame);
	node_is(fdt, "/timer", timer);
	assert_string_equal(text(fdt, "/psci", "compatible"), "arm,psci-1.0");
	assert_string_equal(text(fdt, "/psci", "compatible") + 13, "arm,psci-0.2");
	assert_string_equal(text(fdt, "/psci", "method"), "hvc");
}

static void gicv3_has_no_frame(void **state)
{
	static const char *const gic[] = {
		"compatible arm,gic-v3",
		"interrupt-controller",
		"#interrupt-cells <3>",
		"#address-cells <2>",
		"#size-cells <2>",
		"ranges",
		"reg <0 8000000 0 10000 0 80a0000 0 f60000>",
		"phandle",
		NULL,
	};
	const void *fdt;

	(void)state;
	craft_begin();
	craft_arm(3, 1);
	craft_end();
	fdt = craft_tree();
	node_is(fdt, GIC, gic);
	assert_false(there(fdt, GIC "/v2m@8020000"));
}

/* ---- redistributors ---- */
static void distributor(void)
{
	craft_begin();
	craft_table("APIC", 44);
	craft_put(12 | 24 << 8, 8);
	craft_put(0x08000000, 8);
	craft_put(0, 4);
	craft_put(3, 4);
}

/* A redistributor for each CPU (0: none), and regions of `len` bytes. */
static const void *with(const u64 *own, unsigned cpus, const u64 *pa, unsigned regions, u32 len)
{
	u8 *e;

	distributor();
	for (unsigned i = 0; i < regions; i++) {
		craft_put(14 | 16 << 8, 4);
		craft_put(pa[i], 8);
		craft_put(len, 4);
	}
	for (unsigned i = 0; i < cpus; i++)
		craft_gicc(i, i, 1);
	craft_seal();
	e = craft_last() + 44 + 24 + 16 * regions;
	for (unsigned i = 0; i < cpus; i++)
		memcpy(e + 80 * i + 60, &own[i], 8);
	craft_last()[9] =
		(u8)(craft_last()[9] - table_sum(craft_last(), table_u32(craft_last() + 4)));
	craft_fadt(1);
	craft_end();
	return craft_tree();
}

static bool reg_is(const void *fdt, unsigned n, u64 pa, u64 len)
{
	return cell_pair(fdt, GIC, "reg", 4 * n) == pa &&
	       cell_pair(fdt, GIC, "reg", 4 * n + 2) == len;
}

/* Each has 128 KiB; adjacent ones form one range; a fourth range does not fit. */
static void redistributors_of_cpus(void **state)
{
	static const u64 own[] = { 0x9000000, 0x9020000, 0, 0x9060000, 0xa000000, 0xa020000 };
	static const u64 apart[] = { 0x9000000, 0xa000000, 0xb000000, 0xc000000, 0xd000000 };
	const void *fdt = with(own, 6, NULL, 0, 0);

	(void)state;
	assert_int_equal(cells(fdt, GIC, "reg"), 16);
	assert_true(reg_is(fdt, 0, 0x8000000, 0x10000) && reg_is(fdt, 1, 0x9000000, 0x40000));
	assert_true(reg_is(fdt, 2, 0x9060000, 0x20000) && reg_is(fdt, 3, 0xa000000, 0x40000));
	assert_false(said("redistributors"));
	fdt = with(apart, 5, NULL, 0, 0);
	assert_int_equal(cells(fdt, GIC, "reg"), 16);
	assert_true(reg_is(fdt, 3, 0xb000000, 0x20000));
	assert_true(said("acpi: APIC: 2 regions of redistributors do not fit: their CPUs "
			 "take no interrupts\n"));
	fdt = with(own, 1, NULL, 0, 0);
	assert_int_equal(cells(fdt, GIC, "reg"), 8);
	assert_true(reg_is(fdt, 1, 0x9000000, 0x20000));
}

/* If the table has regions, the addresses in entries of CPUs are ignored. */
static void redistributors_in_regions(void **state)
{
	static const u64 own[] = { 0x9000000 }, pa[] = { 0xb000000, 0xb040000, 0xc000000 };
	const void *fdt = with(own, 1, pa, 3, 0x40000);

	(void)state;
	assert_int_equal(cells(fdt, GIC, "reg"), 12);
	assert_true(reg_is(fdt, 1, 0xb000000, 0x80000) && reg_is(fdt, 2, 0xc000000, 0x40000));
}

static void as_many_as_there_may_be(void **state)
{
	static u64 own[MADT_CPUS], pa[MADT_REGIONS];
	const void *fdt;

	(void)state;
	for (unsigned i = 0; i < MADT_CPUS; i++)
		own[i] = 0x9000000 + i * 0x20000;
	fdt = with(own, MADT_CPUS, NULL, 0, 0);
	assert_int_equal(cells(fdt, GIC, "reg"), 8);
	assert_true(reg_is(fdt, 1, 0x9000000, MADT_CPUS * 0x20000));
	for (unsigned i = 0; i < MADT_REGIONS; i++)
		pa[i] = 0x9000000 + i * 0x20000;
	fdt = with(own, 1, pa, MADT_REGIONS, 0x20000);
	assert_int_equal(cells(fdt, GIC, "reg"), 8);
	assert_true(reg_is(fdt, 1, 0x9000000, MADT_REGIONS * 0x20000));
}

/* ---- GTDT and FADT ---- */
static const void *timers(const u32 *gsi, u32 fadt)
{
	distributor();
	craft_put(14 | 16 << 8, 4);
	craft_put(0x9000000, 8);
	craft_put(0x20000, 4);
	craft_gicc(0, 0, 1);
	craft_seal();
	craft_table("GTDT", 48);
	for (unsigned i = 0; i < 4; i++) {
		craft_put(gsi[i], 4);
		craft_put(i, 4);
	}
	craft_seal();
	craft_table("FACP", fadt);
	craft_at(129, 1, fadt < 131 ? fadt - 129 : 2);
	craft_seal();
	craft_put(0, 16);
	craft_end();
	return craft_tree();
}

/* PPIs are 16 to 31; an absent one keeps its position, with an invalid number. */
static void timers_have_interrupts_of_a_cpu(void **state)
{
	static const u32 gsi[][4] = { { 16, 31, 16, 31 },
				      { 15, 32, 31, 0 },
				      { ~0u, 20, 17, 1000 } };
	static const u32 triggers[] = { 4, 1, 8, 1 };

	(void)state;
	for (unsigned n = 0; n < 3; n++) {
		const void *fdt = timers(gsi[n], 276);

		for (unsigned i = 0; i < 4; i++) {
			bool own = gsi[n][i] >= 16 && gsi[n][i] <= 31;

			assert_int_equal(cell(fdt, "/timer", "interrupts", 3 * i), 1);
			assert_int_equal(cell(fdt, "/timer", "interrupts", 3 * i + 1),
					 own ? gsi[n][i] - 16 : 15);
			assert_int_equal(cell(fdt, "/timer", "interrupts", 3 * i + 2), triggers[i]);
		}
	}
}

static void psci_needs_its_two_bytes(void **state)
{
	static const u32 gsi[] = { 29, 30, 27, 26 };

	(void)state;
	assert_true(there(timers(gsi, 131), "/psci"));
	assert_false(there(timers(gsi, 130), "/psci"));
	assert_true(said("acpi: the FADT has no PSCI: other CPUs stay off"));
}

int run_gic_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gicv2_and_its_frame),
		cmocka_unit_test(gicv3_has_no_frame),
		cmocka_unit_test(redistributors_of_cpus),
		cmocka_unit_test(redistributors_in_regions),
		cmocka_unit_test(as_many_as_there_may_be),
		cmocka_unit_test(timers_have_interrupts_of_a_cpu),
		cmocka_unit_test(psci_needs_its_two_bytes),
	};

	return cmocka_run_group_tests_name("acpi: gic", tests, NULL, NULL);
}
