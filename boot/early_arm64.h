/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/early_arm64.h - cells of the trampoline page table: 4K pages, 48 bits, four levels, in both
 * halves (Arm ARM D8, "VMSAv8-64 descriptor formats").  AttrIndx as in MAIR: 0 write-back, 1
 * device. Every leaf is accessed, inner shareable and closed to EL0; nothing writable is
 * executable.
 */
#pragma once
#include <boot/early.h>

#define EARLY_LEVELS 4

#define EARLY_CELL_TABLE 3ul
#define EARLY_CELL_PAGE 3ul
#define EARLY_CELL_ATTR_DEVICE (1ul << 2)
#define EARLY_CELL_RO (1ul << 7)
#define EARLY_CELL_SH_INNER (3ul << 8)
#define EARLY_CELL_AF (1ul << 10)
#define EARLY_CELL_PXN (1ul << 53)
#define EARLY_CELL_UXN (1ul << 54)

static inline u64 early_leaf(paddr_t pa, enum early_prot prot)
{
	u64 cell = pa | EARLY_CELL_PAGE | EARLY_CELL_SH_INNER | EARLY_CELL_AF | EARLY_CELL_UXN;

	if (prot == EARLY_RX || prot == EARLY_RO)
		cell |= EARLY_CELL_RO;
	if (prot != EARLY_RX)
		cell |= EARLY_CELL_PXN;
	if (prot == EARLY_DEV)
		cell |= EARLY_CELL_ATTR_DEVICE;
	return cell;
}

static inline paddr_t early_leaf_pa(u64 cell)
{
	return cell & 0xfffffffff000ul;
}

static inline u64 early_table(paddr_t pa)
{
	return pa | EARLY_CELL_TABLE;
}

/* No effect: the identity page has its own root, in TTBR0. */
static inline void early_join(early_table_t *chain, early_table_t *identity, paddr_t pa)
{
	(void)chain;
	(void)identity;
	(void)pa;
}

/*
 * Invalidate the lines of the table: before it is written with the MMU off (a dirty line would be
 * written back over it), and after (a clean line would hide it from the walker).  ENGINE 6.5.
 */
static inline void early_drop_lines(const void *table, u64 bytes)
{
	const char *p = table, *end = p + bytes;
	u64 ctr, line;

	__asm__("mrs %0, ctr_el0" : "=r"(ctr));
	line = 4ul << (ctr >> 16 & 15);
	/* with the MMU off only a DMB orders a store and the DC of its line (Arm ARM D7.5.9,
	 * "Ordering and completion of data and instruction cache instructions") */
	__asm__ volatile("dmb sy" ::: "memory");
	for (; p < end; p += line)
		__asm__ volatile("dc ivac, %0" ::"r"(p) : "memory");
	/* the invalidation is complete before the next store to, or walk of, the table */
	__asm__ volatile("dsb sy" ::: "memory");
}
