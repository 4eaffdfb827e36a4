/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/tree_arm.c - the Arm parts of the tree: PSCI (FADT, ACPI 6.5 table 5.11), the
 * timer (GTDT, 5.2.25) and the GIC (MADT), as the device tree bindings describe them.
 */
#include <drivers/acpi/tree_write.h>
#include <lib/printf.h>

#define FADT_ARM 129 /* ARM boot flags, two bytes */
enum { PSCI_THERE = 1, PSCI_HVC = 2 };
#define GTDT_TIMERS 48 /* four pairs: secure, non-secure, virtual, EL2 */
enum { GTDT_TIMERS_NR = 4, GTDT_VIRTUAL = 2, TIMER_EDGE = 1, TIMER_LOW = 2 };

#define GICV2_BYTES 0x1000
#define GICC_BYTES 0x2000
#define GICV3_BYTES 0x10000
#define REDISTRIBUTOR_BYTES 0x20000
#define REGIONS 3 /* redistributor regions of `reg`, after the distributor */

/* Without PSCI other CPUs cannot be started; the boot CPU runs alone. */
static void psci(struct tree *t)
{
	const struct table *fadt = tables_find(t->tables, "FACP", 0);
	const u8 *p = fadt && fadt->len >= FADT_ARM + 2 ? t->tables->at(fadt->pa, fadt->len) : NULL;
	static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2";

	if (!p || !(p[FADT_ARM] & PSCI_THERE)) {
		t->tables->log("acpi: the FADT has no PSCI: other CPUs stay off");
		return;
	}
	tree_begin_plain(t, "psci");
	tree_bytes(t, "compatible", compatible, sizeof(compatible));
	tree_text(t, "method", p[FADT_ARM] & PSCI_HVC ? "hvc" : "smc");
	tree_end(t);
}

/* GTDT flags of a timer as a trigger of the device tree. */
static u32 timer_trigger(u32 flags)
{
	return flags & TIMER_EDGE  ? TRIGGER_EDGE_RISING
	       : flags & TIMER_LOW ? TRIGGER_LEVEL_LOW
				   : TRIGGER_LEVEL_HIGH;
}

/* PPIs have the numbers 16 to 31; the interrupt of a CPU's timer must be a PPI. */
static bool is_ppi(u32 gsi)
{
	return gsi >= 16 && gsi < 32;
}

/* The binding lists secure, non-secure, virtual and hypervisor timer by position. */
static void timer(struct tree *t)
{
	const struct table *gtdt = tables_find(t->tables, "GTDT", 0);
	u32 cells[GTDT_TIMERS_NR * TREE_IRQ_CELLS], phandle;
	const u8 *p;

	if (!gtdt || gtdt->len < GTDT_TIMERS + 8 * GTDT_TIMERS_NR) {
		t->tables->log("acpi: no GTDT, or it is cut off: the usual timer is assumed");
		return;
	}
	p = t->tables->at(gtdt->pa, gtdt->len) + GTDT_TIMERS;
	if (!is_ppi(table_u32(p + 8 * GTDT_VIRTUAL))) {
		t->tables->log("acpi: the GTDT's virtual timer has no PPI: the usual timer is "
			       "assumed");
		return;
	}
	for (unsigned i = 0; i < GTDT_TIMERS_NR; i++, p += 8) {
		u32 gsi = table_u32(p);
		u32 *c = &cells[i * TREE_IRQ_CELLS];

		/* a missing timer keeps its position; no timer uses PPI 15 (31) */
		if (!is_ppi(gsi))
			gsi = 31;
		tree_irq_cells(t->madt, gsi, timer_trigger(table_u32(p + 4)), &phandle, c);
	}
	tree_begin_plain(t, "timer");
	tree_text(t, "compatible", "arm,armv8-timer");
	tree_cells(t, "interrupts", cells, ARRAY_SIZE(cells));
	tree_end(t);
}

/* Redistributor regions after merging; `left_out`: number of those that did not fit. */
struct regions {
	unsigned nr, left_out;
	struct madt_region r[REGIONS];
};

/* Add a range; adjacent ranges are merged. */
static void region(struct regions *list, u64 pa, u64 len)
{
	struct madt_region *last = list->nr ? &list->r[list->nr - 1] : NULL;

	if (last && last->pa + last->len == pa)
		last->len += len;
	else if (list->nr < REGIONS)
		list->r[list->nr++] = (struct madt_region) { pa, len };
	else
		list->left_out++;
}

/* The MADT lists regions of redistributors, or else the redistributor of each CPU. */
static void redistributors(struct tree *t, struct regions *list)
{
	const struct madt *m = t->madt;
	char line[120];

	for (unsigned i = 0; i < m->nr_regions; i++)
		region(list, m->region[i].pa, m->region[i].len);
	for (unsigned i = 0; !m->nr_regions && i < m->nr_cpus; i++)
		if (m->cpu[i].redistributor)
			region(list, m->cpu[i].redistributor, REDISTRIBUTOR_BYTES);
	if (!list->left_out)
		return;
	snprintf(line, sizeof(line),
		 "acpi: APIC: %u regions of redistributors do not fit: their CPUs take no "
		 "interrupts",
		 list->left_out);
	t->tables->log(line);
}

static void pair(u32 *to, u64 pa, u64 len)
{
	to[0] = (u32)(pa >> 32);
	to[1] = (u32)pa;
	to[2] = (u32)(len >> 32);
	to[3] = (u32)len;
}

/* Distributor and CPU interface; the latter is at the same address for all CPUs. */
static void gicv2_reg(struct tree *t)
{
	u32 cells[8];

	pair(cells, t->madt->distributor, GICV2_BYTES);
	pair(cells + 4, t->madt->cpu[0].cpu_if, GICC_BYTES);
	tree_cells(t, "reg", cells, 8);
}

/* Distributor and regions of redistributors. */
static void gicv3_reg(struct tree *t)
{
	struct regions list = { 0 };
	u32 cells[4 + 4 * REGIONS];

	redistributors(t, &list);
	pair(cells, t->madt->distributor, GICV3_BYTES);
	for (unsigned i = 0; i < list.nr; i++)
		pair(cells + 4 + 4 * i, list.r[i].pa, list.r[i].len);
	tree_cells(t, "reg", cells, 4 + 4 * list.nr);
}

/* The MSI frame, a child of a GICv2's node. */
static void frame(struct tree *t)
{
	tree_begin(t, "v2m", t->madt->frame);
	tree_text(t, "compatible", "arm,gic-v2m-frame");
	tree_flag(t, "msi-controller");
	tree_reg(t, t->madt->frame, 0x1000);
	tree_u32(t, "phandle", PHANDLE_FRAME);
	tree_end(t);
}

/* A GICv3's node has no MSI frame: its ITS is not used, and frames belong to GICv2m. */
static void gic(struct tree *t)
{
	bool v3 = t->madt->gic == GIC_V3;

	tree_begin(t, "interrupt-controller", t->madt->distributor);
	tree_text(t, "compatible", v3 ? "arm,gic-v3" : "arm,cortex-a15-gic");
	tree_flag(t, "interrupt-controller");
	tree_u32(t, "#interrupt-cells", TREE_IRQ_CELLS);
	tree_u32(t, "#address-cells", 2);
	tree_u32(t, "#size-cells", 2);
	tree_flag(t, "ranges");
	if (v3)
		gicv3_reg(t);
	else
		gicv2_reg(t);
	tree_u32(t, "phandle", PHANDLE_GIC);
	if (!v3 && t->madt->frame)
		frame(t);
	tree_end(t);
}

void tree_arm(struct tree *t)
{
	psci(t);
	if (!t->madt->distributor)
		t->tables->log("acpi: the MADT has no distributor of a GIC: no interrupts");
	if (t->madt->gic == GIC_NONE)
		return;
	timer(t);
	gic(t);
}
