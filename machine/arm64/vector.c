/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/vector.c - FP and AdvSIMD with fp=1: V0 to V31, FPCR, FPSR, and the instructions
 * that move and compare bits.  One that computes with FP numbers, and any other, stops the machine
 * (decode.c).  Without fp=1 all of them are UNDEFINED (denied.c).
 *
 * Views.  A V register has one view, also of its parts; a load of one is never late.  An access of
 * 16 bytes that is aligned to 16 is two accesses of 8 bytes, and an unaligned one is accesses of a
 * byte, in any order (B2.2.1, "Requirements for single-copy atomicity").
 */
#include "registers.h"

/* ---- may an instruction be executed? ---- */
#define CPTR_TFP BIT(10)
#define ISS_ALWAYS (1ul << 24 | 14ul << 20) /* CV, COND */

/* CPACR_EL1.FPEN: 0b11 traps nothing, 0b01 EL0 alone (D24.2).  */
static bool trapped(const struct a64_cpu *c)
{
	u64 enabled = c->cpacr_now >> 20 & 3;

	if (c->at_el2)
		return c->el2.cptr & CPTR_TFP;
	return !(enabled & 1) || (enabled == 1 && c->user);
}

bool vector_enabled(struct a64_cpu *c, const struct a64_op *op)
{
	if (!features.fp)
		exception_undefined(c, op);
	else if (trapped(c))
		exception_take(c, cpu_pc(c, op), EC_FP, ISS_ALWAYS);
	else
		return true;
	return false;
}

/* The instruction is not one of those that are modelled. */
static void not_known(struct a64_cpu *c, const struct a64_op *op)
{
	machine_stop("CPU %u: pc %lx: FP instruction %08x is not modelled%s", c->id, cpu_pc(c, op),
		     op->word, c->streaming ? " in Streaming mode" : "");
}

/* ---- FPCR: AHP, DN, FZ, RMode; FPSR: QC, IDC, and the other cumulative bits.  Traps of FP
 * exceptions are not implemented, so their enables are RAZ/WI; the rest is of AArch32 or of later
 * features (D24.2). ---- */
#define FPCR_BITS 0x07c00000ul
#define FPSR_BITS 0x0800009ful

static u64 get_fpcr(struct a64_cpu *c)
{
	return c->fpcr & FPCR_BITS;
}

static void set_fpcr(struct a64_cpu *c, u64 v)
{
	c->fpcr = v;
}

static u64 get_fpsr(struct a64_cpu *c)
{
	return c->fpsr & FPSR_BITS;
}

static void set_fpsr(struct a64_cpu *c, u64 v)
{
	c->fpsr = v;
}

static const struct a64_register registers[] = {
	{ "FPCR", REGISTER_CODE(3, 3, 4, 4, 0), .get = get_fpcr, .set = set_fpcr, .user = USER_ANY,
	  .vector = true },
	{ "FPSR", REGISTER_CODE(3, 3, 4, 4, 1), .get = get_fpsr, .set = set_fpsr, .user = USER_ANY,
	  .vector = true },
};
const struct a64_registers vector_registers = { registers, ARRAY_SIZE(registers) };

/* ---- operands ---- */
static u32 bits_of(u32 word, unsigned hi, unsigned lo)
{
	return word >> lo & ((1u << (hi - lo + 1)) - 1);
}

static u64 sign_extend(u64 v, unsigned bits)
{
	return (u64)((s64)(v << (64 - bits)) >> (64 - bits));
}

/* Vt, Vd; Vn; Vm, Vt2 of a pair is ra. */
static unsigned first(const struct a64_op *op)
{
	return op->word & 31;
}

static unsigned second(const struct a64_op *op)
{
	return op->word >> 5 & 31;
}

static unsigned third(const struct a64_op *op)
{
	return op->word >> 16 & 31;
}

/* The loads and stores: how a row forms the address, and writes it back. */
enum place { AT_UNSIGNED, AT_OFFSET, AT_INDEX, AT_PAIR, AT_LITERAL, AT_LIST, AT_NONE };

static enum place place_of(u32 w)
{
	static const struct {
		u32 mask, match;
	} rows[] = {
		[AT_UNSIGNED] = { 0x3f000000, 0x3d000000 },
		[AT_OFFSET] = { 0x3f200000, 0x3c000000 },
		[AT_INDEX] = { 0x3f200c00, 0x3c200800 },
		[AT_PAIR] = { 0x3e000000, 0x2c000000 },
		[AT_LITERAL] = { 0x3f000000, 0x1c000000 },
		[AT_LIST] = { 0xbfbffc00, 0x0c007000 },
	};
	unsigned i = 0;

	while (i < ARRAY_SIZE(rows) && (w & rows[i].mask) != rows[i].match)
		i++;
	return (enum place)i;
}

/* In Streaming mode there are the loads and stores but LD1 and ST1, which are illegal there, and
 * MRS and MSR (DDI 0616, "Illegal instructions in Streaming SVE mode"). */
bool vector_usable(struct a64_cpu *c, const struct a64_op *op)
{
	if (!vector_enabled(c, op))
		return false;
	if (c->streaming && place_of(op->word) >= AT_LIST && op->word >> 24 != 0xd5)
		not_known(c, op);
	return true;
}

/* log2 of the bytes of a register. */
static unsigned size_of(u32 w, enum place at)
{
	return at == AT_PAIR || at == AT_LITERAL ? 2 + (w >> 30) : (w >> 30) | (w >> 21 & 4);
}

/* False: unallocated, or a pair of loads to one register, which is UNPREDICTABLE. */
bool vector_access(u32 w, struct a64_op *op)
{
	enum place at = place_of(w);
	unsigned size = size_of(w, at), rn = w >> 5 & 31;

	op->how = (u8)size;
	op->rn = rn == ZERO ? SP : (u8)rn;
	switch (at) {
	case AT_UNSIGNED:
		op->imm = (u64)bits_of(w, 21, 10) << size;
		break;
	case AT_OFFSET:
		op->imm = sign_extend(bits_of(w, 20, 12), 9);
		return size <= 4 && bits_of(w, 11, 10) != 2;
	case AT_INDEX:
		op->rm = (u8)bits_of(w, 20, 16);
		return size <= 4 && bits_of(w, 14, 14);
	case AT_PAIR:
		op->imm = sign_extend(bits_of(w, 21, 15), 7) << size;
		return size <= 4 && !(w >> 22 & 1 && bits_of(w, 14, 10) == bits_of(w, 4, 0));
	case AT_LIST:
		op->how = (u8)(3 + (w >> 30));
		return true;
	default:
		op->rn = ZERO;
		op->imm = sign_extend((u64)bits_of(w, 23, 5) << 2, 21);
	}
	return size <= 4;
}

static u64 address_of(const struct a64_cpu *c, const struct a64_op *op, enum place at)
{
	u64 base = c->x[op->rn], index = c->x[op->rm];
	u32 w = op->word;

	if (at == AT_LITERAL)
		return cpu_pc(c, op) + op->imm;
	if (at == AT_INDEX) {
		if (bits_of(w, 15, 13) == 2)
			index = (u32)index;
		else if (bits_of(w, 15, 13) == 6)
			index = sign_extend((u32)index, 32);
		return base + (index << (w >> 12 & 1 ? op->how : 0));
	}
	if ((at == AT_OFFSET && bits_of(w, 11, 10) == 1) ||
	    (at == AT_PAIR && bits_of(w, 24, 23) == 1))
		return base; /* post-index */
	return base + op->imm;
}

static void write_back(struct a64_cpu *c, const struct a64_op *op, enum place at)
{
	u64 view = c->address_view;

	if (at == AT_OFFSET ? !(op->word >> 10 & 1) : at != AT_PAIR || !(op->word >> 23 & 1))
		return;
	c->x[op->rn] += op->imm;
	if (c->watch >> op->rn & 1 || op->rn == SP)
		cpu_set_views(c, op->rn, view, c->pick[op->rn]);
}

/* ---- accesses ---- */
bool vector_load(struct a64_cpu *c, const struct a64_op *op, u64 va, struct a64_vector *v)
{
	unsigned bytes = 1u << op->how, part = bytes < 8 ? bytes : 8;

	*v = (struct a64_vector) { 0 };
	if (va & (bytes - 1)) {
		if (place_of(op->word) != AT_LIST && !access_unaligned(c, op, va, ACCESS_LOAD))
			return false;
		part = 1;
	}
	for (unsigned i = 0; i < bytes; i += part) {
		u64 value, view;

		if (!access_load(c, op, va + i, part, &value, &view))
			return false;
		v->part[i / 8] |= value << i % 8 * 8;
		v->view = later_view(v->view, view);
	}
	return true;
}

bool vector_store(struct a64_cpu *c, const struct a64_op *op, u64 va, const struct a64_vector *v)
{
	unsigned bytes = 1u << op->how, part = bytes < 8 ? bytes : 8;
	u64 view = later_view(cpu_depends(c, op->rn), cpu_depends(c, op->rm));

	if (va & (bytes - 1)) {
		if (place_of(op->word) != AT_LIST && !access_unaligned(c, op, va, ACCESS_STORE))
			return false;
		part = 1;
	}
	for (unsigned i = 0; i < bytes; i += part) {
		u64 value = v->part[i / 8] >> i % 8 * 8;

		if (part < 8)
			value &= (1ul << 8 * part) - 1;
		if (!access_store(c, op, va + i, part, value, later_view(view, v->view)))
			return false;
	}
	return true;
}

static void op_access(struct a64_cpu *c, const struct a64_op *op)
{
	enum place at = place_of(op->word);
	bool pair = at == AT_PAIR;
	struct a64_vector v[2], *one = &c->v[first(op)], *two = &c->v[op->word >> 10 & 31];
	u64 va, next;

	if (!vector_usable(c, op))
		return;
	va = address_of(c, op, at);
	next = va + (1ul << op->how);
	if (at == AT_LITERAL || op->word >> 22 & 1) {
		if (!vector_load(c, op, va, &v[0]) || (pair && !vector_load(c, op, next, &v[1])))
			return;
		*one = v[0];
		if (pair)
			*two = v[1];
	} else if (!vector_store(c, op, va, one) || (pair && !vector_store(c, op, next, two))) {
		return;
	}
	write_back(c, op, at);
}

/* ---- between general registers and elements: imm5 has the size, as its lowest bit that is set,
 * and the index above it ---- */
static unsigned element(const struct a64_op *op)
{
	return (unsigned)__builtin_ctz(bits_of(op->word, 20, 16) | 32);
}

static u64 of_element(u64 v, unsigned size)
{
	return size < 3 ? v & ((1ul << (8ul << size)) - 1) : v;
}

static u64 get_element(const struct a64_vector *v, unsigned size, unsigned i)
{
	return of_element(v->part[i << size >> 3] >> ((i << size) & 7) * 8, size);
}

static void set_element(struct a64_vector *v, unsigned size, unsigned i, u64 value)
{
	u64 *part = &v->part[i << size >> 3];
	unsigned shift = ((i << size) & 7) * 8;

	*part = (*part & ~(of_element(~0ul, size) << shift)) | of_element(value, size) << shift;
}

static u64 repeated(u64 v, unsigned size)
{
	v = of_element(v, size);
	for (unsigned bits = 8u << size; bits < 64; bits *= 2)
		v |= v << bits;
	return v;
}

/* A result; with Q 0 the upper half becomes zero. */
static void set_vector(struct a64_cpu *c, const struct a64_op *op, u64 low, u64 high, u64 view)
{
	c->v[first(op)] = (struct a64_vector) { .part = { low, op->word >> 30 & 1 ? high : 0 },
						.view = view };
}

void vector_unknown(struct a64_cpu *c, const struct a64_op *op)
{
	if (vector_usable(c, op))
		not_known(c, op);
}

enum copy { COPY_ELEMENT = 0, COPY_GENERAL = 1, COPY_INSERT = 3, COPY_TO_GENERAL = 7 };

/* Q is 1 for an element of 64 bits; it is 1 for INS, and for UMOV of one of them alone. */
static bool copy_exists(unsigned what, unsigned size, bool wide)
{
	if (size > 3 || (size == 3 && !wide))
		return false;
	return what == COPY_INSERT ? wide : what != COPY_TO_GENERAL || wide == (size == 3);
}

/* DUP (element, general), INS (general), UMOV. */
static void op_copy(struct a64_cpu *c, const struct a64_op *op)
{
	unsigned what = bits_of(op->word, 14, 11), size = element(op);
	unsigned at = bits_of(op->word, 20, 16) >> (size + 1);
	const struct a64_vector *n = &c->v[second(op)];
	struct a64_vector *d = &c->v[first(op)];
	u64 v;

	if (!vector_usable(c, op))
		return;
	if (!copy_exists(what, size, op->word >> 30 & 1)) {
		exception_undefined(c, op);
		return;
	}
	switch (what) {
	case COPY_ELEMENT:
		v = repeated(get_element(n, size, at), size);
		set_vector(c, op, v, v, n->view);
		return;
	case COPY_GENERAL:
		v = repeated(c->x[op->rn], size);
		set_vector(c, op, v, v, cpu_depends(c, op->rn));
		return;
	case COPY_INSERT:
		set_element(d, size, at, c->x[op->rn]);
		d->view = later_view(d->view, cpu_depends(c, op->rn));
		return;
	case COPY_TO_GENERAL:
		c->x[op->rd] = get_element(n, size, at);
		cpu_set_view(c, op->rd, n->view);
		return;
	default:
		not_known(c, op);
	}
}

/* FMOV between a general register and S, D or the upper half of Q; the other values of sf, ftype
 * and rmode are unallocated, or of FEAT_FP16. */
static void op_fmov(struct a64_cpu *c, const struct a64_op *op)
{
	bool wide = op->word >> 31, upper = op->word >> 19 & 1;
	u64 mask = wide ? ~0ul : 0xffffffff;
	struct a64_vector *d = &c->v[first(op)];
	const struct a64_vector *n = &c->v[second(op)];

	if (!vector_usable(c, op))
		return;
	if (bits_of(op->word, 23, 22) != (wide ? 1u + upper : 0) || (upper && !wide)) {
		exception_undefined(c, op);
	} else if (!(op->word >> 16 & 1)) {
		c->x[op->rd] = n->part[upper] & mask;
		cpu_set_view(c, op->rd, n->view);
	} else {
		if (!upper)
			*d = (struct a64_vector) { .view = 0 };
		d->part[upper] = c->x[op->rn] & mask;
		d->view = later_view(d->view, cpu_depends(c, op->rn));
	}
}

/* FMOV of a register, S and D. */
static void op_fmov_register(struct a64_cpu *c, const struct a64_op *op)
{
	const struct a64_vector *n = &c->v[second(op)];

	if (!vector_usable(c, op))
		return;
	c->v[first(op)] =
		(struct a64_vector) { .part = { op->word >> 22 & 1 ? n->part[0] : (u32)n->part[0] },
				      .view = n->view };
}

/* AdvSIMDExpandImm() without FP numbers; false: one of those. */
static bool expand(u32 w, u64 *v)
{
	unsigned mode = bits_of(w, 15, 12), inverse = w >> 29 & 1;
	u64 byte = bits_of(w, 18, 16) << 5 | bits_of(w, 9, 5), bytes = 0;

	if (mode < 8)
		*v = repeated(byte << 8 * (mode >> 1), 2);
	else if (mode < 12)
		*v = repeated(byte << 8 * (mode >> 1 & 1), 1);
	else if (mode < 14)
		*v = repeated(mode & 1 ? byte << 16 | 0xffff : byte << 8 | 0xff, 2);
	else if (mode == 15)
		return false;
	else if (!inverse)
		*v = repeated(byte, 0);
	else {
		for (unsigned i = 0; i < 8; i++)
			bytes |= (byte >> i & 1 ? 0xfful : 0) << 8 * i;
		*v = bytes;
	}
	return true;
}

/* MOVI, MVNI, and ORR and BIC of an immediate, whose cmode is odd. */
static void op_immediate(struct a64_cpu *c, const struct a64_op *op)
{
	u32 w = op->word;
	unsigned mode = bits_of(w, 15, 12);
	bool inverse = w >> 29 & 1;
	const struct a64_vector d = c->v[first(op)];
	u64 v;

	if (!vector_usable(c, op))
		return;
	if (!expand(w, &v)) {
		not_known(c, op);
		return;
	}
	if (mode < 12 && (mode & 1)) {
		set_vector(c, op, inverse ? d.part[0] & ~v : d.part[0] | v,
			   inverse ? d.part[1] & ~v : d.part[1] | v, d.view);
		return;
	}
	v = inverse && mode < 14 ? ~v : v;
	set_vector(c, op, v, v, 0);
}

/* AND, BIC, ORR, ORN; EOR, BSL, BIT, BIF: by U and size. */
static u64 logic(unsigned what, u64 d, u64 n, u64 m)
{
	switch (what) {
	case 0:
		return n & m;
	case 1:
		return n & ~m;
	case 2:
		return n | m;
	case 3:
		return n | ~m;
	case 4:
		return n ^ m;
	case 5:
		return (d & n) | (~d & m);
	case 6:
		return (d & ~m) | (n & m);
	default:
		return (d & m) | (n & ~m);
	}
}

static void op_logic(struct a64_cpu *c, const struct a64_op *op)
{
	const struct a64_vector d = c->v[first(op)], n = c->v[second(op)], m = c->v[third(op)];
	unsigned what = (op->word >> 29 & 1) << 2 | bits_of(op->word, 23, 22);
	u64 view = later_view(n.view, m.view);

	if (!vector_usable(c, op))
		return;
	if (what > 4)
		view = later_view(view, d.view);
	set_vector(c, op, logic(what, d.part[0], n.part[0], m.part[0]),
		   logic(what, d.part[1], n.part[1], m.part[1]), view);
}

/* ---- rows ---- */
const struct a64_row rows_vector[] = {
	{ 0x3f000000, 0x3d000000, RUN(op_access), FORM_VECTOR_ACCESS, KIND_ACCESS },
	{ 0x3f200000, 0x3c000000, RUN(op_access), FORM_VECTOR_ACCESS, KIND_ACCESS },
	{ 0x3f200c00, 0x3c200800, RUN(op_access), FORM_VECTOR_ACCESS, KIND_ACCESS },
	{ 0x3e000000, 0x2c000000, RUN(op_access), FORM_VECTOR_ACCESS, KIND_ACCESS },
	{ 0x3f000000, 0x1c000000, RUN(op_access), FORM_VECTOR_ACCESS, KIND_ACCESS },
	/* LD1, ST1 of one register, elements of a byte, which are always aligned */
	{ 0xbfbffc00, 0x0c007000, RUN(op_access), FORM_VECTOR_ACCESS, KIND_ACCESS },
	{ 0xbfe0fc00, 0x0e003c00, RUN(op_copy), FORM_TO_GENERAL, KIND_OTHER },
	{ 0xbfe0ec00, 0x0e000c00, RUN(op_copy), FORM_FROM_GENERAL, KIND_OTHER },
	{ 0xbfe08400, 0x0e000400, RUN(op_copy), FORM_NONE, KIND_OTHER },
	{ 0x7f37fc00, 0x1e260000, RUN(op_fmov), FORM_TO_GENERAL, KIND_OTHER },
	{ 0x7f37fc00, 0x1e270000, RUN(op_fmov), FORM_FROM_GENERAL, KIND_OTHER },
	{ 0xffbffc00, 0x1e204000, RUN(op_fmov_register), FORM_NONE, KIND_OTHER },
	{ 0x9ff80c00, 0x0f000400, RUN(op_immediate), FORM_NONE, KIND_OTHER },
	{ 0x9f20fc00, 0x0e201c00, RUN(op_logic), FORM_NONE, KIND_OTHER },
	{ 0 },
};
