/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/tree_write.h - what the parts of the tree maker share: libfdt's sequential writing
 * with one error that sticks, and the tables.
 */
#pragma once
#include <drivers/acpi/madt.h>

struct tree {
	void *fdt;
	int err; /* libfdt's first; nothing is written after it */
	const struct tables *tables;
	const struct madt *madt;
};

/* Numbers of the nodes that others point to. */
enum {
	PHANDLE_GIC = 1,
	PHANDLE_FRAME = 2,
	PHANDLE_IMSIC = 3,
	PHANDLE_CHIP = 0x10,  /* + its place */
	PHANDLE_HART = 0x100, /* + its place: the hart's own controller */
};

#define TRIGGER_EDGE_RISING 1u /* as the device tree has them */
#define TRIGGER_LEVEL_HIGH 4u
#define TRIGGER_LEVEL_LOW 8u

void tree_begin(struct tree *, const char *name, u64 unit); /* name@unit */
void tree_begin_plain(struct tree *, const char *name);
void tree_end(struct tree *);
void tree_bytes(struct tree *, const char *prop, const void *, u64 len);
void tree_text(struct tree *, const char *prop, const char *);
void tree_u32(struct tree *, const char *prop, u32);
void tree_flag(struct tree *, const char *prop);
void tree_cells(struct tree *, const char *prop, const u32 *, unsigned nr);
void tree_reg(struct tree *, u64 pa, u64 len);
/* `interrupts` and their parent of a global number; false: no controller here has it. */
bool tree_interrupt(struct tree *, u32 gsi, u32 trigger);
/* The cells of one interrupt behind the phandle; how many, 0: nobody's.  At most TREE_IRQ_CELLS. */
#define TREE_IRQ_CELLS 3
unsigned tree_irq_cells(const struct madt *, u32 gsi, u32 trigger, u32 *phandle,
			u32 cells[TREE_IRQ_CELLS]);

void tree_arm(struct tree *); /* PSCI, timer, GIC */
void tree_riscv_cpu(struct tree *, const struct madt_cpu *);
void tree_riscv(struct tree *); /* IMSICs, PLICs, APLICs */
u32 tree_timebase(const struct tree *);
