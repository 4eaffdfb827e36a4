/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/mmu.h - a complete set of translation controls, as idmap.S loads it.
 */
#pragma once
#include <mm/pt/pt.h>

struct mmu_regs {
	u64 tcr, ttbr1, ttbr0, mair, sctlr; /* in the order in which assembly reads them */
};

/* The register values that a CPU loads, in the identity page, to run on `pt`.  Builds the tables of
 * that page if they are not built yet. */
struct mmu_regs mmu_regs_for(const struct pt *);
void mmu_close_low_half(void); /* this CPU: no walk of the low half, TTBR0 on an empty table */

extern const char idmap_switch[], secondary_entry[], secondary_high[];
void mmu_switch(const struct mmu_regs *, paddr_t idmap_switch_pa);
/* Leave the kernel: branch to code of idmap.S at its physical address, with x0 and x1. */
NORETURN void mmu_leave(paddr_t code, u64 x0, u64 x1);
bool spin_table_misses_lines(void); /* may the entry code of a soft restart skip cache lines? */
extern const char idmap_leave[], idmap_wait[], idmap_halt[], spin_entry[];
