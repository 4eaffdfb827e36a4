/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/sme.c - sme=1: PSTATE.SM and PSTATE.ZA (SVCR, SMSTART, SMSTOP), their traps, and
 * LDR and STR of Z and of ZA (DDI 0616; DDI 0487, C5.2 and C6.2).  The vector length in Streaming
 * mode is 128 bits, so Z0 to Z31 are V0 to V31.  Every other instruction of SVE and SME stops the
 * machine (decode.c), and so does one of AdvSIMD in Streaming mode (vector.c).
 */
#include "registers.h"
#include <string.h>

enum { SME_TRAPPED, SME_ILLEGAL, SME_NOT_STREAMING, SME_NO_ZA }; /* ESR_EL1.ISS, SMTC */
#define FPSR_RESET 0x0800009ful

static bool traps(struct a64_cpu *c, const struct a64_op *op, u64 why)
{
	exception_take(c, cpu_pc(c, op), EC_SME, why);
	return false;
}

/* CPACR_EL1.SMEN is as FPEN is. */
bool sme_usable(struct a64_cpu *c, const struct a64_op *op)
{
	u64 enabled = c->cpacr_now >> 24 & 3;

	return (enabled & 1 && (enabled == 3 || !c->user)) || traps(c, op, SME_TRAPPED);
}

/* A change of PSTATE.SM makes every vector register zero, and sets FPSR; where PSTATE.ZA becomes 1,
 * ZA is zero. */
static void set_svcr(struct a64_cpu *c, u64 v)
{
	if (c->streaming != (v & 1)) {
		memset(c->v, 0, sizeof(c->v));
		c->fpsr = FPSR_RESET;
	}
	if (!c->za_on && (v & 2))
		memset(c->za, 0, sizeof(c->za));
	c->streaming = v & 1;
	c->za_on = v & 2;
}

static u64 get_svcr(struct a64_cpu *c)
{
	return (c->streaming ? 1 : 0) | (c->za_on ? 2 : 0);
}

/* CRm: bits 2 and 1 select PSTATE.ZA and PSTATE.SM, bit 0 is the value. */
void sme_switch(struct a64_cpu *c, const struct a64_op *op)
{
	u64 which = op->word >> 9 & 3, on = op->word >> 8 & 1 ? which : 0;

	if (!features.sme || !which || op->word >> 11 & 1)
		exception_undefined(c, op);
	else if (sme_usable(c, op))
		set_svcr(c, (get_svcr(c) & ~which) | on);
}

/* There are one vector length and no priorities: SMCR_EL1 and SMPRI_EL1 are 0. */
static const struct a64_register registers[] = {
	{ "SVCR", REGISTER_CODE(3, 3, 4, 2, 2), .get = get_svcr, .set = set_svcr, .user = USER_ANY,
	  .sme = true },
	{ "SMCR_EL1", REGISTER_CODE(3, 0, 1, 2, 6), .get = register_zero, .set = register_ignore,
	  .sme = true },
	{ "SMPRI_EL1", REGISTER_CODE(3, 0, 1, 2, 4), .get = register_zero, .set = register_ignore,
	  .sme = true },
	{ "TPIDR2_EL0", REGISTER_CODE(3, 3, 13, 0, 5), AT(tpidr2), .user = USER_TPIDR2 },
};
const struct a64_registers sme_registers = { registers, ARRAY_SIZE(registers) };

/* ---- LDR and STR: the offset is in units of the vector length ---- */
#define VECTOR_SHIFT 4

bool sme_access(u32 w, struct a64_op *op)
{
	u8 rn = w >> 5 & 31;
	u64 imm9 = (w >> 16 & 63) << 3 | (w >> 10 & 7);

	op->how = VECTOR_SHIFT;
	op->rn = rn == ZERO ? SP : rn;
	if (SME_OF_ZA(w)) {
		op->imm = (u64)(w & 15) << VECTOR_SHIFT;
		op->rm = (u8)(12 + (w >> 13 & 3));
	} else {
		op->imm = (u64)((s64)(imm9 << 55) >> (55 - VECTOR_SHIFT));
	}
	return features.sme;
}

static void access_vector(struct a64_cpu *c, const struct a64_op *op, struct a64_vector *v,
			  bool stores)
{
	u64 va = c->x[op->rn] + op->imm;
	struct a64_vector loaded;

	if (stores)
		vector_store(c, op, va, v);
	else if (vector_load(c, op, va, &loaded))
		*v = loaded;
}

static void op_z(struct a64_cpu *c, const struct a64_op *op)
{
	if (sme_usable(c, op) && vector_enabled(c, op) &&
	    (c->streaming || traps(c, op, SME_NOT_STREAMING)))
		access_vector(c, op, &c->v[op->word & 31], op->word >> 30 & 1);
}

/* Row (Wv + imm4) modulo the number of rows. */
static void op_za(struct a64_cpu *c, const struct a64_op *op)
{
	if (sme_usable(c, op) && vector_enabled(c, op) && (c->za_on || traps(c, op, SME_NO_ZA)))
		access_vector(c, op, &c->za[(c->x[op->rm] + (op->word & 15)) % ZA_ROWS],
			      op->word >> 21 & 1);
}

const struct a64_row rows_sme[] = {
	{ 0xffc0e000, 0x85804000, RUN(op_z), FORM_SME_ACCESS, KIND_ACCESS },
	{ 0xffc0e000, 0xe5804000, RUN(op_z), FORM_SME_ACCESS, KIND_ACCESS },
	{ 0xffff9c10, 0xe1000000, RUN(op_za), FORM_SME_ACCESS, KIND_ACCESS },
	{ 0xffff9c10, 0xe1200000, RUN(op_za), FORM_SME_ACCESS, KIND_ACCESS },
	{ 0 },
};
