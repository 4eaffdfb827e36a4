/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/tlb_ops.c - the TLBI instructions by VA and for all, and the barriers around them (see
 * arch/arm64/tlb.h).  The operand has VA[55:12] in bits 43:0 for every granule.
 */
#include <arch/insn.h>
#include <errata.h>
#include <mm/pt/pt.h>
#include <tlb.h>

#define TLBI_OP(name, text)                                                                        \
	static void name(u64 operand, u64 n, u64 step)                                             \
	{                                                                                          \
		for (; n; n--, operand += step)                                                    \
			insn_on("tlbi " text ", %0", operand);                                     \
	}

TLBI_OP(vaae1is, "vaae1is")
TLBI_OP(vaale1is, "vaale1is")
TLBI_OP(vae1is, "vae1is")
TLBI_OP(vale1is, "vale1is")
TLBI_OP(vaae1, "vaae1")
TLBI_OP(vaale1, "vaale1")
TLBI_OP(vae1, "vae1")
TLBI_OP(vale1, "vale1")
TLBI_OP(aside1is, "aside1is")
TLBI_OP(aside1, "aside1")

static void vmalle1is(u64 operand, u64 n, u64 step)
{
	(void)operand, (void)n, (void)step;
	insn("tlbi vmalle1is");
}

static void vmalle1(u64 operand, u64 n, u64 step)
{
	(void)operand, (void)n, (void)step;
	insn("tlbi vmalle1");
}

/* n operations, their operands `step` apart; those for everything are executed once. */
typedef void tlbi_fn(u64 operand, u64 n, u64 step);

/* [local][global][walk] and [local][global] */
static tlbi_fn *const by_va[2][2][2] = {
	{ { vale1is, vae1is }, { vaale1is, vaae1is } },
	{ { vale1, vae1 }, { vaale1, vaae1 } },
};
static tlbi_fn *const all[2][2] = { { aside1is, vmalle1is }, { aside1, vmalle1 } };

/*
 * One operation per leaf.  If a table was unhooked, at least one per span of a level-0 table, since
 * a cached entry may point directly to any lowest table below the one that was unhooked.
 */
static u64 stride_of(const struct pt_inval *req, const struct pt_fmt *fmt)
{
	u64 table = pt_span(fmt, 1);
	u64 leaf = req->levels ? pt_span(fmt, (unsigned)__builtin_ctz(req->levels)) : table;

	return req->walk ? min_u64(leaf, table) : leaf;
}

u32 tlbi_each(const struct pt_inval *req, vaddr_t lo, u64 n, u64 stride, bool local)
{
	tlbi_fn *op = by_va[local][req->global][req->walk];
	u64 asid = req->global ? 0 : req->asid, operand = (lo >> 12 & (BIT(44) - 1)) | asid << 48;

	/* no carry into bit 44 of the operand: no range extends beyond the top of the address
	 * space */
	op(operand, n, stride >> 12);
	return (u32)n;
}

u32 tlbi_all(const struct pt_inval *req, bool local)
{
	all[local][req->global](req->global ? 0 : (u64)req->asid << 48, 1, 0);
	return 1;
}

u32 tlbi_by_va(const struct pt_inval *req, const struct pt_fmt *fmt, bool local, u32 max_ops)
{
	u64 stride = stride_of(req, fmt);
	vaddr_t lo = align_down(req->lo, stride), last = (req->hi - 1) | (stride - 1);
	u64 n = ((last - lo) / stride) + 1;

	return n > max_ops ? tlbi_all(req, local) : tlbi_each(req, lo, n, stride, local);
}

/* Unshown (dsb): only a CPU with an erratum of TLBI completion executes it. */
u32 tlbi_repeat(void)
{
	if (!errata_repeat_tlbi())
		return 0;
	insn("dsb ish"); /* the earlier operations complete first */
	vale1is(0, 1, 0);
	return 1;
}

void tlbi_sync(void)
{
	/* stores to the tables are visible to every walker before the invalidation starts */
	insn("dsb ishst");
}

void tlbi_wait(void)
{
	/* every CPU has dropped the entries, and accesses made through them are complete */
	insn("dsb ish");
}

/*
 * Unshown (isb): the mutant insn-tlbi-without-isb (tests/mutants/image.txt) shows it:
 * tlb.profile_forbidden fails by seeds 1 to 3, because this machine translates ahead of a CPU's own
 * TLBI.
 */
void tlbi_ctx(void)
{
	/* this CPU drops instructions fetched through the old translation */
	insn("isb");
}
