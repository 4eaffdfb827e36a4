/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/tlb_riscv64/judge.c - the effect of fences and remote fences, from the manuals alone.
 *
 *   Privileged spec, SFENCE.VMA: rs1 = x0, every level of the tables; else leaf entries of that
 *   address.  rs2 = x0, every address space; else that one, and no global mapping.  It orders
 *   stores that this hart has seen before its later walks.  An address that is not canonical in
 *   the current mode has no effect.
 *   Svinval: SINVAL.VMA is ordered by SFENCE.W.INVAL after earlier stores and by SFENCE.INVAL.IR
 *   before later walks, and guarantees nothing without both.
 *   SBI, RFENCE extension: function 1 fences [start, start + size) of every address space on the
 *   harts of a mask; start = size = 0 or size = 2^64 - 1 means everything.  A mask covers 64 ids
 *   from its base on; base 2^64 - 1 means all.  The call returns when it has completed (relied
 *   on: docs/LIMITS.md); the caller has ordered the stores that a remote hart must see.
 */
#include "../tlb/bench.h"
#include "arch/riscv64/trap.h"
#include <arch/arch.h>
#include <kern/emulator.h>
#include <string.h>

#define EXT_BASE 0x10
#define EXT_RFENCE 0x52464e43 /* SBI: "RFNC" */
#define ERR_INVALID_PARAM -3

const char bench_family[] = "riscv-";

/* ---- other functions of the architecture that the back ends call ---- */

u32 feature_bits_off;

bool errata_full_fences(void)
{
	return bench_erratum;
}

static u32 isa = ~0u;

u32 isa_of_all(void)
{
	return isa;
}

/* The harts run on an emulator or not, and it counts instructions or not. */
static struct {
	bool emulated, counts;
} host;

bool emulated_cpu(void)
{
	return host.emulated;
}

bool arch_instret_works(void)
{
	return host.counts;
}

static bool has_hart(u64 id)
{
	for (unsigned i = 0; i < BENCH_CPUS; i++)
		if (cpus[i].hwid == id && (cpus_online() & cpu_bit(i)))
			return true;
	return false;
}

/* A mask with a hart that does not exist or was not started is refused. */
static s64 harts_ok(u64 mask, u64 base)
{
	for (unsigned i = 0; base != ~0ul && i < 64; i++)
		if ((mask >> i & 1) && !has_hart(base + i))
			return ERR_INVALID_PARAM;
	return 0;
}

/* The firmware of this request; ids of implementations as the SBI specification lists them. */
static struct {
	u64 id;
	bool rfence;
} firmware;

/* Base extension: 1 the implementation's id, 3 whether it has an extension. */
static struct fw_result base_call(u64 fid, u64 a0)
{
	must(fid == 1 || fid == 3, "not a function of the Base extension that a back end needs");
	if (fid == 3)
		return (struct fw_result) { .value = a0 == EXT_RFENCE && firmware.rfence };
	return (struct fw_result) { .value = firmware.id };
}

struct fw_result arch_firmware_call(enum fw_conduit conduit, u64 ext, u64 fid, u64 a0, u64 a1,
				    u64 a2, u64 a3)
{
	must(conduit == FW_SBI, "no call of SBI");
	if (ext == EXT_BASE)
		return base_call(fid, a0);
	record(&(struct op) { .kind = OP_ECALL, .arg = { a0, a1, a2, a3, fid, ext } });
	return (struct fw_result) { .error = harts_ok(a0, a1) };
}

/* ---- decoding ---- */

/* funct7 of the instructions with opcode SYSTEM and funct3 = 0 that fence translations. */
enum { SFENCE_VMA = 0x09, SINVAL_VMA = 0x0b, SFENCE_INVAL = 0x0c };

struct fence {
	unsigned funct7;
	bool any_va, any_asid; /* rs1 and rs2 are x0 */
	unsigned rs2;          /* its number, if it is part of the opcode */
	u64 operand;
};

/* "%0" is the recorded operand, "x0" the zero register. */
static bool is_x0(const char *name)
{
	must(!strcmp(name, "x0") || !strcmp(name, "%0"), "a register that is neither x0 nor %0");
	return !strcmp(name, "x0");
}

static bool decode(const struct op *op, struct fence *f)
{
	char rs1[8] = "x0", rs2[8] = "x0";
	unsigned funct7 = SFENCE_VMA, word;

	*f = (struct fence) { .operand = op->operand };
	if (sscanf(op->text, ".word %x", &word) == 1) {
		must((word & 0x1ffffff & ~(31u << 20)) == 0x73, "rd, rs1 or funct3 is not 0");
		f->funct7 = word >> 25;
		f->rs2 = word >> 20 & 31;
		return true;
	}
	if (sscanf(op->text, ".insn r 0x73, 0, %x, x0, %7[^,], %7s", &funct7, rs1, rs2) != 3 &&
	    sscanf(op->text, "sfence.vma %7[^,], %7s", rs1, rs2) < 1 &&
	    strcmp(op->text, "sfence.vma"))
		return false;
	must(op->has_operand == (strstr(op->text, "%0") != NULL), "an operand too many or few");
	f->funct7 = funct7;
	f->any_va = is_x0(rs1);
	f->any_asid = is_x0(rs2);
	return true;
}

/* ---- the machine ---- */

static struct state {
	bool ordered; /* the store to the cell is ordered before the request to others */
	bool bracketed[BENCH_CPUS]; /* between SFENCE.W.INVAL and SFENCE.INVAL.IR */
	bool loose[BENCH_CPUS];     /* a SINVAL.VMA that is not ordered yet */
	u64 by_address, full;
	unsigned fences[BENCH_CPUS], calls, answers;
	struct arch_fences before;
} now;

/*
 * tlb=sbi relies on a property that the SBI specification does not promise (docs/LIMITS.md):
 * OpenSBI (1), KVM (3) and firmware built from OpenSBI (8) have it; of 0 (Berkeley boot loader), 4
 * (RustSBI) and any other id it is not known.  Nor is it usable where the harts run in turn, one at
 * a time: an emulator that counts instructions.
 */
/* tlb=svinval is usable where every hart has Svinval and no option disables it; else one sentence.
 */
static void svinval_is_refused_elsewhere(void)
{
	static const struct {
		u32 isa, off;
		const char *reason;
	} rows[] = {
		{ ~0u, 0, "" },
		{ ~(u32)ISA_SVINVAL, 0, "a hart's riscv,isa does not name svinval" },
		{ ~(u32)ISA_SVINVAL, ISA_SVINVAL, "switched off by no=svinval" },
	};
	char reason[100];

	reg_for_each (tlb, s)
		for (unsigned i = 0; i < ARRAY_SIZE(rows) && !strcmp((*s)->s.name, "svinval");
		     i++) {
			isa = rows[i].isa;
			feature_bits_off = rows[i].off;
			reason[0] = 0;
			must((*s)->usable(reason, sizeof(reason)) == !rows[i].reason[0],
			     "tlb=svinval without Svinval, or not with it");
			must(!strcmp(reason, rows[i].reason), "another reason than the hart's");
		}
	isa = ~0u;
	feature_bits_off = 0;
}

void judge_pick(void)
{
	static const bool gives[16] = { [1] = true, [8] = true }; /* not KVM, 3 */
	char reason[160];
	bool usable;

	firmware.id = rng_below(&bench_rng, ARRAY_SIZE(gives));
	firmware.rfence = rng_below(&bench_rng, 4) != 0;
	host.emulated = rng_below(&bench_rng, 2) != 0;
	host.counts = rng_below(&bench_rng, 2) != 0;
	svinval_is_refused_elsewhere();
	usable = firmware.rfence && gives[firmware.id] && !(host.emulated && host.counts);
	reg_for_each (tlb, s) {
		if (strcmp((*s)->s.name, "sbi"))
			continue;
		reason[0] = 0;
		must((*s)->usable(reason, sizeof(reason)) == usable,
		     "tlb=sbi where it cannot be relied on, or not where it can");
		must(usable == !reason[0], "a refusal without a reason, or a reason without one");
	}
}

void judge_begin(const struct request *r)
{
	struct arch_fences counted;
	struct state fresh = { .before = now.before };

	now = fresh;
	arch_fences(&counted);
	now.by_address = counted.by_address - now.before.by_address;
	now.full = counted.full - now.before.full;
	now.before = counted;
}

/* A hart sees its own stores; those of another only if that one ordered them before its request. */
static void store_is_seen(const struct op *op)
{
	must(op->cpu == ops[0].cpu || now.ordered, "no fence between the store and the request");
}

static bool canonical(const struct request *r, vaddr_t va)
{
	unsigned top = r->pt.fmt->va_bits - 1;

	return (u64)((s64)(va << (63 - top)) >> (63 - top)) == va;
}

static bool drops(const struct request *r, const struct fence *f, const struct held *h)
{
	if (!f->any_asid && (h->global || h->asid != (f->operand & 0xffff)))
		return false;
	return f->any_va || (h->leaf && canonical(r, f->operand) && held_has(h, f->operand));
}

static void fence(const struct request *r, const struct op *op, const struct fence *f)
{
	unsigned cpu = op->cpu;

	store_is_seen(op);
	must(f->any_va || !bench_erratum, "a fence by address in spite of the erratum");
	must(f->any_asid || f->any_va, "one operand cannot be both");
	now.fences[cpu]++;
	*(f->any_va ? &now.full : &now.by_address) -= 1;
	if (f->funct7 == SINVAL_VMA) {
		must(now.bracketed[cpu], "SINVAL.VMA without SFENCE.W.INVAL before it");
		now.loose[cpu] = true;
	}
	for (unsigned i = 0; i < held_nr; i++) {
		if (!drops(r, f, &held[i]))
			continue;
		if (f->funct7 == SINVAL_VMA)
			held[i].going[cpu] |= cpu_bit(cpu);
		else
			held[i].in &= ~cpu_bit(cpu);
	}
}

static void bracket(const struct op *op, const struct fence *f)
{
	must(f->rs2 <= 1, "not an instruction of Svinval");
	if (f->rs2 == 0) {
		store_is_seen(op);
		now.bracketed[op->cpu] = true;
		return;
	}
	now.bracketed[op->cpu] = now.loose[op->cpu] = false;
	for (unsigned i = 0; i < held_nr; i++)
		held[i].in &= ~held[i].going[op->cpu];
}

static void ecall(const struct request *r, const struct op *op)
{
	u64 mask = op->arg[0], base = op->arg[1], start = op->arg[2], size = op->arg[3];
	bool all = (!start && !size) || size == ~0ul;

	must(op->arg[5] == EXT_RFENCE && op->arg[4] == 1, "not remote_sfence_vma");
	must(now.ordered, "no fence between the store and the request");
	must(all || !bench_erratum, "a request by address in spite of the erratum");
	must(all || canonical(r, start), "the start is not canonical");
	/* entries of other addresses would stay right, but have to be walked for again */
	must(all || size <= r->inval.hi - r->inval.lo, "a request for more than the range");
	now.calls++;
	*(all ? &now.full : &now.by_address) -= 1;
	for (unsigned c = 0; c < BENCH_CPUS; c++) {
		if (base != ~0ul &&
		    (cpus[c].hwid - base >= 64 || !(mask >> (cpus[c].hwid - base) & 1)))
			continue;
		for (unsigned i = 0; i < held_nr; i++) {
			struct held *h = &held[i];

			if (all || (h->leaf && (held_has(h, start) || h->va - start < size)))
				h->in &= ~cpu_bit(c);
		}
	}
}

/* Does this FENCE order stores before later stores to memory or to a device? */
static bool orders_stores(const char *text)
{
	char before[8], after[8];

	return sscanf(text, "fence %7[iorw], %7[iorw]", before, after) == 2 &&
	       strchr(before, 'w') && strchr(after, 'w');
}

void judge_op(const struct request *r, const struct op *op)
{
	struct fence f;

	if (op->kind == OP_ECALL) {
		ecall(r, op);
	} else if (op->kind == OP_ANSWER || op->kind == OP_END) {
		must(!now.loose[op->cpu], "SINVAL.VMA without SFENCE.INVAL.IR after it");
		now.answers += op->kind == OP_ANSWER;
	} else if (op->kind == OP_INSN) {
		if (orders_stores(op->text))
			now.ordered |= op->cpu == ops[0].cpu;
		else if (!decode(op, &f))
			wrong("an instruction that no back end needs");
		else if (f.funct7 == SFENCE_INVAL)
			bracket(op, &f);
		else if (f.funct7 == SFENCE_VMA || f.funct7 == SINVAL_VMA)
			fence(r, op, &f);
		else
			wrong("a fence that is not in the table");
	}
}

/* ---- counts ---- */

/* Windows of 64 ids that a set of harts needs, each from the lowest remaining id. */
static unsigned windows(cpumask_t mask)
{
	unsigned n = 0;

	for (; mask; n++) {
		u64 lowest = ~0ul;

		for (unsigned i = 0; i < BENCH_CPUS; i++)
			if (mask & cpu_bit(i) && cpus[i].hwid < lowest)
				lowest = cpus[i].hwid;
		for (unsigned i = 0; i < BENCH_CPUS; i++)
			if (cpus[i].hwid - lowest < 64)
				mask &= ~cpu_bit(i);
	}
	return n;
}

static u64 most_fences(const struct request *r)
{
	unsigned level = r->inval.levels ? (unsigned)__builtin_ctz(r->inval.levels) : 0;
	unsigned shift = 12 + 9 * level;
	u64 n = ((r->inval.hi - 1) >> shift) - (r->inval.lo >> shift) + 1;

	return r->inval.walk || n > tlb_max ? 1 : n;
}

void judge_numbers(const struct request *r, u64 said)
{
	bool sbi = !strcmp(r->scheme->s.name, "sbi");
	cpumask_t others = r->cpus & ~cpu_bit(ops[0].cpu);
	unsigned calls = sbi ? windows(others) : 0;

	must(now.calls == calls, "not one request for each 64 hart ids");
	must(said == (calls ? calls : 1), "the count of operations differs from the executed ones");
	must(sbi || now.answers == (unsigned)__builtin_popcountll(r->cpus),
	     "not one interrupt a CPU");
	must(!now.by_address && !now.full, "the counts of fences differ from the executed ones");
	for (unsigned i = 0; i < BENCH_CPUS; i++)
		must(now.fences[i] <= most_fences(r), "more fences than the contract allows");
}

const char *judge_op_text(const struct op *op, char *buf, size_t size)
{
	if (op->kind != OP_ECALL)
		return NULL;
	snprintf(buf, size, "ecall %#lx.%lu(%#lx, %lu, %#lx, %#lx)", op->arg[5], op->arg[4],
		 op->arg[0], op->arg[1], op->arg[2], op->arg[3]);
	return buf;
}
