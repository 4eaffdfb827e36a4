/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/sanitize_tables.h - tables that roots lead to, as program order has them (sanitize.h).
 */
#pragma once
#include <machine/memory.h>
#include <machine/sanitize.h>
#include <mm/pt/taps/sanitize.h>
#include <mm/pt/taps/sanitize_rules.h>

/* A root of one half, with what the model wants to see of a tree. */
struct watched_root {
	struct pt pt;
	struct pt_fmt fmt;
	struct core_root is;
	struct san_geometry g;
	char name[40];
	u64 loaded; /* CPUs */
};

/* A table.  Its entries are those that the model knows: a row that goes on is not among them. */
struct watched_table {
	struct watched_root *root;
	u64 pa, va; /* va: of the first entry */
	u32 entries;
	u8 level;
	pte_t *entry;
	u64 *time; /* when the last store to the entry was visible; ~0: not yet */
};

/* The root, of this half and format; a new one if need be, NULL: there is no room, or no such
 * format. */
struct watched_root *watched_root_of(const struct core_root *is);
/* A table and all that it leads to: those that are not known yet; those that are known by it. */
void watched_add(struct watched_root *root, u64 pa, unsigned level, u64 va);
void watched_drop(struct watched_root *root, u64 pa, unsigned level, u64 va);
void watched_drop_all(void);
/* After a drop: what other roots lead to as well, by a slot of their own. */
void watched_join(void);
/* Roots in these frames, of which nothing is in use any more. */
void watched_roots_gone(u64 pa, u64 bytes);
struct watched_table *watched_table_at(u64 pa);
u64 watched_lost(void);

static inline u64 watched_va(const struct watched_table *t, u64 entry)
{
	const struct san_geometry *g = &t->root->g;
	u64 va = t->va + (entry << san_shift(g, t->level));
	unsigned bits = san_shift(g, g->levels - 1u) + g->top_bits;

	/* of a root of both halves the upper slots are the high half */
	return t->root->is.high && va >> (bits - 1) & 1 ? va | ~0ul << (bits - 1) : va;
}

/* A word of memory as program order has it: stores in buffers are done. */
u64 executed_word(u64 pa);
/* The same of words at an address of a root; false: it is not translated. */
bool executed_read(const struct watched_root *root, u64 va, void *to, u64 bytes);
