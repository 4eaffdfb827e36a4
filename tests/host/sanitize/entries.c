/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * entries.c - what entries mean and what a change of one owes, row by row from the manuals:
 * Arm ARM D8.3 (descriptors), D8.7 (Contiguous bit), D8.17.1 (R_WHZWS); RISC-V Sv39, Svnapot,
 * Svpbmt, 4.2.1.
 */
#include "exact.h"
#include <stdio.h>

#define A0 0x0060000090000f03ul /* page: EL1, writable, not executable, AF, nG, inner shareable */
#define AB 0x0060000090000f01ul /* ... a block */
#define AT 0x0000000080002003ul /* table */
#define A_RO (1ul << 7)
#define A_AF (1ul << 10)
#define A_NG (1ul << 11)
#define A_DBM (1ul << 51)
#define A_C (1ul << 52)
#define A_PXN (1ul << 53)
#define R0 0x00000000240000c7ul /* V R W A D, PPN 0x90000 */
#define RT 0x0000000020000801ul
#define R_N (1ul << 63)
#define R_NAPOT (R0 | R_N | 0x2000)  /* PPN[3:0] = 0b1000: 64 KiB at PPN 0x90000 */
#define R_PAGE(n) (R0 + ((n) << 10)) /* its pages */

enum {
	ST = SAN_STALE,
	WK = SAN_STALE_WALK,
	BR = SAN_NEEDS_BREAK,
	TB = SAN_NEW_TABLE,
	LF = SAN_NEW_LEAF,
	SF = SAN_SAME_FRAME
};

static const struct {
	const char *format;
	pte_t old, new;
	u8 level, bbm, is, page; /* page: VA bits 15:12 */
} changes[] = {
	{ "arm64-4k-39", A0, A0, 0, 0, 0 },
	{ "arm64-4k-39", 0, A0, 0, 0, LF },
	{ "arm64-4k-39", 0, AT, 1, 0, TB },
	{ "arm64-4k-39", 0, 0, 0, 0, 0 },
	{ "arm64-4k-39", A0, 0, 0, 0, ST },
	{ "arm64-4k-39", AT, 0, 1, 0, WK },
	{ "arm64-4k-39", AT, AT, 1, 0, 0 },
	{ "arm64-4k-39", AT, AT + 0x1000, 1, 0, TB | WK | BR },
	{ "arm64-4k-39", AT, AT + 0x1000, 1, 2,
	  TB | WK | BR }, /* another table: no level lifts it */
	{ "arm64-4k-39", AB, AT, 1, 0, TB | ST | BR },
	{ "arm64-4k-39", AB, AT, 1, 1, TB | ST | BR },
	{ "arm64-4k-39", AB, AT, 1, 2, TB | ST },
	{ "arm64-4k-39", AT, AB, 1, 1, WK | BR },
	{ "arm64-4k-39", AT, AB, 1, 2, WK },
	{ "arm64-4k-39", A0, A0 + 0x1000, 0, 2, ST | LF | BR },
	{ "arm64-4k-39", A0 | A_RO, (A0 | A_RO) + 0x1000, 0, 0, ST | LF | BR | SF },
	{ "arm64-4k-39", A0 | A_RO, A0 + 0x1000, 0, 0, ST | LF | BR },
	{ "arm64-4k-39", A0, (A0 | A_RO) + 0x1000, 0, 0, ST | LF | BR },
	{ "arm64-4k-39", A0 | A_RO | A_DBM, (A0 | A_RO) + 0x1000, 0, 0, ST | LF | BR },
	{ "arm64-4k-39", A0 | A_RO, (A0 | A_RO | A_DBM) + 0x1000, 0, 0, ST | LF | BR },
	{ "arm64-4k-39", A0 | A_RO, ((A0 | A_RO) ^ 4) + 0x1000, 0, 0, ST | LF | BR },
	{ "arm64-4k-39", A0, A0 ^ 4, 0, 2, ST | BR },             /* AttrIndx */
	{ "arm64-4k-39", A0, A0 ^ 1ul << 9, 0, 2, ST | BR },      /* SH */
	{ "arm64-4k-52", A0, A0 ^ 1ul << 9, 0, 2, ST | LF | BR }, /* there it is an address bit */
	{ "arm64-4k-39", A0, A0 | A_C, 0, 0, ST | BR },
	{ "arm64-4k-39", A0 | A_C, A0, 0, 1, ST },
	{ "arm64-4k-39", A0, A0 & ~A_NG, 0, 2, ST | BR }, /* to global */
	{ "arm64-4k-39", A0 & ~A_NG, A0, 0, 0, ST },
	{ "arm64-4k-39", A0, A0 | A_RO, 0, 0, ST },
	{ "arm64-4k-39", A0 | A_RO, A0, 0, 0, 0 },
	{ "arm64-4k-39", A0, A0 & ~A_AF, 0, 0, ST },
	{ "arm64-4k-39", A0 & ~A_AF, A0, 0, 0, 0 },
	{ "arm64-4k-39", A0, A0 & ~A_PXN, 0, 0, 0 },
	{ "arm64-4k-39", A0 & ~A_PXN, A0, 0, 0, ST },
	{ "arm64-4k-39", A0, A0 ^ (1ul << 55 | 1ul << 58 | 1ul << 59 | 1ul << 62), 0, 0, 0 },
	{ "arm64-4k-39", A0, A0 ^ 1ul << 50, 0, 0, ST }, /* GP */
	{ "riscv-sv39", R0, R0, 0, 0, 0 },
	{ "riscv-sv39", 0, R0, 0, 0, LF },
	{ "riscv-sv39", 0, RT, 1, 0, TB },
	{ "riscv-sv39", R0, 0, 0, 0, ST },
	{ "riscv-sv39", RT, 0, 1, 0, WK },
	{ "riscv-sv39", RT, RT, 1, 0, 0 },
	{ "riscv-sv39", RT, RT + 0x400, 1, 0, TB | WK },
	{ "riscv-sv39", R0, RT, 1, 0, TB | ST },
	{ "riscv-sv39", RT, R0, 1, 0, WK },
	{ "riscv-sv39", R0, R0 + 0x400, 0, 0, ST | LF },
	{ "riscv-sv39", R0, R0 ^ 4, 0, 0, ST },
	{ "riscv-sv39", R0 ^ 4, R0, 0, 0, 0 },
	{ "riscv-sv39", R0, R0 ^ 128, 0, 0, ST },       /* D */
	{ "riscv-sv39", R0, R0 ^ 256, 0, 0, 0 },        /* RSW */
	{ "riscv-sv39", R0, R0 | 1ul << 61, 0, 0, ST }, /* PBMT */
	{ "riscv-sv39", R0, R_NAPOT, 0, 0, ST | LF },   /* N alone: benign */
	{ "riscv-sv39", R_NAPOT, R0, 0, 0, ST | LF },
	{ "riscv-sv39", R0, (R0 ^ 4) | R_N | 0x2000, 0, 0, ST | LF | BR },
	{ "riscv-sv39", R_NAPOT, R0 ^ 4, 0, 0, ST | LF | BR },
	{ "riscv-sv39", R0, (R0 ^ 1ul << 14) | R_N | 0x2000, 0, 0, ST | LF | BR },
	{ "riscv-sv39", R_NAPOT, R_NAPOT ^ 4, 0, 0, ST | BR },
	{ "riscv-sv39", R_NAPOT ^ 128, R_NAPOT, 0, 0, 0 },
	{ "riscv-sv39", R_PAGE(5), R_NAPOT, 0, 0, ST | LF,
	  5 }, /* Svnapot: the page of its address */
	{ "riscv-sv39", R_NAPOT, R_PAGE(5), 0, 0, ST | LF, 5 },
	{ "riscv-sv39", R_PAGE(8), R_NAPOT, 0, 0, ST, 8 },
	{ "riscv-sv39", R_NAPOT, R_PAGE(15), 0, 0, ST | LF, 15 },
	{ "riscv-sv39", R_PAGE(5), R_NAPOT ^ 256, 0, 0, ST | LF, 5 }, /* and RSW */
	{ "riscv-sv39", R_PAGE(5), R_NAPOT, 0, 0, ST | LF | BR, 4 },  /* another page */
	{ "riscv-sv39", R_NAPOT, R_PAGE(5), 0, 0, ST | LF | BR, 4 },
	{ "riscv-sv39", R_PAGE(8), R_NAPOT, 0, 0, ST | BR, 0 },
	{ "riscv-sv39", R_NAPOT, R_PAGE(8), 0, 0, ST | BR, 0 },
	{ "riscv-sv39", R0, R0 | R_N, 0, 0, ST, 0 }, /* no 0b1000: it is reserved and faults */
	{ "riscv-sv39", R0 | R_N, R0, 0, 0, LF, 0 },
	{ "riscv-sv39", R_PAGE(4), R_PAGE(4) | R_N, 0, 0, ST, 4 },
	{ "riscv-sv39", 0xdf702f133a53f11b, 0x300000e7, 1, 0, LF }, /* noise of RAM */
};

static const struct {
	const char *format;
	pte_t v;
	u8 level, kind, run; /* run: log2 of its entries */
	bool global, wx;
} entries[] = {
	{ "arm64-4k-39", A0, 0, SAN_LEAF, 0, false, false },
	{ "arm64-4k-39", A0 ^ A_NG, 0, SAN_LEAF, 0, true, false },
	{ "arm64-4k-39", A0 & ~A_PXN, 0, SAN_LEAF, 0, false, true },
	{ "arm64-4k-39", (A0 | A_RO) & ~A_PXN, 0, SAN_LEAF, 0, false, false },
	{ "arm64-4k-39", (A0 | 1ul << 6) & ~A_PXN, 0, SAN_LEAF, 0, false, false },
	{ "arm64-4k-39", (A0 | 1ul << 6) & ~(1ul << 54), 0, SAN_LEAF, 0, false, true },
	{ "arm64-4k-39", A0 & ~1ul, 0, SAN_NONE, 0, false, false },
	{ "arm64-4k-39", A0 & ~2ul, 0, SAN_NONE, 0, false, false },
	{ "arm64-4k-39", A0 | A_C, 0, SAN_LEAF, 4, false, false },
	{ "arm64-4k-39", AB | A_C, 1, SAN_LEAF, 4, false, false },
	{ "arm64-4k-39", AT | A_C, 1, SAN_TABLE, 0, true, true },
	{ "arm64-16k-47", A0 | A_C, 0, SAN_LEAF, 7, false, false },
	{ "arm64-16k-47", AB | A_C, 1, SAN_LEAF, 5, false, false },
	{ "arm64-64k-48", A0 | A_C, 0, SAN_LEAF, 5, false, false },
	{ "arm64-64k-48", AB | A_C, 1, SAN_LEAF, 5, false, false },
	{ "riscv-sv39", R0, 0, SAN_LEAF, 0, false, false },
	{ "riscv-sv39", R0 | 32, 1, SAN_LEAF, 0, true, false },
	{ "riscv-sv39", R0 | 8, 0, SAN_LEAF, 0, false, true },
	{ "riscv-sv39", R_NAPOT, 0, SAN_LEAF, 4, false, false },
	{ "riscv-sv39", R0 | R_N, 0, SAN_NONE, 0, false, false },  /* no 0b1000 */
	{ "riscv-sv39", R_NAPOT, 1, SAN_NONE, 0, false, false },   /* N of a large leaf */
	{ "riscv-sv39", R_PAGE(1), 1, SAN_NONE, 0, false, false }, /* not aligned */
	{ "riscv-sv39", R_PAGE(512), 2, SAN_NONE, 0, false, false },
	{ "riscv-sv39", R_PAGE(512), 1, SAN_LEAF, 0, false, false },
	{ "riscv-sv39", R0 ^ 2, 0, SAN_NONE, 0, false, false }, /* W without R */
	{ "riscv-sv39", R0 | 1ul << 54, 0, SAN_NONE, 0, false, false },
	{ "riscv-sv39", R0 | 3ul << 61, 0, SAN_NONE, 0, false, false }, /* PBMT */
	{ "riscv-sv39", R0 | 2ul << 61, 0, SAN_LEAF, 0, false, false },
	{ "riscv-sv39", RT | 64, 1, SAN_NONE, 0, false, false },
	{ "riscv-sv39", RT | 128, 1, SAN_NONE, 0, false, false },
	{ "riscv-sv39", RT | 16, 1, SAN_NONE, 0, false, false },
	{ "riscv-sv39", RT | R_N, 1, SAN_NONE, 0, false, false },
	{ "riscv-sv39", RT | 32, 1, SAN_TABLE, 0, true, false },
	{ "riscv-sv39", RT | 1ul << 61, 1, SAN_NONE, 0, false, false },
	{ "riscv-sv39", RT | 1ul << 60, 1, SAN_NONE, 0, false, false },
	{ "riscv-sv39", RT, 1, SAN_TABLE, 0, false, false },
	{ "riscv-sv39", RT, 0, SAN_NONE, 0, false, false },
};

/* Alike: but for what hardware sets (AF, dirty state).  Rights: of leaves of any level. */
static const struct {
	const char *format;
	pte_t bit; /* the difference */
	bool alike, rights;
} pairs[] = {
	{ "arm64-4k-39", 0, true, true },          { "arm64-4k-39", A_AF, true, false },
	{ "arm64-4k-39", A_RO, true, false },      { "arm64-4k-39", 1ul << 6, false, false },
	{ "arm64-4k-39", 1ul << 12, false, true }, { "arm64-4k-39", 1ul << 55, false, true },
	{ "arm64-4k-39", A_C, false, true },       { "arm64-4k-39", 2, false, true },
	{ "arm64-4k-39", 4, false, false },        { "arm64-4k-39", 128 | 4, false, false },
	{ "riscv-sv39", 64, true, false },         { "riscv-sv39", 128, true, false },
	{ "riscv-sv39", 1ul << 10, false, true },  { "riscv-sv39", 256, false, true },
	{ "riscv-sv39", 4, false, false },         { "riscv-sv39", R_N, false, true },
};

/* VA bits that give levels and bits of the top level; 0: no such format. */
static const struct {
	const char *format;
	u8 levels, top;
} formats[] = {
	{ "arm64-4k-12", 0, 0 },  { "arm64-4k-16", 1, 4 },  { "arm64-4k-40", 4, 1 },
	{ "arm64-16k-14", 0, 0 }, { "arm64-64k-16", 0, 0 }, { "arm64-64k-17", 1, 1 },
	{ "riscv-sv57", 5, 9 },   { "riscv-sv58", 0, 0 },   { "arm64-4k-60", 0, 0 },
	{ "riscv-sv", 0, 0 },
};

static struct san_geometry of(const char *format)
{
	struct san_geometry g = { 0 };

	san_geometry(format, &g);
	return g;
}

static unsigned wrong(const char *what, const char *format, unsigned row)
{
	printf("not ok: %s, %s, row %u\n", what, format, row);
	return 1;
}

static unsigned check_changes(void)
{
	unsigned failures = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(changes); i++) {
		struct san_geometry g = of(changes[i].format);

		if (san_change(&g, changes[i].old, changes[i].new, changes[i].level,
			       (vaddr_t)changes[i].page << 12, changes[i].bbm) != changes[i].is)
			failures += wrong("a change", changes[i].format, i);
	}
	return failures;
}

static unsigned check_entries(void)
{
	unsigned failures = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(entries); i++) {
		struct san_geometry g = of(entries[i].format);
		pte_t v = entries[i].v;

		if (san_kind(&g, v, entries[i].level) != entries[i].kind ||
		    san_run(&g, v, entries[i].level) != entries[i].run ||
		    san_global(&g, v) != entries[i].global ||
		    san_writes_and_runs(&g, v) != entries[i].wx)
			failures += wrong("an entry", entries[i].format, i);
	}
	return failures;
}

static unsigned check_pairs(void)
{
	unsigned failures = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(pairs); i++) {
		struct san_geometry g = of(pairs[i].format);
		pte_t v = g.family == SAN_ARM ? A0 : R0;

		if (san_alike(&g, v, v ^ pairs[i].bit) != pairs[i].alike ||
		    san_alike(&g, v ^ pairs[i].bit, v) != pairs[i].alike ||
		    san_same_rights(&g, v, v ^ pairs[i].bit) != pairs[i].rights)
			failures += wrong("two entries", pairs[i].format, i);
	}
	return failures;
}

static unsigned check_formats(void)
{
	unsigned failures = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(formats); i++) {
		struct san_geometry g = { 0 };
		bool known = san_geometry(formats[i].format, &g);

		if (known != (formats[i].levels != 0) ||
		    (known && (g.levels != formats[i].levels || g.top_bits != formats[i].top)))
			failures += wrong("a format", formats[i].format, i);
	}
	return failures;
}

/* ---- geometries and addresses, as the manuals' figures have them ---- */

static const struct {
	const char *name;
	u8 levels, page_shift, top_bits;
	u8 level;      /* of the leaf below */
	pte_t leaf;    /* an entry ... */
	paddr_t frame; /* ... and the frame that it shows for VA 0 */
	pte_t address; /* the bits of an entry that hold the frame's */
} figures[] = {
	{ "arm64-4k-39", 3, 12, 9, 0, 0x0000123456789703, 0x0000123456789000, 0x0000fffffffff000 },
	{ "arm64-4k-48", 4, 12, 9, 1, 0x0000123456600701, 0x0000123456600000, 0x0000fffffffff000 },
	{ "arm64-4k-52", 5, 12, 4, 0, 0x0003fffffffff603, 0x000bfffffffff000,
	  0x0003fffffffff300 }, /* 9:8 are 51:50 */
	{ "arm64-16k-36", 2, 14, 11, 1, 0x0000123456000701, 0x0000123456000000,
	  0x0000ffffffffc000 },
	{ "arm64-16k-47", 3, 14, 11, 0, 0x0000123456784703, 0x0000123456784000,
	  0x0000ffffffffc000 },
	{ "arm64-16k-48", 4, 14, 1, 0, 0x0000123456784703, 0x0000123456784000, 0x0000ffffffffc000 },
	{ "arm64-16k-52", 4, 14, 5, 0, 0x0000000000004503, 0x0004000000004000, 0x0003ffffffffc300 },
	{ "arm64-64k-42", 2, 16, 13, 0, 0x0000123456780703, 0x0000123456780000,
	  0x0000fffffffff000 },
	{ "arm64-64k-48", 3, 16, 6, 1, 0x0000123440000701, 0x0000123440000000, 0x0000fffffffff000 },
	{ "arm64-64k-52", 3, 16, 10, 0, 0x000012345678a703, 0x000a123456780000,
	  0x0000fffffffff000 }, /* 15:12 */
	{ "riscv-sv39", 3, 12, 9, 0, 0x0000123456789ccf, 0x48d159e27000, 0x003ffffffffffc00 },
	{ "riscv-sv48", 4, 12, 9, 1, 0x00000000200800cf, 0x80200000, 0x003ffffffffffc00 },
	{ "riscv-sv57", 5, 12, 9, 0, 0x80000000200020cf, 0x80000000,
	  0x003ffffffffffc00 }, /* NAPOT: VA has 15:12 */
};

static unsigned check_figures(void)
{
	struct san_geometry g;
	unsigned failures = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(figures); i++) {
		bool known = san_geometry(figures[i].name, &g);
		paddr_t pa = known ? san_pa(&g, figures[i].leaf, figures[i].level, 0) : 0;

		if (!known || g.levels != figures[i].levels ||
		    g.page_shift != figures[i].page_shift || g.top_bits != figures[i].top_bits ||
		    pa != figures[i].frame || san_address(&g) != figures[i].address)
			failures += wrong("a figure", figures[i].name, i);
	}
	/* '/' and ':' are the neighbours of the digits. */
	if (san_geometry("fake-3", &g) || san_geometry("frag-2k", &g) ||
	    san_geometry("arm64-4k-4/", &g) || san_geometry("riscv-sv3:", &g))
		failures += wrong("a format without rules", "fake-3", 0);
	return failures;
}

unsigned entry_failures(void)
{
	return check_changes() + check_entries() + check_pairs() + check_formats() +
	       check_figures();
}
