/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/early_riscv64.h - cells of the trampoline page table (privileged spec, "Sv39 page table
 * entry").
 *
 * One chain of tables serves every depth: its level-2 table is a valid Sv39 root, level 3 a Sv48
 * root, level 4 a Sv57 root, because IMAGE_VA is canonical in all three.  A and D are preset, so
 * that no hart needs to write a cell (Svade) or can fault on one.
 */
#pragma once
#include <boot/early.h>

#define EARLY_LEVELS 5 /* Sv57 */

_Static_assert(offsetof(struct early_roots, root_by_level) == 16, "EARLY_ROOT_BY_LEVEL");

#define EARLY_CELL_V (1ul << 0)
#define EARLY_CELL_R (1ul << 1)
#define EARLY_CELL_W (1ul << 2)
#define EARLY_CELL_X (1ul << 3)
#define EARLY_CELL_A (1ul << 6)
#define EARLY_CELL_D (1ul << 7)

static inline u64 early_leaf(paddr_t pa, enum early_prot prot)
{
	u64 cell = (pa >> 12) << 10 | EARLY_CELL_V | EARLY_CELL_R | EARLY_CELL_A | EARLY_CELL_D;

	if (prot == EARLY_RX)
		cell |= EARLY_CELL_X;
	/* A device's strong ordering comes from its PMA; Svpbmt only ever weakens or repeats it. */
	if (prot == EARLY_RW || prot == EARLY_DEV)
		cell |= EARLY_CELL_W;
	return cell;
}

static inline paddr_t early_leaf_pa(u64 cell)
{
	return (cell << 10 >> 20) << 12; /* PPN: bits 53 to 10 */
}

/* R = W = X = 0 is a pointer; A, D and U must be clear in it. */
static inline u64 early_table(paddr_t pa)
{
	return (pa >> 12) << 10 | EARLY_CELL_V;
}

/*
 * One root serves both halves: the root of each depth gets the identity page, if the lower half of
 * that depth reaches its address.  As a root is also a table of the next depth, the page is mapped
 * there a second time, at an address that is not used.
 */
static inline void early_join(early_table_t *chain, early_table_t *identity, paddr_t pa)
{
	for (unsigned l = 2; l < EARLY_LEVELS; l++)
		if (!(pa >> (20 + 9 * l)))
			chain[l][pa >> (12 + 9 * l) & (EARLY_CELLS - 1)] =
				early_table((paddr_t)(uintptr_t)identity[l - 1]);
}

/* Nothing to do: the spec knows no state in which a hart's own stores bypass its caches. */
static inline void early_drop_lines(const void *table, u64 bytes)
{
	(void)table;
	(void)bytes;
}
