// SPDX-License-Identifier: BSD-2-Clause
/*
 * arch/arm64/tlb_bcast.c - tlb=bcast: TLBI by VA, broadcast to the inner shareable domain.
 *
 * Which operation (Arm ARM D8, "TLB maintenance instructions"): the last-level forms (VALE, VAALE)
 * leave cached table entries alone, so they serve only when no table was unhooked; the others drop
 * every cached entry that a walk for the VA would use.  Kernel leaves are global, and only the
 * all-ASID forms (VAA) reach entries of every ASID.  The operand has VA[55:12] in bits 43:0 for
 * every granule.
 */
#include <arch/arch.h>
#include <errata.h>
#include <kern/cpu.h>
#include <mm/policy.h>

#define TLBI_OP(name, insn)                                                                        \
	static void name(u64 operand)                                                              \
	{                                                                                          \
		__asm__ volatile("tlbi " insn ", %0" ::"r"(operand) : "memory");                   \
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

static void vmalle1is(u64 operand)
{
	(void)operand;
	__asm__ volatile("tlbi vmalle1is" ::: "memory");
}

static void vmalle1(u64 operand)
{
	(void)operand;
	__asm__ volatile("tlbi vmalle1" ::: "memory");
}

typedef void tlbi_fn(u64 operand);

/* [local][global][walk] and [local][global] */
static tlbi_fn *const by_va[2][2][2] = {
	{ { vale1is, vae1is }, { vaale1is, vaae1is } },
	{ { vale1, vae1 }, { vaale1, vaae1 } },
};
static tlbi_fn *const all[2][2] = { { aside1is, vmalle1is }, { aside1, vmalle1 } };

/*
 * One operation per leaf; where a table was unhooked at least one per level-0 table's span, since
 * a cached entry may lead straight to any lowest table below the one that was unhooked.
 */
static u64 stride_of(const struct pt_inval *req, const struct pt_fmt *fmt)
{
	u64 table = pt_span(fmt, 1);
	u64 leaf = req->levels ? pt_span(fmt, (unsigned)__builtin_ctz(req->levels)) : table;

	return req->walk ? min_u64(leaf, table) : leaf;
}

static u32 range(tlbi_fn *op, vaddr_t lo, u64 n, u64 stride, u64 asid)
{
	u64 operand = (lo >> 12 & (BIT(44) - 1)) | asid << 48;

	/* the field has no carry into bit 44: a kernel VA ends at the top at the latest */
	for (u64 i = 0; i < n; i++, operand += stride >> 12)
		op(operand);
	return (u32)n;
}

/* Errata of completion: one more broadcast TLBI after the first is complete (errata.c). */
static u32 repeat(void)
{
	if (!errata_repeat_tlbi())
		return 0;
	__asm__ volatile("dsb ish" ::: "memory"); /* the operations above complete first */
	vale1is(0);
	return 1;
}

static u32 issue(const struct pt_inval *req, const struct pt_fmt *fmt, cpumask_t cpus, u32 max_ops)
{
	bool local = cpus == cpu_bit(this_cpu()->nr);
	u64 asid = req->global ? 0 : req->asid, stride = stride_of(req, fmt);
	vaddr_t lo = align_down(req->lo, stride), last = (req->hi - 1) | (stride - 1);
	u64 n = ((last - lo) / stride) + 1;
	u32 ops = 1;

	if (n > max_ops)
		all[local][req->global](asid << 48);
	else
		ops = range(by_va[local][req->global][req->walk], lo, n, stride, asid);
	return ops + (local ? 0 : repeat());
}

static void sync(void)
{
	/* stores to the tables are visible to every walker before the invalidation starts */
	__asm__ volatile("dsb ishst" ::: "memory");
}

static void wait(void)
{
	/* every CPU has dropped the entries, and accesses made through them are complete */
	__asm__ volatile("dsb ish" ::: "memory");
}

static void ctx(void)
{
	/* this CPU refetches what it prefetched through the old translation */
	__asm__ volatile("isb" ::: "memory");
}

static const struct tlb_scheme bcast = {
	.s = { .name = "bcast",
	       .claim = "one TLBI by VA per leaf reaches every CPU, one for all above tlb-max",
	       .linux_peer = "arch/arm64/include/asm/tlbflush.h, flush_tlb_kernel_range",
	       .promises = PROMISE_ALL_CPUS | PROMISE_BEFORE_FREE | PROMISE_WALK },
	.issue = issue,
	.sync = sync,
	.wait = wait,
	.ctx = ctx,
};
TLB_SCHEME(bcast, bcast);
