/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/tlb_arm64/judge.c - the effect of TLBI, DSB and ISB, from the Arm ARM (DDI 0487)
 * alone.
 *
 *   C5.5, TLBI VAE1, RVAE1, ASIDE1 and so on: op0=1 op1=0 CRn=8; CRm gives scope and kind, op2
 *   the operation; the fields of Xt.
 *   D8, "TLB maintenance instructions": which cached entries each must invalidate, and that a
 *   DSB with the access types of both loads and stores, by the same PE, completes it.  A store
 *   to a table is seen by walks after a DSB; without one, a walk after the TLBI may
 *   cache the old cell again.  A context synchronisation event ends the use of instructions that
 *   were fetched through the old cell.
 */
#include "../tlb/bench.h"
#include <cpu.h>
#include <kern/feature.h>
#include <stdlib.h>
#include <string.h>

const char bench_family[] = "arm64-";

static unsigned tlb_field; /* the least ID_AA64ISAR0_EL1.TLB of all CPUs: from 2 on by ranges */

/* ---- other functions of the architecture that the back ends call ---- */

unsigned cpu_tlb_level(void)
{
	return tlb_field;
}

bool errata_repeat_tlbi(void)
{
	return bench_erratum;
}

u32 feature_bits_off;

/* ---- decoding ---- */

enum by { BY_ALL, BY_ASID, BY_VA, BY_RANGE };

struct tlbi {
	enum by by;
	bool any_asid, last_level, broadcast;
	u64 xt;
	bool has_xt;
};

/* C5.5: name without IS, CRm of the form for this PE, CRm of the Inner Shareable form, op2. */
static const struct row {
	const char *name;
	u8 crm, crm_is, op2;
	struct tlbi is;
} rows[] = {
	{ "vmalle1", 7, 3, 0, { BY_ALL, .any_asid = true } },
	{ "vae1", 7, 3, 1, { BY_VA } },
	{ "aside1", 7, 3, 2, { BY_ASID } },
	{ "vaae1", 7, 3, 3, { BY_VA, .any_asid = true } },
	{ "vale1", 7, 3, 5, { BY_VA, .last_level = true } },
	{ "vaale1", 7, 3, 7, { BY_VA, .any_asid = true, .last_level = true } },
	{ "rvae1", 6, 2, 1, { BY_RANGE } },
	{ "rvaae1", 6, 2, 3, { BY_RANGE, .any_asid = true } },
	{ "rvale1", 6, 2, 5, { BY_RANGE, .last_level = true } },
	{ "rvaale1", 6, 2, 7, { BY_RANGE, .any_asid = true, .last_level = true } },
};

static bool named(const struct row *r, const char *name, size_t len, bool *broadcast)
{
	size_t n = strlen(r->name);

	*broadcast = len == n + 2 && !strncmp(name + n, "is", 2);
	return !strncmp(name, r->name, n) && (len == n || *broadcast);
}

static bool decode_tlbi(const struct op *op, struct tlbi *out)
{
	bool spelled = !strncmp(op->text, "tlbi ", 5), broadcast = false;
	size_t len = spelled ? strcspn(op->text + 5, ",") : 0;
	unsigned crm = 0, op2 = 0;

	if (!spelled && sscanf(op->text, "sys #0, c8, c%u, #%u", &crm, &op2) != 2)
		return false;
	must(op->has_operand == (strstr(op->text, ", %0") != NULL), "an operand too many or few");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (spelled ? !named(&rows[i], op->text + 5, len, &broadcast)
			    : rows[i].op2 != op2 || (rows[i].crm != crm && rows[i].crm_is != crm))
			continue;
		*out = rows[i].is;
		out->broadcast = spelled ? broadcast : rows[i].crm_is == crm;
		out->xt = op->operand;
		out->has_xt = op->has_operand;
		return true;
	}
	wrong("a TLBI that is not in the table");
}

static u64 bits(u64 x, unsigned high, unsigned low)
{
	return x >> low & ((1ul << (high - low + 1)) - 1);
}

static u64 sign_extended(u64 x, unsigned top)
{
	return (u64)((s64)(x << (63 - top)) >> (63 - top));
}

static unsigned page_bits(const struct request *r)
{
	return r->pt.fmt->page_shift;
}

/* TCR_EL1.DS: 52-bit addresses with pages of 4 or 16 KiB. */
static bool has_ds(const struct request *r)
{
	return r->pt.fmt->va_bits == 52 && page_bits(r) < 16;
}

/* ---- affected entries ---- */

/* RES0 fields are zero; TTL as well, because FEAT_TTL is not used. */
static void reserved_are_zero(const struct request *r, const struct tlbi *t)
{
	u64 x = t->xt;

	must(t->has_xt == (t->by != BY_ALL), "VMALLE1 has no Xt, the others have one");
	if (t->by == BY_ASID)
		must(!bits(x, 47, 0), "ASIDE1: Xt[47:0] is RES0");
	if (t->by == BY_VA) {
		must(!bits(x, 47, 44), "TTL is not 0");
		must(!(x & (BIT(page_bits(r) - 12) - 1)), "VA bits inside the page are RES0");
	}
	if (t->by == BY_RANGE) {
		must(tlb_field >= 2, "a range without FEAT_TLBIRANGE");
		must(!bits(x, 38, 37), "TTL is not 0");
		must(bits(x, 47, 46) == (page_bits(r) - 10) / 2, "TG is not the granule");
	}
	if (t->by >= BY_VA && t->any_asid)
		must(!bits(x, 63, 48), "the ASID field is RES0 in VAA forms");
}

/* The range of the operand; returns its first address. */
static vaddr_t range_of(const struct request *r, u64 x, u64 *len)
{
	*len = (bits(x, 43, 39) + 1) << (5 * bits(x, 45, 44) + 1) << page_bits(r);
	if (has_ds(r))
		return sign_extended(bits(x, 36, 0) << 16, 52);
	return sign_extended(bits(x, 36, 0) << page_bits(r), 36 + page_bits(r));
}

static bool touches(const struct request *r, const struct tlbi *t, const struct held *h)
{
	vaddr_t va;
	u64 len;

	if (t->by == BY_VA)
		return held_has(h, sign_extended(bits(t->xt, 43, 0) << 12, 55));
	va = range_of(r, t->xt, &len);
	return held_has(h, va) || h->va - va < len;
}

/* By ranges, page by page: other entries would stay right, but have to be walked for again.  The
 * erratum's second TLBI is of any address. */
static void not_beyond(const struct request *r, const struct tlbi *t)
{
	u64 page = BIT(page_bits(r)), len = page, pages;
	vaddr_t lo = r->inval.lo & ~(page - 1), va;

	if (t->by < BY_VA || bench_erratum || tlb_field < 2 || strcmp(r->scheme->s.name, "range"))
		return;
	pages = ((r->inval.hi - 1 - lo) & ~(page - 1)) + page;
	va = t->by == BY_VA ? sign_extended(bits(t->xt, 43, 0) << 12, 55)
			    : range_of(r, t->xt, &len);
	must(va - lo < pages && va - lo + len <= pages, "a TLBI beyond the range");
}

/* A global leaf is invalidated with any ASID, a pointer to a table only with its own. */
static bool drops(const struct request *r, const struct tlbi *t, const struct held *h)
{
	if (t->by == BY_ALL)
		return true;
	if (t->by == BY_ASID)
		return !h->global && h->asid == bits(t->xt, 63, 48);
	if (t->last_level && !h->leaf)
		return false;
	if (!t->any_asid && !(h->leaf && h->global) && h->asid != bits(t->xt, 63, 48))
		return false;
	return touches(r, t, h);
}

/* ---- the machine ---- */

static struct state {
	bool seen_here, seen_by_all; /* the store to the cell is complete for this PE, for all */
	bool begun[BENCH_CPUS];      /* a TLBI without its DSB */
	bool ended[BENCH_CPUS];      /* a DSB without its ISB */
	unsigned issued[BENCH_CPUS], broadcasts;
} now;

/* tlb=range where every CPU has FEAT_TLBIRANGE, else one sentence. */
static void range_is_refused_elsewhere(void)
{
	char reason[100], wanted[100] = "";

	if (tlb_field < 2)
		snprintf(wanted, sizeof(wanted),
			 "needs ID_AA64ISAR0_EL1.TLB >= 2 (FEAT_TLBIRANGE), it is %u", tlb_field);
	if (tlb_field < 2 && feature_bits_off)
		snprintf(wanted, sizeof(wanted), "switched off by no=tlbirange");
	reg_for_each (tlb, s) {
		if (strcmp((*s)->s.name, "range"))
			continue;
		reason[0] = 0;
		must((*s)->usable(reason, sizeof(reason)) == (tlb_field >= 2),
		     "tlb=range without FEAT_TLBIRANGE, or not with it");
		must(!strcmp(reason, wanted), "another reason than the CPU's");
	}
}

void judge_pick(void)
{
	static const u8 fields[] = { 2, 2, 3, 2, 1, 0, 2, 1 };
	unsigned n = rng_below(&bench_rng, ARRAY_SIZE(fields));

	tlb_field = fields[n];
	feature_bits_off = n == ARRAY_SIZE(fields) - 1 ? ARM_BIT_TLBIRANGE : 0;
	range_is_refused_elsewhere();
}

void judge_begin(const struct request *r)
{
	now = (struct state) { 0 };
}

static void invalidate(const struct request *r, const struct tlbi *t, unsigned cpu)
{
	reserved_are_zero(r, t);
	not_beyond(r, t);
	must(r->cpus == cpu_bit(cpu) ? now.seen_here : now.seen_by_all,
	     "no DSB between the store to the cell and the TLBI");
	must(!t->broadcast || r->cpus != cpu_bit(cpu), "a broadcast for this CPU alone");
	now.begun[cpu] = true;
	now.issued[cpu]++;
	now.broadcasts += t->broadcast;
	for (unsigned i = 0; i < held_nr; i++) {
		struct held *h = &held[i];

		if (t->broadcast)
			h->twice[cpu] |= h->once[cpu];
		if (drops(r, t, h))
			h->going[cpu] |= t->broadcast ? ~0ul : cpu_bit(cpu);
	}
}

/*
 * A DSB of loads and stores completes this PE's invalidations.  With the erratum a broadcast has
 * reached all PEs only when another one, issued after the DSB, has completed as well.
 */
static void complete(struct held *h, unsigned cpu, bool shareable)
{
	cpumask_t self = cpu_bit(cpu), done = h->going[cpu] & (shareable ? ~0ul : self);

	h->in &= ~h->twice[cpu];
	if (bench_erratum && done != self) {
		h->once[cpu] |= done;
		done = 0;
	}
	h->in &= ~done;
	h->going[cpu] &= ~(done | h->once[cpu]);
}

/* DSB <domain><types>: domains SY and OSH contain ISH, ISH contains NSH. */
static void dsb(const char *option, unsigned cpu)
{
	bool shareable = strncmp(option, "nsh", 3) != 0;
	const char *types = option + strlen(option) - 2;
	bool stores = strcmp(types, "ld"), both = stores && strcmp(types, "st");

	now.seen_here |= stores;
	now.seen_by_all |= stores && shareable;
	if (!both)
		return;
	now.ended[cpu] |= now.begun[cpu];
	now.begun[cpu] = false;
	for (unsigned i = 0; i < held_nr; i++)
		complete(&held[i], cpu, shareable);
}

static void is_done(unsigned cpu)
{
	must(!now.begun[cpu], "a TLBI without a DSB after it");
	must(!now.ended[cpu], "no ISB after the invalidation");
}

void judge_op(const struct request *r, const struct op *op)
{
	struct tlbi t;

	if (op->kind == OP_ANSWER || op->kind == OP_END)
		is_done(op->cpu);
	if (op->kind != OP_INSN)
		return;
	if (decode_tlbi(op, &t))
		invalidate(r, &t, op->cpu);
	else if (!strncmp(op->text, "dsb ", 4))
		dsb(op->text + 4, op->cpu);
	else if (!strcmp(op->text, "isb"))
		now.ended[op->cpu] = false;
	else
		wrong("an instruction that no back end needs");
}

/* ---- counts ---- */

static u64 pages_of(const struct request *r)
{
	return ((r->inval.hi - 1) >> page_bits(r)) - (r->inval.lo >> page_bits(r)) + 1;
}

/* One per leaf of the smallest removed size; if a table was removed, at least one per lowest
 * table. */
static u64 leaves_of(const struct request *r)
{
	unsigned level = r->inval.levels ? (unsigned)__builtin_ctz(r->inval.levels) : 1;
	unsigned shift =
		page_bits(r) + (page_bits(r) - 3) * (r->inval.walk ? min_u32(1, level) : level);

	return ((r->inval.hi - 1) >> shift) - (r->inval.lo >> shift) + 1;
}

/* By ranges at most 5 for 2^21 pages; with DS also the pages before the first 64 KiB boundary. */
static u64 most_by_range(const struct request *r)
{
	u64 head = -r->inval.lo >> page_bits(r) & (0xffff >> page_bits(r));

	return pages_of(r) > BIT(21) ? 1 : 5 + (has_ds(r) ? head : 0);
}

static u64 most(const struct request *r)
{
	u64 leaves = leaves_of(r);

	if (!strcmp(r->scheme->s.name, "full"))
		return 1;
	if (!strcmp(r->scheme->s.name, "range") && tlb_field >= 2)
		return most_by_range(r);
	return leaves > tlb_max ? 1 : leaves;
}

void judge_numbers(const struct request *r, u64 said)
{
	bool ipi = !strcmp(r->scheme->s.name, "ipi");
	unsigned all = 0;

	for (unsigned i = 0; i < BENCH_CPUS; i++) {
		u64 again = bench_erratum && now.broadcasts;

		must(now.issued[i] <= most(r) + again, "more TLBIs than the contract allows");
		all += now.issued[i];
	}
	must(!ipi || !now.broadcasts, "tlb=ipi broadcasts");
	must(said == (ipi ? 1 : all), "the count of operations differs from the executed ones");
}

const char *judge_op_text(const struct op *op, char *buf, size_t size)
{
	return NULL;
}
