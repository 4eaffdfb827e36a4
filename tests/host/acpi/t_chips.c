/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/acpi/t_chips.c - interrupt controllers of RISC-V: the first and the last context, all
 * properties of their nodes, and interrupt files in any layout.
 */
#include "craft.h"
#include <drivers/acpi/madt.h>
#include <lib/printf.h>
#include <string.h>

/* ---- controllers with contexts ---- */
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

/* Hart i has context of[i]; ~0: it belongs to another chip.  All other contexts are unconnected. */
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
			 mine[] = { 1, ~0u }, zero[] = { 0x03000001, 7 };

	(void)state;
	contexts_are(contexts(one, 1, 0), one, 1, 1);
	contexts_are(contexts(falling, 3, 0), falling, 3, 6);
	contexts_are(contexts(last, 2, 0), last, 2, 256);
	assert_false(said("not there"));
	contexts_are(contexts(beyond, 2, 0), beyond, 1, 3);
	assert_true(said("acpi: 1 harts name an interrupt controller that does not exist\n"));
	contexts_are(contexts(others, 2, 3), mine, 2, 2);
	assert_true(said("acpi: 1 harts name an interrupt controller that does not exist\n"));
	contexts_are(contexts(zero, 2, 3), mine, 2, 2);
	assert_true(said("acpi: 1 harts name an interrupt controller that does not exist\n"));
}

static void as_many_controllers_as_fit(void **state)
{
	const void *fdt;

	(void)state;
	for (unsigned nr = MADT_CHIPS - 1; nr <= MADT_CHIPS; nr++) {
		craft_begin();
		craft_table("APIC", 44);
		craft_rintc(0, (nr - 1) << 24, 0, 0);
		for (unsigned i = 0; i < nr; i++)
			craft_plic((u8)i, 95, 0x01000000 * (i + 1), i * 96);
		craft_seal();
		craft_fadt(0);
		craft_end();
		fdt = craft_tree();
		assert_string_equal(craft_said, "acpi: no SPCR, so no console is known\n");
		assert_int_equal(cells(fdt, "/interrupt-controller@1000000", "interrupts-extended"),
				 0);
		assert_int_equal(cells(fdt,
				       nr == 8 ? "/interrupt-controller@8000000"
					       : "/interrupt-controller@7000000",
				       "interrupts-extended"),
				 2);
		assert_false(there(fdt, "/interrupt-controller@0"));
	}
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

/* Adjacent files form one range; a hart without a file has no index; a fifth range is ignored. */
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

int run_chip_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_context_is_a_place),
		cmocka_unit_test(as_many_controllers_as_fit),
		cmocka_unit_test(nodes_are_as_the_bindings_say),
		cmocka_unit_test(files_are_ranges_in_the_order_of_harts),
		cmocka_unit_test(a_fifth_range_and_what_follows_it_is_left_out),
		cmocka_unit_test(as_many_files_as_harts),
	};

	return cmocka_run_group_tests_name("acpi: chips", tests, NULL, NULL);
}
