/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/tlb_range.c - tlb=range: TLBI by range of addresses (FEAT_TLBIRANGE).
 *
 * One operation covers (NUM + 1) << (5 * SCALE + 1) pages.  With the largest scale first, a range
 * of at most 2^21 pages takes at most four of them and one by VA for an odd page.  BaseADDR counts
 * granules, but 64 KiB units with TCR.DS: then the pages before the first such boundary are
 * invalidated by VA, one by one.  (Arm ARM, TLBI RVAAE1IS; levels are not hinted: TTL = 0.)
 *
 * The instructions are written as SYS, which every assembler knows.
 */
#include <arch/insn.h>
#include <cpu.h>
#include <kern/feature.h>
#include <lib/printf.h>
#include <mm/pt/pt.h>
#include <sysreg.h>
#include <tlb.h>

#define RANGE_MAX_PAGES BIT(21)
#define DS_SHIFT 16

#define RANGE_OP(name, crm, op2)                                                                   \
	static void name(u64 operand)                                                              \
	{                                                                                          \
		insn_on("sys #0, c8, " crm ", #" op2 ", %0", operand);                             \
	}

RANGE_OP(rvae1is, "c2", "1")
RANGE_OP(rvaae1is, "c2", "3")
RANGE_OP(rvale1is, "c2", "5")
RANGE_OP(rvaale1is, "c2", "7")
RANGE_OP(rvae1, "c6", "1")
RANGE_OP(rvaae1, "c6", "3")
RANGE_OP(rvale1, "c6", "5")
RANGE_OP(rvaale1, "c6", "7")

/* [local][global][walk] */
static void (*const by_range[2][2][2])(u64 operand) = {
	{ { rvale1is, rvae1is }, { rvaale1is, rvaae1is } },
	{ { rvale1, rvae1 }, { rvaale1, rvaae1 } },
};

static bool usable(char *reason, size_t size)
{
	if (cpu_tlb_level() >= 2)
		return true;
	if (feature_bit_off(ARM_BIT_TLBIRANGE))
		snprintf(reason, size, "switched off by no=tlbirange");
	else
		snprintf(reason, size, "needs ID_AA64ISAR0_EL1.TLB >= 2 (FEAT_TLBIRANGE), it is %u",
			 cpu_tlb_level());
	return false;
}

/* Log2 of the unit of BaseADDR. */
static unsigned base_shift(const struct pt_fmt *fmt)
{
	return fmt->va_bits > 48 && fmt->page_shift < DS_SHIFT ? DS_SHIFT : fmt->page_shift;
}

/* From 4, 16, 64 KiB to 1, 2, 3. */
static u64 granule_field(const struct pt_fmt *fmt)
{
	return (u64)(fmt->page_shift - 10) / 2 << 46;
}

static u32 ranges(const struct pt_inval *req, const struct pt_fmt *fmt, bool local, vaddr_t *va,
		  u64 *pages)
{
	u64 fixed = granule_field(fmt) | (req->global ? 0 : (u64)req->asid << 48);
	u32 ops = 0;

	for (unsigned scale = 4; scale-- > 0;) {
		unsigned shift = 5 * scale + 1;
		u64 n = min_u64(*pages >> shift, 32);
		u64 base = *va >> base_shift(fmt) & (BIT(37) - 1);

		if (!n)
			continue;
		by_range[local][req->global][req->walk](fixed | (u64)scale << 44 | (n - 1) << 39 |
							base);
		*va += n << shift << fmt->page_shift;
		*pages -= n << shift;
		ops++;
	}
	return ops;
}

static u32 tlbi_by_ranges(const struct pt_inval *req, const struct pt_fmt *fmt, bool local)
{
	u64 page = pt_page_size(fmt), unit = 1ul << base_shift(fmt);
	vaddr_t va = align_down(req->lo, page);
	u64 pages = ((req->hi - 1 - va) >> fmt->page_shift) + 1; /* hi == 0 is the top */
	u64 head = min_u64((-va & (unit - 1)) >> fmt->page_shift, pages);
	u32 ops;

	if (pages > RANGE_MAX_PAGES)
		return tlbi_all(req, local);
	ops = tlbi_each(req, va, head, page, local);
	va += head << fmt->page_shift;
	pages -= head;
	ops += ranges(req, fmt, local, &va, &pages);
	return ops + tlbi_each(req, va, pages, page, local);
}

static u32 issue(const struct pt_inval *req, const struct pt_fmt *fmt, cpumask_t cpus, u32 max_ops)
{
	bool local = tlbi_is_local(cpus);
	u32 ops;

	if (cpu_tlb_level() >= 2)
		ops = tlbi_by_ranges(req, fmt, local);
	else /* a CPU without FEAT_TLBIRANGE was started after the scheme was chosen */
		ops = tlbi_by_va(req, fmt, local, max_ops);
	return ops + (local ? 0 : tlbi_repeat());
}

static const struct tlb_scheme range_scheme = {
	.s = { .name = "range",
	       .claim = "a few TLBIs by range reach every CPU, whatever the number of leaves",
	       .linux_peer = "arch/arm64/include/asm/tlbflush.h, __flush_tlb_range_op",
	       .promises = PROMISE_ALL_CPUS | PROMISE_RANGE | PROMISE_COMPLETE | PROMISE_WALK },
	.usable = usable,
	.issue = issue,
	TLB_BARRIERS,
};
TLB_SCHEME(range, range_scheme);
