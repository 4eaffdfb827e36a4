/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/fmt/riscv.c - Sv39, Sv48, Sv57 with Svnapot and Svpbmt: encodings and duties.
 *
 * RISC-V privileged architecture, "Supervisor-Level ISA": the fence instruction and Sv39..Sv57
 * (4.2.1, 4.3.2, 4.4-4.6 of version 20211203), "Svnapot", "Svpbmt", "Svvptc".  The three differ
 * only in depth; a mode is one row at the end.  No privileged instruction and no state, so every
 * image and the host tests link this file.
 */
#include <mm/pt/pt_fmt.h>

enum {
	P_V = 1 << 0,
	P_R = 1 << 1,
	P_W = 1 << 2,
	P_X = 1 << 3,
	P_U = 1 << 4,
	P_G = 1 << 5,
	P_A = 1 << 6,
	P_D = 1 << 7,
	P_RSW = 3 << 8,
	P_RWX = P_R | P_W | P_X,
};

#define P_PPN (BIT(54) - BIT(10))
#define P_RESERVED (BIT(61) - BIT(54))
#define P_PBMT (3ul << 61)
#define PBMT_NC (1ul << 61)
#define PBMT_IO (2ul << 61)
#define P_N BIT(63)
#define NAPOT_SHIFT 4
#define NAPOT_PPN (8ul << 10) /* PPN[3:0] = 0b1000: the only size Svnapot defines */
#define NAPOT_MASK (15ul << 10)

static bool is_table_cell(pte_t v, unsigned level)
{
	return level && (v & (P_V | P_RWX)) == P_V;
}

static u64 span(unsigned level)
{
	return 1ul << (12 + 9 * level);
}

/* A table entry with A, D, U, N, PBMT or a reserved bit faults; G is legal there. */
#define P_NOT_IN_TABLE (P_A | P_D | P_U | P_N | P_PBMT | P_RESERVED)

static bool table_legal(pte_t v, unsigned level)
{
	return level && !(v & P_NOT_IN_TABLE);
}

static bool leaf_legal(pte_t v, unsigned level)
{
	if ((v & (P_R | P_W)) == P_W || v & P_RESERVED || (v & P_PBMT) == P_PBMT)
		return false;
	if (v & P_N)
		return level == 0 && (v & NAPOT_MASK) == NAPOT_PPN;
	return is_aligned((v & P_PPN) << 2, span(level)); /* misaligned superpage */
}

static enum pt_kind kind(pte_t v, unsigned level)
{
	if (!(v & P_V))
		return v ? PT_INVALID : PT_EMPTY;
	if (v & P_RWX)
		return leaf_legal(v, level) ? PT_LEAF : PT_RESERVED;
	return table_legal(v, level) ? PT_TABLE : PT_RESERVED;
}

static paddr_t next_of(pte_t v, unsigned level)
{
	return is_table_cell(v, level) && table_legal(v, level) ? (v & P_PPN) << 2 : PA_NONE;
}

static pte_t table_of(paddr_t pa, unsigned level)
{
	(void)level;
	return pa >> 2 | P_V;
}

/* W without R is reserved, so W implies R.  A and D are preset: no hardware update is needed. */
static pte_t leaf_of(paddr_t pa, enum pt_prot prot, unsigned level, unsigned run_shift)
{
	pte_t v = pa >> 2 | P_V | P_A | P_D;

	(void)level;
	v |= prot & PT_W ? P_R | P_W : prot & PT_R ? P_R : 0;
	v |= prot & PT_X ? P_X : 0;
	v |= v & P_RWX ? 0 : P_R;
	v |= prot & PT_USER ? P_U : 0;
	v |= prot & PT_GLOBAL ? P_G : 0;
	v |= prot & PT_DEVICE ? PBMT_IO : prot & PT_NC ? PBMT_NC : 0;
	if (run_shift)
		v = (v & ~NAPOT_MASK) | NAPOT_PPN | P_N;
	return v;
}

static paddr_t pa_of(pte_t v, unsigned level, vaddr_t va)
{
	paddr_t pa = (v & P_PPN) << 2;
	u64 size = v & P_N ? span(0) << NAPOT_SHIFT : span(level);

	if (!(v & P_RWX))
		return pa;
	return align_down(pa, size) | (va & (size - 1) & ~(span(0) - 1));
}

static enum pt_prot prot_of(pte_t v, unsigned level)
{
	unsigned prot = 0;

	(void)level;
	prot |= v & P_R ? PT_R : 0;
	prot |= v & P_W ? PT_W : 0;
	prot |= v & P_X ? PT_X : 0;
	prot |= v & P_U ? PT_USER : 0;
	prot |= v & P_G ? PT_GLOBAL : 0;
	prot |= (v & P_PBMT) == PBMT_IO ? PT_DEVICE : 0;
	prot |= (v & P_PBMT) == PBMT_NC ? PT_NC : 0;
	return prot;
}

static unsigned run_shift_of(pte_t v, unsigned level)
{
	return !level && v & P_N ? NAPOT_SHIFT : 0;
}

/* ---- duties: docs/PAGETABLES.md, rows R1..R12 ---- */

/* A hart may fault on a new entry: it may have cached the V=0 entry, and Svvptc only bounds the
 * time. */
static u32 duty_new(pte_t new, unsigned level)
{
	if (!(new &P_V))
		return 0; /* R1 */
	if (is_table_cell(new, level))
		return PT_DUTY_LAZY | PT_DUTY_PUBLISH;                /* R3 */
	return PT_DUTY_LAZY | PT_DUTY_PUBLISH_DATA | PT_DUTY_VISIBLE; /* R2, R2b */
}

#define P_GIVE (P_RWX | P_A | P_D)

/*
 * True if N alone changes in the first member of a run, whose single leaf has PPN[3:0] = 0.  Then
 * all members of both shapes translate alike, so the inconsistency is benign ("Svnapot").
 */
static bool run_reshaped(pte_t old, pte_t new)
{
	pte_t single = old & P_N ? new : old;

	return (old ^ new) & P_N && !(single & NAPOT_MASK) &&
	       !((old ^ new) & ~(pte_t)(P_N | NAPOT_MASK | P_RSW));
}

static u32 duty_leaf(pte_t old, pte_t new, unsigned level)
{
	pte_t diff = (old ^ new) & ~(pte_t)P_RSW;

	if (!diff)
		return 0; /* R12 */
	if (run_reshaped(old, new))
		return PT_DUTY_TLBI; /* R8b */
	if ((old | new) & P_N && diff & ~(pte_t)(P_A | P_D))
		return pt_duty_remade(duty_new(new, level)); /* R8 */
	if (diff & P_PPN)
		return PT_DUTY_TLBI | PT_DUTY_PUBLISH_DATA; /* R6 */
	if (diff & ~(pte_t)P_GIVE || old & diff & P_GIVE)
		return PT_DUTY_TLBI; /* R7, R9: type, U, G, or fewer rights */
	return PT_DUTY_LAZY;         /* R10 */
}

static u32 duty(pte_t old, pte_t new, unsigned level, u32 caps)
{
	bool from = is_table_cell(old, level), to = is_table_cell(new, level);

	(void)caps; /* no capability changes the duties */
	if (!(old & P_V))
		return duty_new(new, level);
	if (!(new &P_V))
		return from ? PT_DUTY_TLBI_WALK : PT_DUTY_TLBI; /* R4, R5 */
	if (old == new)
		return 0;
	if (!from && !to)
		return duty_leaf(old, new, level);
	/* R11: no break is required: the hart may use entries of either shape until the fence */
	return (to ? PT_DUTY_PUBLISH : 0) | (from ? 0 : PT_DUTY_TLBI) | PT_DUTY_TLBI_WALK;
}

/* ---- modes ---- */

#define MODE(id, text, depth, leaves)                                                              \
	static const struct pt_fmt id = {                                                          \
		.name = text,                                                                      \
		.levels = depth,                                                                   \
		.page_shift = 12,                                                                  \
		.va_bits = 12 + 9 * (depth),                                                       \
		.half_bits = 11 + 9 * (depth),                                                     \
		.pa_bits = 56,                                                                     \
		.va_signed = true,                                                                 \
		.pa_linear = true,                                                                 \
		.bits = { 9, 9, 9, (depth) > 3 ? 9 : 0, (depth) > 4 ? 9 : 0 },                     \
		.run = { NAPOT_SHIFT },                                                            \
		.leaf_ok = leaves,                                                                 \
		.pbmt_prot = PT_DEVICE | PT_NC,                                                    \
		.pa_mask = { BIT(54) - BIT(10), BIT(54) - BIT(19), BIT(54) - BIT(28),              \
			     BIT(54) - BIT(37), BIT(54) - BIT(46) },                               \
		.kind = kind,                                                                      \
		.next = next_of,                                                                   \
		.leaf = leaf_of,                                                                   \
		.table = table_of,                                                                 \
		.pa = pa_of,                                                                       \
		.prot = prot_of,                                                                   \
		.run_shift = run_shift_of,                                                         \
		.duty = duty,                                                                      \
		.table_mask = P_V | P_RWX | P_NOT_IN_TABLE,                                        \
		.table_is = P_V,                                                                   \
		.table_pa = P_PPN,                                                                 \
		.table_shl = 2,                                                                    \
	};                                                                                         \
	PT_FORMAT(id, id)

MODE(riscv_sv39, "riscv-sv39", 3, 7);
MODE(riscv_sv48, "riscv-sv48", 4, 15);
MODE(riscv_sv57, "riscv-sv57", 5, 31);
