/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/madt.h - CPUs and interrupt controllers: the MADT (ACPI 6.5, 5.2.12), and the
 * node of each CPU from the SRAT (5.2.16).
 *
 * No dependencies on the kernel.  CPUs that are not enabled are left out.  Entries that are cut
 * off, have no length, are duplicates or exceed the arrays are left out, with one line through
 * `log` for each kind of fault.
 */
#pragma once
#include <drivers/acpi/tables.h>

#define MADT_CPUS 128
#define MADT_REGIONS 64 /* redistributors */
#define MADT_CHIPS 8

enum madt_gic { GIC_NONE, GIC_V2, GIC_V3 };

/* Filled by madt_read(); addresses are physical.  Several KiB: static, not on a stack. */
struct madt {
	bool riscv; /* it has an entry of a RISC-V type */
	unsigned nr_cpus;
	struct madt_cpu {
		u64 hwid; /* MPIDR's affinity, or the hart's id */
		u32 uid, node;
		bool hart, parked;
		u32 context; /* hart: context of its PLIC or APLIC; high byte: chip id (RINTC) */
		u64 imsic;   /* hart: address of its interrupt file, 0: none */
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
		u32 len, sources, contexts; /* contexts: APLIC only; 0: it sends MSIs */
		u32 gsi;                    /* GSI of its source 0 */
	} chip[MADT_CHIPS];
};

/* Fill *madt from the tables.  False: there is no MADT, and *madt is all zero.  A GIC without
 * redistributors or CPU interfaces is reported as GIC_NONE. */
bool madt_read(struct madt *, const struct tables *);
/* The PLIC or APLIC of a global system interrupt; NULL if there is none.  Source 0 does not
 * exist (PLIC and AIA specifications), so `gsi` of one chip may be the last number of another. */
const struct madt_chip *madt_chip_of(const struct madt *, u32 gsi);
/* Translate a GSI to the number that the controller with registers at `controller` uses: the
 * source relative to its GSI base, or ~0 if another controller owns it.  Without PLICs the
 * number is the GSI itself, as for a GIC (ACPI 6.5, 5.2.12). */
u32 madt_irq(const struct madt *, u32 gsi, paddr_t controller);

/* Call `fn` for each subtable from offset `first` on.  True if the last one ends where the table
 * ends; false if an entry has no length or exceeds the table, after `fn` was called for the entries
 * before it. */
bool subtables_each(const u8 *table, u32 len, u32 first,
		    void (*fn)(const u8 *entry, u8 bytes, void *arg), void *arg);
