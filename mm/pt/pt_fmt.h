/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/pt_fmt.h - a page-table format: geometry as data, encoding as a few pure functions.
 *
 * Level 0 holds pages; the root is level `levels - 1`.  A format knows no instruction: every format
 * is linked into every image and into the host tests.  EMPTY is the all-zero cell in every format.
 * One file a format family in mm/pt/fmt/, registered with PT_FORMAT.
 */
#pragma once
#include <lib/reg.h>
#include <lib/types.h>

#define PT_LEVELS_MAX 5

enum pt_kind {
	PT_EMPTY,   /* zero */
	PT_INVALID, /* not valid but not zero: NOT empty, a table with such a cell is never freed
		       (S0-30) */
	PT_TABLE,
	PT_LEAF,
	PT_RESERVED, /* an encoding the architecture forbids at this level (S0-25) */
};

enum pt_prot {
	PT_R = 1,
	PT_W = 2,
	PT_X = 4,
	PT_USER = 8,
	PT_GLOBAL = 16,
	PT_DEVICE = 32, /* strongly ordered I/O */
	PT_NC = 64,     /* normal, non-cacheable */
};

/* Maintenance that the architecture requires for one old -> new store (ENGINE 4).  It never depends
 * on the address. */
enum pt_duty {
	PT_DUTY_PUBLISH = 1,    /* order the new table's contents before the pointer to it */
	PT_DUTY_BREAK = 2,      /* invalid, invalidate, wait, then new: around the whole run */
	PT_DUTY_VISIBLE = 4,    /* make an empty -> leaf store visible to this CPU's walker */
	PT_DUTY_TLBI = 8,       /* a leaf was removed or weakened */
	PT_DUTY_TLBI_WALK = 16, /* a table was unhooked: walk caches too */
	PT_DUTY_LAZY = 32, /* more rights or invalid -> valid: broadcast now or retry on fault */
	PT_DUTY_PUBLISH_DATA = 64, /* order the data in the frame before the leaf that maps it */
};

/* Duties of the new value after a break.  The invalidation in between completes every earlier store
 * of this CPU, stores to the frame included. */
static inline u32 pt_duty_remade(u32 of_new)
{
	return PT_DUTY_BREAK | (of_new & ~(u32)PT_DUTY_PUBLISH_DATA);
}

/* Capabilities of all CPUs together (intersection), frozen before the first non-boot mapping. */
enum pt_caps {
	PT_CAP_BBM2 = 1, /* no-abort BBM level 2, by an allow-list of CPUs, on all CPUs */
	/* FEAT_ETS2: a walk that faults is ordered after everything that is ordered before its
	   access, so a CPU that was notified of a new entry finds it. */
	PT_CAP_WALK_ORDERED = 2,
	PT_CAP_CONTIG = 4, /* contiguous runs / Svnapot */
	PT_CAP_PBMT = 8,   /* Svpbmt: PT_DEVICE and PT_NC can be expressed */
	/* Svvptc: a new entry is seen within a bounded time without a fence.  A CPU may fault on it
	 * before that, so no duty is waived. */
	PT_CAP_NEW_BOUNDED = 16,
};

struct pt_fmt {
	const char *name; /* family, page size, VA bits: a value of geometry= */
	u8 levels;
	u8 page_shift;
	u8 va_bits;   /* bits translated below the sign */
	u8 half_bits; /* log2 size of the half the kernel owns; base is -(1 << half_bits) */
	u8 pa_bits;
	bool va_signed;               /* the top translated bit is the sign */
	bool pa_linear;               /* leaf(pa + n) == leaf(pa) + n * stride: runs may add */
	u8 pa_window;                 /* else: log2 of the aligned window in which it holds, or 0 */
	u8 bits[PT_LEVELS_MAX];       /* index width by level; a level's shift is the running sum */
	u8 run[PT_LEVELS_MAX];        /* log2 entries of a contiguous run by level, 0 = none */
	u8 leaf_ok;                   /* bitmap of levels that may hold a leaf */
	u8 pbmt_prot;                 /* PT_DEVICE | PT_NC where they need PT_CAP_PBMT */
	pte_t pa_mask[PT_LEVELS_MAX]; /* bits in which leaves of equal attributes may differ */
	enum pt_kind (*kind)(pte_t, unsigned level);
	paddr_t (*next)(pte_t, unsigned level); /* the table a TABLE cell points to, else PA_NONE */
	pte_t (*leaf)(paddr_t, enum pt_prot, unsigned level, unsigned run_shift);
	pte_t (*table)(paddr_t, unsigned level); /* the cell at `level` that points to the table */
	/* leaf: pa of va's page; table: the table */
	paddr_t (*pa)(pte_t, unsigned level, vaddr_t va);
	enum pt_prot (*prot)(pte_t, unsigned level);
	unsigned (*run_shift)(pte_t, unsigned level); /* log2 entries of the run it claims, or 0 */
	u32 (*duty)(pte_t old, pte_t new, unsigned level, u32 caps);
	/*
	 * next() above level 0 as data, for formats where one comparison is enough: a cell is a
	 * TABLE if (v & table_mask) == table_is, and the table is at (v & table_pa) << table_shl.
	 * table_mask is 0 where only next() can tell.
	 */
	pte_t table_mask, table_is, table_pa;
	u8 table_shl;
};

REG_DECLARE(formats, struct pt_fmt);
#define PT_FORMAT(id, object) REGISTER(formats, id, object)

/* By full name or without the family prefix; NULL when unknown. */
const struct pt_fmt *pt_fmt_find(const char *name);

static inline unsigned pt_shift(const struct pt_fmt *f, unsigned level)
{
	unsigned shift = f->page_shift;

	for (unsigned l = 0; l < level; l++)
		shift += f->bits[l];
	return shift;
}

static inline u64 pt_span(const struct pt_fmt *f, unsigned level)
{
	return 1ul << pt_shift(f, level);
}

static inline unsigned pt_entries(const struct pt_fmt *f, unsigned level)
{
	return 1u << f->bits[level];
}

static inline unsigned pt_index(const struct pt_fmt *f, unsigned level, vaddr_t va)
{
	return (unsigned)(va >> pt_shift(f, level)) & (pt_entries(f, level) - 1);
}

static inline u64 pt_page_size(const struct pt_fmt *f)
{
	return 1ul << f->page_shift;
}

static inline bool pt_leaf_ok(const struct pt_fmt *f, unsigned level)
{
	return f->leaf_ok >> level & 1;
}

/* True if the cells of consecutive leaves in [pa, pa + len) differ by one constant stride. */
static inline bool pt_in_step(const struct pt_fmt *f, paddr_t pa, u64 len)
{
	return f->pa_linear || (f->pa_window && !((pa ^ (pa + len - 1)) >> f->pa_window));
}

/* Bytes of a root, and its alignment: a root smaller than a page is aligned to max(64, size). */
static inline u64 pt_root_bytes(const struct pt_fmt *f)
{
	return 8ul << f->bits[f->levels - 1];
}

static inline u64 pt_root_align(const struct pt_fmt *f)
{
	return max_u64(64, pt_root_bytes(f));
}
