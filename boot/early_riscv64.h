/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/early_riscv64.h - cells of the trampoline page table (privileged spec, "Sv39 page table
 * entry").
 *
 * One chain of tables serves every mode: its level-2 table is a valid Sv39 root, level 3 a Sv48
 * root, level 4 a Sv57 root, because IMAGE_VA is canonical in all three.  A and D are set, so that
 * no hart writes a cell, or raises a page fault on it (Svade).
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
	/* the PMA makes a device strongly ordered; Svpbmt could only weaken or repeat that */
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
 * One root serves both halves: the root of each mode gets the identity page, if the address is in
 * the lower half of that mode.  A root is also a table of the next deeper mode, which maps the page
 * a second time, at an address that is not used.
 */
static inline void early_join(early_table_t *chain, early_table_t *identity, paddr_t pa)
{
	for (unsigned l = 2; l < EARLY_LEVELS; l++)
		if (!(pa >> (20 + 9 * l)))
			chain[l][pa >> (12 + 9 * l) & (EARLY_CELLS - 1)] =
				early_table((paddr_t)(uintptr_t)identity[l - 1]);
}

/* No effect: in the privileged spec a hart's stores never bypass its caches. */
static inline void early_drop_lines(const void *table, u64 bytes)
{
	(void)table;
	(void)bytes;
}
