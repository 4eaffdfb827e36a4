/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/tree_write.h - helpers of the tree maker: libfdt's sequential writing with a
 * sticky error.
 *
 * All functions do nothing after the first error, so callers check `err` once, at the end.
 */
#pragma once
#include <drivers/acpi/madt.h>

/* A tree under construction: its buffer, and the tables of which it is made. */
struct tree {
	void *fdt;
	int err; /* the first error of libfdt */
	const struct tables *tables;
	const struct madt *madt;
};

/* phandles of the nodes that others refer to. */
enum {
	PHANDLE_GIC = 1,
	PHANDLE_FRAME = 2,
	PHANDLE_IMSIC = 3,
	PHANDLE_CHIP = 0x10,  /* + index in the MADT */
	PHANDLE_HART = 0x100, /* + index of the CPU: the hart's local controller */
};

#define TRIGGER_EDGE_RISING 1u /* the device tree's encoding */
#define TRIGGER_LEVEL_HIGH 4u
#define TRIGGER_LEVEL_LOW 8u

void tree_begin(struct tree *, const char *name, u64 unit); /* name@unit */
/* Nodes are nested by begin and end; properties belong to the node begun last, before its
 * children. */
void tree_begin_plain(struct tree *, const char *name);
/* End the node begun last. */
void tree_end(struct tree *);
/* Properties: bytes as they are, text with its terminator, one cell, an empty property. */
void tree_bytes(struct tree *, const char *prop, const void *, u64 len);
void tree_text(struct tree *, const char *prop, const char *);
void tree_u32(struct tree *, const char *prop, u32);
void tree_flag(struct tree *, const char *prop);
/* Cells in native order; they are stored big-endian.  tree_reg() writes two cells each. */
void tree_cells(struct tree *, const char *prop, const u32 *, unsigned nr);
/* `reg` with one range, two cells each for address and length. */
void tree_reg(struct tree *, u64 pa, u64 len);
/* Write `interrupt-parent` and `interrupts` for a GSI; false, and nothing written, if no
 * controller in the MADT has it. */
bool tree_interrupt(struct tree *, u32 gsi, u32 trigger);
/* Cells of one interrupt in the numbering of its controller, and the controller's phandle.  Returns
 * the number of cells, at most TREE_IRQ_CELLS; 0 if no controller in the MADT has it. */
#define TREE_IRQ_CELLS 3
unsigned tree_irq_cells(const struct madt *, u32 gsi, u32 trigger, u32 *phandle,
			u32 cells[TREE_IRQ_CELLS]);

void tree_arm(struct tree *); /* PSCI, timer, GIC */
/* Properties of one hart, inside its cpu node. */
void tree_riscv_cpu(struct tree *, const struct madt_cpu *);
void tree_riscv(struct tree *); /* IMSICs, PLICs, APLICs, at the root */
/* Frequency of the time counter in Hz, from the RHCT; 0 if there is none. */
u32 tree_timebase(const struct tree *);
