/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/taps/sanitize_rules.h - the meaning of an entry, and the maintenance that a change of it
 * requires, from the manuals.
 *
 * Shared with no code of the engine: geometries are computed from the name of the format, and
 * levels count from 0, the pages, as in events.
 */
#pragma once
#include <lib/types.h>

#define SAN_LEVELS 5

enum san_family { SAN_ARM, SAN_RISCV };

struct san_geometry {
	u8 family; /* enum san_family */
	u8 levels, page_shift, top_bits;
	u8 high; /* lowest bit of the address bits above 48: 0 none, 8 LPA2, 12 pages of 64 KiB */
};

enum san_kind { SAN_NONE, SAN_TABLE, SAN_LEAF };

enum san_change {
	SAN_STALE = 1,       /* a copy of the old leaf may do harm */
	SAN_STALE_WALK = 2,  /* ... of the old pointer */
	SAN_NEEDS_BREAK = 4, /* old and new may not be held at once */
	SAN_NEW_TABLE = 8,
	SAN_NEW_LEAF = 16,   /* maps a frame that no entry here mapped before */
	SAN_SAME_FRAME = 32, /* needs the break only if the two frames differ (both read-only) */
};

/* False: the model has no rules for this format. */
bool san_geometry(const char *format, struct san_geometry *);

static inline unsigned san_shift(const struct san_geometry *g, unsigned level)
{
	return g->page_shift + level * (g->page_shift - 3u);
}

static inline u64 san_span(const struct san_geometry *g, unsigned level)
{
	return 1ul << san_shift(g, level);
}

static inline unsigned san_entries(const struct san_geometry *g, unsigned level)
{
	return 1u << (level + 1u == g->levels ? g->top_bits : g->page_shift - 3u);
}

static inline u64 san_index(const struct san_geometry *g, unsigned level, vaddr_t va)
{
	return va >> san_shift(g, level) & (san_entries(g, level) - 1);
}

enum san_kind san_kind(const struct san_geometry *, pte_t, unsigned level);
/* The frame of va's entry, or the table that it points to. */
paddr_t san_pa(const struct san_geometry *, pte_t, unsigned level, vaddr_t va);
/* SAN_* bits of a change of va's entry.  bbm: FEAT_BBM level of all CPUs without conflict aborts.
 */
unsigned san_change(const struct san_geometry *, pte_t old, pte_t new, unsigned level, vaddr_t va,
		    unsigned bbm);
/* The leaf `v` with the frame to which the leaf `like` translates va. */
pte_t san_with_frame(const struct san_geometry *, pte_t v, pte_t like, vaddr_t va);
/* Log2 of the entries of the contiguous run that this leaf claims; 0: none. */
unsigned san_run(const struct san_geometry *, pte_t, unsigned level);
/* The same for a leaf of that level that claims one. */
unsigned san_run_bits(const struct san_geometry *, unsigned level);
/* True if `w` of va is a leaf that does not translate va as `v`, a member of the same run, does;
 * rights apart. */
bool san_members_differ(const struct san_geometry *, pte_t v, pte_t w, unsigned level, vaddr_t va,
			unsigned bbm);
/* False: a valid word that is not an entry of this level: a reserved encoding, or an address of
 * more than pa_bits bits. */
bool san_is_entry(const struct san_geometry *, pte_t, unsigned level, unsigned pa_bits);
pte_t san_address(const struct san_geometry *); /* mask of the address bits of an entry */
bool san_global(const struct san_geometry *, pte_t);
/* True if two leaves, perhaps of different levels, have the same rights and type. */
bool san_same_rights(const struct san_geometry *, pte_t, pte_t);
bool san_writes_and_runs(const struct san_geometry *, pte_t);
/* True if they differ only in bits that hardware updates. */
bool san_alike(const struct san_geometry *, pte_t, pte_t);
/* True if a request for these leaf levels reaches each leaf of `level`, or every address in smaller
 * steps.  [A] an operation by VA drops only the entries that translate that address. */
bool san_reaches_leaf(const struct san_geometry *, unsigned levels, bool walk, unsigned level);
