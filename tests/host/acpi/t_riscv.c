/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/acpi/t_riscv.c - a RISC-V machine: harts, their extensions, PLIC, APLIC, IMSICs. */
#include "craft.h"
#include <drivers/acpi/madt.h>
#include <lib/printf.h>
#include <libfdt.h>
#include <string.h>

static const void *machine(unsigned harts, bool aplic, bool imsic)
{
	craft_begin();
	craft_riscv(harts, aplic, imsic);
	craft_spcr(0x12, 1, 0x10000000, 10);
	craft_end();
	return craft_tree();
}

static void harts_are_those_of_the_madt_and_rhct(void **state)
{
	const void *fdt = machine(3, false, false);
	struct fdt_cpu found[8];

	(void)state;
	assert_non_null(fdt);
	assert_string_equal(craft_said, "");
	assert_int_equal(fdt_cpus(fdt, found, 8), 3);
	assert_true(!found[2].unusable);
	assert_int_equal(found[2].hwid, 2);
	assert_int_equal(cell(fdt, "/cpus", "timebase-frequency", 0), 10000000);
	assert_string_equal(text(fdt, "/cpus/cpu@2", "riscv,isa"), "rv64imac_svinval_zicbom");
	assert_string_equal(text(fdt, "/cpus/cpu@2", "mmu-type"), "riscv,sv48");
	assert_int_equal(cell(fdt, "/cpus/cpu@2", "riscv,cbom-block-size", 0), 64);
	assert_false(there(fdt, "/psci"));
}

static u32 hart(const void *fdt, unsigned i)
{
	char path[48];

	snprintf(path, sizeof(path), "/cpus/cpu@%x/interrupt-controller", i);
	return cell(fdt, path, "phandle", 0);
}

/* A context's number is its position in interrupts-extended: 1, 3 and 5 are the supervisor's. */
static void a_plic_has_the_contexts_of_the_harts(void **state)
{
	static const char path[] = "/interrupt-controller@c000000";
	const void *fdt = machine(3, false, false);

	(void)state;
	assert_int_equal(cell(fdt, path, "riscv,ndev", 0), 95);
	assert_int_equal(cells(fdt, path, "interrupts-extended"), 12);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(cell(fdt, path, "interrupts-extended", 4 * i + 2), hart(fdt, i));
		assert_int_equal(cell(fdt, path, "interrupts-extended", 4 * i + 3), 9);
		assert_int_equal(cell(fdt, path, "interrupts-extended", 4 * i + 1), ~0u);
	}
	assert_int_equal(cell(fdt, "/serial@10000000", "interrupt-parent", 0),
			 cell(fdt, path, "phandle", 0));
}

static void an_aplic_delivers_to_the_harts(void **state)
{
	static const char path[] = "/interrupt-controller@d000000";
	const void *fdt = machine(2, true, false);

	(void)state;
	assert_string_equal(text(fdt, path, "compatible"), "riscv,aplic");
	assert_int_equal(cell(fdt, path, "riscv,num-sources", 0), 96);
	assert_int_equal(cells(fdt, path, "interrupts-extended"), 4);
	assert_int_equal(cell(fdt, path, "interrupts-extended", 2), hart(fdt, 1));
	assert_int_equal(cells(fdt, path, "msi-parent"), 0);
}

static void an_aplic_sends_messages_to_imsics(void **state)
{
	static const char aplic[] = "/interrupt-controller@d000000", imsic[] = "/imsics@28000000";
	const void *fdt = machine(4, true, true);

	(void)state;
	assert_int_equal(cell(fdt, aplic, "msi-parent", 0), cell(fdt, imsic, "phandle", 0));
	assert_int_equal(cells(fdt, aplic, "interrupts-extended"), 0);
	assert_int_equal(cells(fdt, imsic, "reg"), 4); /* four adjacent files form one range */
	assert_int_equal(cell_pair(fdt, imsic, "reg", 2), 0x4000);
	assert_int_equal(cells(fdt, imsic, "interrupts-extended"), 8);
	assert_int_equal(cell(fdt, imsic, "riscv,num-ids", 0), 255);
	assert_int_equal(cell(fdt, imsic, "riscv,hart-index-bits", 0), 2);
}

/* Without an RHCT the harts still have nodes. */
static void a_hart_that_nobody_describes_is_a_plain_one(void **state)
{
	const void *fdt;

	(void)state;
	craft_begin();
	craft_riscv(1, false, false);
	craft_end();
	fdt = craft_tree();
	assert_string_equal(text(fdt, "/cpus/cpu@0", "mmu-type"), "riscv,sv48");
	craft_begin();
	craft_riscv(1, false, false);
	craft_end();
	craft_last()[0] = 'Y'; /* no XSDT at all */
	craft_why.code = 0;
	assert_int_equal(tables_read(&(struct tables) { .at = craft_bytes }, CRAFT_AT, &craft_why),
			 -EINVAL);
}

static u8 *table(const char *name)
{
	for (paddr_t pa = CRAFT_AT; craft_bytes(pa, 4); pa += 16)
		if (!memcmp(craft_bytes(pa, 4), name, 4))
			return (u8 *)craft_bytes(pa, 4);
	fail_msg("no %s", name);
	return NULL;
}

static void reseal(u8 *t)
{
	t[9] = (u8)(t[9] - table_sum(t, table_u32(t + 4)));
}

/* Nodes of the RHCT have to be inside the table, and strings inside their nodes. */
static void what_a_hart_is_said_to_be_lies_in_the_rhct(void **state)
{
	static const u8 sv57[] = { 2, 0, 8, 0, 1, 0, 0, 2 };
	const void *fdt = machine(1, false, false);
	u8 *rhct = table("RHCT"), *fadt = table("FACP");
	u32 outside = (u32)(fadt + 200 - rhct);

	(void)state;
	assert_string_equal(text(fdt, "/cpus/cpu@0", "mmu-type"), "riscv,sv48");
	memcpy(fadt + 200, sv57, sizeof(sv57));
	memcpy(rhct + 106 + 20, &outside, 4); /* the third node of the hart */
	rhct[56 + 6] = 60;                    /* length 60 in a node of 32 bytes */
	rhct[56 + 31] = 'x';                  /* without a terminator */
	reseal(rhct);
	reseal(fadt);
	fdt = craft_tree();
	assert_string_equal(text(fdt, "/cpus/cpu@0", "mmu-type"), "riscv,sv39");
	assert_string_equal(text(fdt, "/cpus/cpu@0", "riscv,isa"), "rv64ima");
}

/* A GSI is the base of its controller plus the source number (ACPI 6.5, 5.2.12.24 and 5.2.12.25).
 */
static void two_controllers(bool aplic, bool second_first, u32 base)
{
	static struct madt m;
	const u64 pa[] = { 0x0c000000, 0x0c600000 };

	craft_begin();
	craft_table("APIC", 44);
	for (unsigned n = 0; n < 2; n++) {
		unsigned i = second_first ? !n : n;

		if (aplic)
			craft_aplic((u8)i, 1, 96, pa[i], i * base);
		else
			craft_plic((u8)i, 96, pa[i], i * base);
	}
	craft_seal();
	craft_fadt(0);
	craft_end();
	assert_true(madt_read(&m, craft_tables()));
	assert_int_equal(m.nr_chips, 2);
	for (u32 source = 1; source <= 96; source++)
		for (unsigned i = 0; i < 2; i++) {
			assert_int_equal(madt_irq(&m, i * base + source, pa[i]), source);
			assert_int_equal(madt_irq(&m, i * base + source, pa[!i]), ~0u);
		}
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(madt_irq(&m, 0, pa[i]), ~0u); /* source 0 does not exist */
		assert_int_equal(madt_irq(&m, base + 97, pa[i]), ~0u);
	}
}

static void the_second_controller_counts_from_its_base(void **state)
{
	(void)state;
	for (unsigned k = 0; k < 8; k++)
		two_controllers(k & 1, k & 2, k & 4 ? 96 : 1000);
}

/* A GIC's interrupt numbers are the GSIs. */
static void without_such_a_controller_it_is_the_gsi(void **state)
{
	static struct madt m;

	(void)state;
	craft_begin();
	craft_arm(3, 2);
	craft_end();
	assert_true(madt_read(&m, craft_tables()));
	assert_int_equal(madt_irq(&m, 42, 0x8000000), 42);
}

int run_riscv_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(harts_are_those_of_the_madt_and_rhct),
		cmocka_unit_test(a_plic_has_the_contexts_of_the_harts),
		cmocka_unit_test(an_aplic_delivers_to_the_harts),
		cmocka_unit_test(an_aplic_sends_messages_to_imsics),
		cmocka_unit_test(what_a_hart_is_said_to_be_lies_in_the_rhct),
		cmocka_unit_test(a_hart_that_nobody_describes_is_a_plain_one),
		cmocka_unit_test(the_second_controller_counts_from_its_base),
		cmocka_unit_test(without_such_a_controller_it_is_the_gsi),
	};

	return cmocka_run_group_tests_name("acpi: riscv", tests, NULL, NULL);
}
