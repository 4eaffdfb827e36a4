/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/sanitize_tables.h - the page tables of each root, with the contents by program order
 * (sanitize.h).
 */
#pragma once
#include <machine/memory.h>
#include <machine/sanitize.h>
#include <mm/pt/taps/sanitize.h>
#include <mm/pt/taps/sanitize_rules.h>

/* A root of one half, with the model's view of its tree. */
struct watched_root {
	struct pt pt;
	struct pt_fmt fmt;
	struct core_root is;
	struct san_geometry g;
	char name[40];
	u64 loaded; /* CPUs */
};

/* A table.  Its entries are those that the model knows; those of an open row are not included. */
struct watched_table {
	struct watched_root *root;
	u64 pa, va; /* va: of the first entry */
	u32 entries;
	u32 next; /* another table in the same frame; 0: none */
	u8 level;
	pte_t *entry;
	u64 *time; /* when the last store to the entry was performed; ~0: not yet */
};

/* Find or add the root of this half and format; NULL: there is no room, or no such format. */
struct watched_root *watched_root_of(const struct core_root *is);
/* Add a table and the tables below it that are not known yet; remove those that are known through
 * it. */
void watched_add(struct watched_root *root, u64 pa, unsigned level, u64 va);
void watched_drop(struct watched_root *root, u64 pa, unsigned level, u64 va);
void watched_drop_all(void);
/* Remove the tables of a root that no CPU uses; those that others lead to are added again. */
void watched_drop_idle(struct watched_root *root);
/* After a drop: add the tables again to which other roots lead, too. */
void watched_rejoin(void);
/* Remove the roots in these frames that no CPU uses. */
void watched_drop_roots(u64 pa, u64 bytes);
struct watched_table *watched_table_at(u64 pa);
u64 watched_lost(void);

static inline u64 watched_va(const struct watched_table *t, u64 entry)
{
	const struct san_geometry *g = &t->root->g;
	u64 va = t->va + (entry << san_shift(g, t->level));
	unsigned bits = san_shift(g, g->levels - 1u) + g->top_bits;

	/* in a root of both halves the upper slots translate the high half */
	return t->root->is.high && va >> (bits - 1) & 1 ? va | ~0ul << (bits - 1) : va;
}

/* A word of memory by program order: with the stores that are still in buffers. */
u64 executed_word(u64 pa);
/* Read memory at an address of a root in the same way; false: the address is not translated. */
bool executed_read(const struct watched_root *root, u64 va, void *to, u64 bytes);
