/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/acpi/main.c - tests of the device tree that is created from ACPI tables. */
#include "craft.h"
#include <lib/assert.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>

static u32 decode(const void *p, int nr_cells, u32 *flags)
{
	*flags = 0;
	return nr_cells >= 3 ? fdt32_ld((const fdt32_t *)p + 1) + 32 : ~0u;
}

static const char *const gicv2_names[] = { "arm,cortex-a15-gic", NULL };
static const char *const gicv3_names[] = { "arm,gic-v3", NULL };
static const struct irqchip gicv2 = { .name = "GICv2",
				      .compatible = gicv2_names,
				      .decode = decode };
static const struct irqchip gicv3 = { .name = "GICv3", .compatible = gicv3_names };
IRQCHIP(gicv2, gicv2);
IRQCHIP(gicv3, gicv3);
const struct irqchip *irqchip = &gicv2;
u32 irqchip_phandle;
struct irq_child irq_children[IRQ_CHILDREN_MAX];
unsigned irq_children_nr;

int main(void)
{
	int failed = run_arm_tests();

	failed += run_riscv_tests();
	failed += run_hart_tests();
	failed += run_chip_tests();
	failed += run_madt_tests();
	failed += run_srat_tests();
	failed += run_pci_tests();
	failed += run_gic_tests();
	failed += run_table_tests();
	failed += run_console_tests();
	failed += run_hostile_tests();
	failed += run_early_tests();
	return failed != 0;
}
