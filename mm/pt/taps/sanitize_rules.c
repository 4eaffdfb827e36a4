/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/taps/sanitize_rules.c - entries by the manuals; see sanitize_rules.h.
 *
 * [A] D8.3 descriptors: valid 0, table or page 1, AttrIndx 4:2, AP 7:6, SH 9:8, AF 10, nG 11,
 *     address 47:12, GP 50, DBM 51, Contiguous 52, PXN 53, UXN 54, ignored 58:55, PBHA 62:59.
 *     With LPA2 bits 9:8 are address bits 51:50; with 64 KiB pages bits 15:12 are 51:48.
 * [R] Sv39..Sv57: V 0, R 1, W 2, X 3, U 4, G 5, A 6, D 7, RSW 9:8, PPN 53:10, PBMT 62:61, N 63.
 */
#include <lib/string.h>
#include <mm/pt/taps/sanitize_rules.h>

#define BITS(hi, lo) (((2ul << ((hi) - (lo))) - 1) << (lo))

#define A_ATTR BITS(4, 2)
#define A_USER BIT(6)
#define A_RO BIT(7)
#define A_SH BITS(9, 8)
#define A_AF BIT(10)
#define A_NG BIT(11)
#define A_DBM BIT(51)
#define A_CONTIG BIT(52)
#define A_PXN BIT(53)
#define A_UXN BIT(54)
#define A_IGNORED (BITS(58, 55) | BITS(62, 59))

#define R_RWX BITS(3, 1)
#define R_USER BIT(4)
#define R_AD BITS(7, 6)
#define R_PPN BITS(53, 10)
#define R_RSW BITS(9, 8)
#define R_RESERVED BITS(60, 54)
#define R_PBMT BITS(62, 61)
#define R_NAPOT BIT(63)
#define R_NAPOT_PPN BITS(13, 10)
#define R_NAPOT_64K BIT(13) /* PPN[3:0] = 0b1000 */

static const struct page_name {
	const char *prefix;
	u8 family, page_shift;
} page_names[] = {
	{ "arm64-4k-", SAN_ARM, 12 },
	{ "arm64-16k-", SAN_ARM, 14 },
	{ "arm64-64k-", SAN_ARM, 16 },
	{ "riscv-sv", SAN_RISCV, 12 },
};

static unsigned number(const char *text)
{
	unsigned n = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		n = n * 10 + (unsigned)(*text - '0');
	return *text ? 0 : n;
}

/* Each level resolves page_shift - 3 bits, the top one the rest. */
bool san_geometry(const char *format, struct san_geometry *g)
{
	for (unsigned i = 0; i < ARRAY_SIZE(page_names); i++) {
		const struct page_name *p = &page_names[i];
		size_t len = strlen(p->prefix);
		unsigned va = strncmp(format, p->prefix, len) ? 0 : number(format + len), bits, per;

		if (va <= p->page_shift || va > 57)
			continue;
		bits = va - p->page_shift;
		per = p->page_shift - 3u;
		*g = (struct san_geometry) { .family = p->family, .page_shift = p->page_shift };
		g->levels = (u8)((bits + per - 1) / per);
		g->top_bits = (u8)(bits - (g->levels - 1u) * per);
		if (p->family == SAN_ARM)
			g->high = p->page_shift == 16 ? 12 : va == 52 ? 8 : 0;
		return g->levels <= SAN_LEVELS;
	}
	return false;
}

/* [R] Svnapot: a page with PPN[3:0] = 0b1000; other encodings are reserved.  Else the frame of a
 * leaf is aligned to its size. */
static bool riscv_place(const struct san_geometry *g, pte_t v, unsigned level)
{
	if (v & R_NAPOT)
		return !level && (v & R_NAPOT_PPN) == R_NAPOT_64K;
	return is_aligned((v & R_PPN) << 2, san_span(g, level));
}

/* [R] "Virtual Address Translation Process", steps 3 to 6: a walk faults at an entry with V of
 * another form, so that no CPU has it as a translation.  A pointer has no A, D, U, PBMT and N. */
static enum san_kind riscv_kind(const struct san_geometry *g, pte_t v, unsigned level)
{
	if (v & R_RESERVED || (v & 6) == 4 || (v & R_PBMT) == R_PBMT)
		return SAN_NONE;
	if (v & R_RWX)
		return riscv_place(g, v, level) ? SAN_LEAF : SAN_NONE;
	return level && !(v & (R_AD | R_USER | R_PBMT | R_NAPOT)) ? SAN_TABLE : SAN_NONE;
}

enum san_kind san_kind(const struct san_geometry *g, pte_t v, unsigned level)
{
	if (!(v & 1))
		return SAN_NONE;
	if (g->family == SAN_RISCV)
		return riscv_kind(g, v, level);
	if (v & 2)
		return level ? SAN_TABLE : SAN_LEAF;
	return level ? SAN_LEAF : SAN_NONE;
}

pte_t san_address(const struct san_geometry *g)
{
	if (g->family == SAN_RISCV)
		return R_PPN;
	if (g->high == 8)
		return BITS(49, g->page_shift) | BITS(9, 8);
	return BITS(47, g->page_shift) | (g->high == 12 ? BITS(15, 12) : 0);
}

static paddr_t output_address(const struct san_geometry *g, pte_t v)
{
	if (g->family == SAN_RISCV)
		return (v & R_PPN) << 2;
	if (g->high == 8)
		return (v & BITS(49, g->page_shift)) | (v >> 8 & 3) << 50;
	return (v & BITS(47, g->page_shift)) | (g->high == 12 ? (v >> 12 & 15) << 48 : 0);
}

paddr_t san_pa(const struct san_geometry *g, pte_t v, unsigned level, vaddr_t va)
{
	paddr_t pa = output_address(g, v);

	if (san_kind(g, v, level) == SAN_TABLE)
		return pa;
	/* [R] Svnapot: the low four bits of the PPN give the size, the address has those bits. */
	if (g->family == SAN_RISCV && v & R_NAPOT)
		return (pa & ~BITS(15, 12)) | (va & BITS(15, 12));
	return pa & ~(san_span(g, level) - 1);
}

/* [A] D8.7: 16 entries with 4 KiB pages, 128 or 32 with 16 KiB, 32 with 64 KiB.  [R] Svnapot. */
unsigned san_run_bits(const struct san_geometry *g, unsigned level)
{
	if (g->family == SAN_RISCV || g->page_shift == 12)
		return 4;
	return g->page_shift == 14 && !level ? 7 : 5;
}

unsigned san_run(const struct san_geometry *g, pte_t v, unsigned level)
{
	if (san_kind(g, v, level) != SAN_LEAF)
		return 0;
	return v & (g->family == SAN_RISCV ? R_NAPOT : A_CONTIG) ? san_run_bits(g, level) : 0;
}

/*
 * [A] D8.7.1: the entries of a run are consecutive, aligned, and have the same attributes; FEAT_BBM
 * level 1 lets the Contiguous bit change.  [R] Svnapot: the entries of a run are equal; a single
 * one that translates its address to the same page is benign.
 */
bool san_members_differ(const struct san_geometry *g, pte_t v, pte_t w, unsigned level, vaddr_t va,
			unsigned bbm)
{
	u64 run = san_span(g, level) << san_run_bits(g, level);
	pte_t diff = v ^ w, type = A_ATTR | (g->high == 8 ? 0 : A_SH) | (bbm ? 0 : A_CONTIG);

	if (san_kind(g, w, level) != SAN_LEAF)
		return false;
	if (g->family == SAN_RISCV)
		return diff & ~(R_PPN | R_RWX | R_AD | R_RSW | R_NAPOT) ||
		       san_pa(g, v, level, va) != san_pa(g, w, level, va);
	return diff & type ||
	       align_down(san_pa(g, v, level, va), run) + va % run != san_pa(g, w, level, va);
}

/* [A] D8.3: level 0 in the manual's numbers has blocks with LPA2 alone. */
static bool arm_entry(const struct san_geometry *g, pte_t v, unsigned level, unsigned pa_bits)
{
	unsigned blocks = g->page_shift == 12 ? 2 + (g->high == 8) : 1 + (g->high != 0);

	if (v & 2)
		return !(san_pa(g, v, level, 0) >> pa_bits);
	return level && level <= blocks && !(output_address(g, v) >> pa_bits);
}

bool san_is_entry(const struct san_geometry *g, pte_t v, unsigned level, unsigned pa_bits)
{
	if (!(v & 1))
		return true;
	return g->family == SAN_RISCV ? riscv_kind(g, v, level) != SAN_NONE
				      : arm_entry(g, v, level, pa_bits);
}

/* [R] Svnapot: PPN[3:0] of a NAPOT entry, and of the single one for the same page of the run. */
static pte_t riscv_ppn_low(pte_t v, vaddr_t va)
{
	return v & R_NAPOT ? R_NAPOT_64K : va >> 2 & R_NAPOT_PPN;
}

pte_t san_with_frame(const struct san_geometry *g, pte_t v, pte_t like, vaddr_t va)
{
	pte_t address = san_address(g);

	if (g->family == SAN_RISCV && (v ^ like) & R_NAPOT)
		like = (like & ~R_NAPOT_PPN) | riscv_ppn_low(v, va);
	return (v & ~address) | (like & address);
}

bool san_global(const struct san_geometry *g, pte_t v)
{
	return g->family == SAN_RISCV ? v & BIT(5) : !(v & A_NG);
}

/* [A] D8.4: what EL0 may write is never executable at EL1. */
bool san_writes_and_runs(const struct san_geometry *g, pte_t v)
{
	if (g->family == SAN_RISCV)
		return (v & 12) == 12;
	if (v & A_RO)
		return false;
	return v & A_USER ? !(v & A_UXN) : !(v & A_PXN);
}

bool san_alike(const struct san_geometry *g, pte_t a, pte_t b)
{
	return !((a ^ b) & ~(g->family == SAN_RISCV ? R_AD : A_AF | A_RO));
}

bool san_same_rights(const struct san_geometry *g, pte_t a, pte_t b)
{
	pte_t not = g->family == SAN_RISCV ? R_PPN | R_RSW | R_NAPOT
					   : san_address(g) | A_IGNORED | A_CONTIG | 2;

	return !((a ^ b) & ~not );
}

bool san_reaches_leaf(const struct san_geometry *g, unsigned levels, bool walk, unsigned level)
{
	/* [R] a fence for pointers has rs1 = x0 and drops every address. */
	if (g->family == SAN_RISCV && walk)
		return true;
	if (!levels && !walk)
		return true; /* every page */
	return (levels & ((2u << level) - 1)) || (walk && level);
}

/* ---- leaf to leaf ---- */

/* True if the new value lacks a right that the old one grants. */
static bool arm_less(pte_t old, pte_t new)
{
	return ~old & new &(A_RO | A_PXN | A_UXN) || old & ~new &(A_USER | A_AF | A_DBM);
}

static bool read_only(pte_t a, pte_t b)
{
	return a & b & A_RO && !((a | b) & A_DBM);
}

/*
 * [A] D8.17.1 R_WHZWS: a break for another memory type, shareability, Contiguous bit, from
 * non-global to global, and for another output address if one of the two is writable or the frames
 * differ.  FEAT_BBM levels 1 and 2 lift it for the Contiguous bit.
 */
static unsigned arm_leaf(const struct san_geometry *g, pte_t old, pte_t new, unsigned bbm)
{
	pte_t diff = (old ^ new) & ~(A_IGNORED), address = san_address(g);
	pte_t type = A_ATTR | (g->high == 8 ? 0 : A_SH);
	unsigned is = 0;

	if (!diff)
		return 0;
	if (diff & address)
		is |= SAN_STALE | SAN_NEW_LEAF | SAN_NEEDS_BREAK |
		      (read_only(old, new) ? SAN_SAME_FRAME : 0);
	if (diff & type || (diff & A_CONTIG && !bbm) || (diff & old & A_NG))
		is = (is | SAN_STALE | SAN_NEEDS_BREAK) & ~(unsigned)SAN_SAME_FRAME;
	diff &= ~(address | type);
	if (diff & ~(A_RO | A_PXN | A_UXN | A_USER | A_AF | A_DBM) || arm_less(old, new))
		is |= SAN_STALE;
	return is;
}

/*
 * [R] 4.2.1: until the fence a hart may use either value.  Svnapot: a change of N or of a NAPOT
 * entry makes all its entries invalid first, "unless any inconsistencies are known to be benign".
 * They are benign where N alone changes and each entry of both shapes translates its address to the
 * same page: PPN[3:0] is 0b1000 in the run, and in the single entry the bits 15:12 that the run
 * takes from the address.
 */
static bool riscv_reshaped(pte_t old, pte_t new, vaddr_t va)
{
	pte_t diff = old ^ new;

	return diff & R_NAPOT && !(diff & ~(R_NAPOT | R_NAPOT_PPN | R_AD | R_RSW)) &&
	       (old & R_NAPOT_PPN) == riscv_ppn_low(old, va) &&
	       (new &R_NAPOT_PPN) == riscv_ppn_low(new, va);
}

static unsigned riscv_leaf(pte_t old, pte_t new, vaddr_t va)
{
	pte_t diff = (old ^ new) & ~R_RSW;
	unsigned is = diff & R_PPN ? SAN_STALE | SAN_NEW_LEAF : 0;

	if ((old | new) & R_NAPOT && diff & ~R_AD && !riscv_reshaped(old, new, va))
		is |= SAN_STALE | SAN_NEEDS_BREAK;
	if (diff & ~(R_PPN | R_RWX | R_AD) || (old & ~new &(R_RWX | R_AD)))
		is |= SAN_STALE;
	return is;
}

unsigned san_change(const struct san_geometry *g, pte_t old, pte_t new, unsigned level, vaddr_t va,
		    unsigned bbm)
{
	enum san_kind from = san_kind(g, old, level), to = san_kind(g, new, level);
	unsigned is = to == SAN_TABLE ? SAN_NEW_TABLE : 0;

	if (from == SAN_LEAF && to == SAN_LEAF)
		return g->family == SAN_RISCV ? riscv_leaf(old, new, va)
					      : arm_leaf(g, old, new, bbm);
	if (from == SAN_NONE)
		return is | (to == SAN_LEAF ? SAN_NEW_LEAF : 0);
	if (from == SAN_TABLE && to == SAN_TABLE && san_alike(g, old, new))
		return 0;
	is |= from == SAN_TABLE ? SAN_STALE_WALK : SAN_STALE;
	/* [A] R_WHZWS: block to table and back, lifted by level 2; and another next-level table */
	if (g->family == SAN_ARM && to != SAN_NONE && (from == to || bbm < 2))
		is |= SAN_NEEDS_BREAK;
	return is;
}
