/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/tree_write.c - writes nodes and properties; see tree_write.h.
 *
 * After the first error the tree is useless: `err` keeps that error, and nothing more is written.
 */
#include <drivers/acpi/tree_write.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <libfdt.h>

/* Interrupt ids of a GIC: 16..31 are per CPU (PPI), 32..1019 shared (SPI). */
#define GIC_SPI_FIRST 32
#define GIC_SPI_END 1020

void tree_begin_plain(struct tree *t, const char *name)
{
	if (!t->err)
		t->err = fdt_begin_node(t->fdt, name);
}

/* The unit address makes the names of siblings unique, as the specification requires (2.2.1). */
void tree_begin(struct tree *t, const char *name, u64 unit)
{
	char text[48];

	snprintf(text, sizeof(text), "%s@%lx", name, unit);
	tree_begin_plain(t, text);
}

void tree_end(struct tree *t)
{
	if (!t->err)
		t->err = fdt_end_node(t->fdt);
}

void tree_bytes(struct tree *t, const char *prop, const void *value, u64 len)
{
	if (!t->err)
		t->err = fdt_property(t->fdt, prop, value, (int)len);
}

void tree_text(struct tree *t, const char *prop, const char *value)
{
	tree_bytes(t, prop, value, strlen(value) + 1);
}

void tree_flag(struct tree *t, const char *prop)
{
	tree_bytes(t, prop, "", 0);
}

void tree_u32(struct tree *t, const char *prop, u32 value)
{
	tree_cells(t, prop, &value, 1);
}

/* The cells are converted in place, without a copy.  Properties, and so cells, are aligned to 4
 * bytes. */
void tree_cells(struct tree *t, const char *prop, const u32 *cells, unsigned nr)
{
	void *to = NULL;

	if (!t->err)
		t->err = fdt_property_placeholder(t->fdt, prop, (int)nr * 4, &to);
	for (unsigned i = 0; !t->err && i < nr; i++)
		fdt32_st((u8 *)to + i * 4, cells[i]);
}

void tree_reg(struct tree *t, u64 pa, u64 len)
{
	const u32 cells[] = { (u32)(pa >> 32), (u32)pa, (u32)(len >> 32), (u32)len };

	tree_cells(t, "reg", cells, ARRAY_SIZE(cells));
}

/* arm,gic.yaml: cell 0 is the kind (0 SPI, 1 PPI), cell 1 the number within the kind. */
static unsigned gic_cells(u32 gsi, u32 trigger, u32 cells[TREE_IRQ_CELLS])
{
	if (gsi < 16 || gsi >= GIC_SPI_END)
		return 0;
	cells[0] = gsi < GIC_SPI_FIRST;
	cells[1] = gsi - (gsi < GIC_SPI_FIRST ? 16 : GIC_SPI_FIRST);
	cells[2] = trigger;
	return 3;
}

/* At a GIC the GSI is the number itself (ACPI 6.5, 5.2.12).  At a PLIC or APLIC it is relative to
 * the base of the chip; a PLIC has one cell, an APLIC has the trigger as a second one. */
unsigned tree_irq_cells(const struct madt *m, u32 gsi, u32 trigger, u32 *phandle,
			u32 cells[TREE_IRQ_CELLS])
{
	const struct madt_chip *c = madt_chip_of(m, gsi);

	*phandle = PHANDLE_GIC;
	if (m->gic != GIC_NONE)
		return gic_cells(gsi, trigger, cells);
	if (!c)
		return 0;
	*phandle = PHANDLE_CHIP + (u32)(c - m->chip);
	cells[0] = gsi - c->gsi;
	cells[1] = trigger;
	return c->aplic ? 2 : 1;
}

/* Each node has its own interrupt-parent, because a RISC-V machine may have several controllers. */
bool tree_interrupt(struct tree *t, u32 gsi, u32 trigger)
{
	u32 cells[TREE_IRQ_CELLS], phandle;
	unsigned nr = tree_irq_cells(t->madt, gsi, trigger, &phandle, cells);

	if (!nr)
		return false;
	tree_u32(t, "interrupt-parent", phandle);
	tree_cells(t, "interrupts", cells, nr);
	return true;
}
