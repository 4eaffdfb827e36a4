/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/madt.h - CPUs and interrupt controllers of a machine: the MADT (ACPI 6.5, 5.2.12)
 * and, for where a CPU is near, the SRAT (5.2.16).
 *
 * Pure.  A CPU that is not enabled is not there.  What is cut off, has no length, or comes twice is
 * one line through `say` and is left out; so is what there is too much of.
 */
#pragma once
#include <drivers/acpi/tables.h>

#define MADT_CPUS 128
#define MADT_REGIONS 64 /* redistributors */
#define MADT_CHIPS 8

enum madt_gic { GIC_NONE, GIC_V2, GIC_V3 };

struct madt {
	bool riscv; /* any entry says so */
	unsigned nr_cpus;
	struct madt_cpu {
		u64 hwid; /* MPIDR's affinity, or the hart's id */
		u32 uid, node;
		bool hart, parked;
		u32 context; /* hart: of its PLIC or APLIC, that chip's id above (RINTC) */
		u64 imsic;   /* hart: its interrupt file, 0: it has none */
		u32 imsic_size;
		u64 cpu_if, redistributor; /* GICC, 0: not given here */
	} cpu[MADT_CPUS];

	enum madt_gic gic;
	u64 distributor;
	unsigned nr_regions;
	struct madt_region {
		u64 pa;
		u64 len;
	} region[MADT_REGIONS];
	u64 frame; /* GICv2m, 0: none */

	bool has_imsic;
	struct madt_imsic {
		u16 identities;
		u8 guest_bits, hart_bits, group_bits, group_shift;
	} imsic;
	unsigned nr_chips;
	struct madt_chip { /* a PLIC or an APLIC */
		bool aplic;
		u8 id;
		u64 pa;
		u32 len, sources, contexts; /* contexts: an APLIC's, 0: it sends messages */
		u32 gsi;                    /* its first */
	} chip[MADT_CHIPS];
};

/* False: there is no MADT; the rest is zero then.  A GIC without what its CPUs need is GIC_NONE. */
bool madt_read(struct madt *, const struct tables *);
/* The controller with this global interrupt number, or NULL: not a machine of PLICs.  Source 0 is
 * none (PLIC and AIA specifications), so the base of one may be the last number of another. */
const struct madt_chip *madt_chip_of(const struct madt *, u32 gsi);
/* What the controller with its registers there calls it: the source behind its GSI base, or ~0: it
 * is another one's.  A GIC's number is the GSI itself (ACPI 6.5, 5.2.12). */
u32 madt_irq(const struct madt *, u32 gsi, paddr_t controller);

/* Each entry of `table` from `first` on, as type and length; true when the last ends with the
 * table. */
bool subtables_each(const u8 *table, u32 len, u32 first,
		    void (*fn)(const u8 *entry, u8 bytes, void *arg), void *arg);
