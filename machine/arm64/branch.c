/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/branch.c - branches, and instructions that cause an exception.
 */
#include "cpu.h"

/* A target in this frame needs no translation: fetch may have read the whole frame before. */
static inline void branch_by(struct a64_cpu *c, const struct a64_op *op)
{
	u64 to = (u64)(op - c->text->op) + (u64)((s64)op->imm >> 2);

	if (to < TEXT_OPS)
		c->next = &c->text->op[to];
	else
		cpu_jump(c, cpu_pc(c, op) + op->imm);
}

static void op_b(struct a64_cpu *c, const struct a64_op *op)
{
	c->branches++;
	branch_by(c, op);
}

static void op_bl(struct a64_cpu *c, const struct a64_op *op)
{
	c->branches++;
	c->x[30] = cpu_pc(c, op) + 4;
	branch_by(c, op);
}

static void op_b_if(struct a64_cpu *c, const struct a64_op *op)
{
	c->branches++;
	if (cpu_condition(c, op->how))
		branch_by(c, op);
}

#define BRANCH(name, condition)                                                                    \
	static void op_##name(struct a64_cpu *c, const struct a64_op *op)                          \
	{                                                                                          \
		c->branches++;                                                                     \
		if (condition)                                                                     \
			branch_by(c, op);                                                          \
	}

BRANCH(cbz_w, !(u32)c->x[op->rn])
BRANCH(cbz_x, !c->x[op->rn])
BRANCH(cbnz_w, (u32)c->x[op->rn])
BRANCH(cbnz_x, c->x[op->rn])
BRANCH(tbz, !(c->x[op->rn] >> op->how & 1))
BRANCH(tbnz, c->x[op->rn] >> op->how & 1)

static void op_br(struct a64_cpu *c, const struct a64_op *op)
{
	c->branches++;
	cpu_jump(c, c->x[op->rn]);
}

static void op_blr(struct a64_cpu *c, const struct a64_op *op)
{
	u64 to = c->x[op->rn];

	c->branches++;
	c->x[30] = cpu_pc(c, op) + 4;
	if (c->watch >> 30 & 1) /* it has no dependency */
		cpu_set_view(c, 30, 0);
	cpu_jump(c, to);
}

static void op_eret(struct a64_cpu *c, const struct a64_op *op)
{
	if (c->user)
		exception_undefined(c, op);
	else
		exception_return(c);
}

/* Firmware is called by HVC, or by SMC with el=2, as the device tree reports.  Without EL2 or EL3
 * in ID_AA64PFR0_EL1, and at EL0, the other is UNDEFINED (C6.2, HVC, SMC). */
static void op_hvc(struct a64_cpu *c, const struct a64_op *op)
{
	if (c->user)
		exception_undefined(c, op);
	else if (features.el == 2)
		machine_stop("CPU %u: pc %lx: HVC to EL2, which is not modelled", c->id,
			     cpu_pc(c, op));
	else
		psci_call(c, op);
}

static void op_smc(struct a64_cpu *c, const struct a64_op *op)
{
	if (c->user || features.el != 2)
		exception_undefined(c, op);
	else
		psci_call(c, op);
}

static void op_svc(struct a64_cpu *c, const struct a64_op *op)
{
	exception_take(c, cpu_pc(c, op) + 4, EC_SVC, op->word >> 5 & 0xffff);
}

static void op_brk(struct a64_cpu *c, const struct a64_op *op)
{
	exception_take(c, cpu_pc(c, op), EC_BRK, op->word >> 5 & 0xffff);
}

/* Permanently undefined. */
static void op_udf(struct a64_cpu *c, const struct a64_op *op)
{
	exception_undefined(c, op);
}

#define SAME(name)                                                                                 \
	{                                                                                          \
		op_##name, op_##name, op_##name, op_##name                                         \
	}
#define W_X(name)                                                                                  \
	{                                                                                          \
		op_##name##_w, op_##name##_x, op_##name##_w, op_##name##_x                         \
	}

const struct a64_row rows_branch[] = {
	{ 0xfc000000, 0x14000000, SAME(b), FORM_BRANCH, KIND_OTHER },
	{ 0xfc000000, 0x94000000, SAME(bl), FORM_BRANCH, KIND_RESULT },
	{ 0xff000010, 0x54000000, SAME(b_if), FORM_BRANCH_IF, KIND_BRANCH | KIND_TESTS },
	{ 0x7f000000, 0x34000000, W_X(cbz), FORM_BRANCH_ZERO, KIND_BRANCH },
	{ 0x7f000000, 0x35000000, W_X(cbnz), FORM_BRANCH_ZERO, KIND_BRANCH },
	{ 0x7f000000, 0x36000000, SAME(tbz), FORM_BRANCH_BIT, KIND_BRANCH },
	{ 0x7f000000, 0x37000000, SAME(tbnz), FORM_BRANCH_BIT, KIND_BRANCH },
	{ 0xfffffc1f, 0xd61f0000, SAME(br), FORM_BRANCH_TO, KIND_BRANCH },
	{ 0xfffffc1f, 0xd63f0000, SAME(blr), FORM_BRANCH_TO, KIND_BRANCH },
	{ 0xfffffc1f, 0xd65f0000, SAME(br), FORM_BRANCH_TO, KIND_BRANCH }, /* RET */
	{ 0xffffffff, 0xd69f03e0, SAME(eret), FORM_NONE, KIND_OTHER },
	{ 0xffe0001f, 0xd4000001, SAME(svc), FORM_NONE, KIND_OTHER },
	{ 0xffe0001f, 0xd4000002, SAME(hvc), FORM_NONE, KIND_OTHER },
	{ 0xffe0001f, 0xd4000003, SAME(smc), FORM_NONE, KIND_OTHER },
	{ 0xffe0001f, 0xd4200000, SAME(brk), FORM_NONE, KIND_OTHER },
	{ 0xffff0000, 0x00000000, SAME(udf), FORM_NONE, KIND_OTHER },
	{ 0 },
};
