/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/registers.h - system registers, by op0, op1, CRn, CRm, op2: register.c, clock.c,
 * counters.c, debug.c, gicv3.c; the ID registers are in id.c.
 *
 * An encoding is one of these: a register that is modelled; an ID register; one of a feature that
 * the ID registers deny, or of a higher exception level, which is UNDEFINED (denied.c); or unknown,
 * which stops the machine.
 */
#pragma once
#include "cpu.h"

/* Access from EL0.  Each value but the first three names the control of EL1 that traps it (user.c).
 */
enum a64_user {
	USER_NO, /* UNDEFINED */
	USER_ANY,
	USER_READS, /* a write is UNDEFINED */
	USER_CTR,   /* SCTLR_EL1.UCT; reads */
	USER_DAIF,  /* SCTLR_EL1.UMA */
	USER_CNTFRQ,
	USER_CNTPCT,
	USER_CNTVCT,
	USER_CNTP,
	USER_CNTV,
	USER_PM,
	USER_PM_CYCLES,
	USER_PM_EVENTS,
	USER_PM_SELECT,
	USER_PM_SOFTWARE,
	USER_CHANNEL, /* MDSCR_EL1.TDCC */
	USER_TPIDR2,  /* SCTLR_EL1.EnTP2 */
};

struct a64_register {
	const char *name;
	u32 code;
	u64 (*get)(struct a64_cpu *c);
	void (*set)(struct a64_cpu *c, u64 v);
	u16 at;           /* or the offset of a member of struct a64_cpu */
	bool synchronise; /* a member of struct a64_controls */
	bool el2;
	bool vector; /* CPACR_EL1.FPEN may trap it */
	bool sme;    /* CPACR_EL1.SMEN may trap it */
	u8 user;     /* enum a64_user */
};
#define REGISTER_CODE(op0, op1, n, m, op2) ((op0) << 14 | (op1) << 11 | (n) << 7 | (m) << 3 | (op2))
/* The same fields of MRS, MSR and SYS. */
static inline u32 register_code(u32 word)
{
	return word >> 5 & 0xffff;
}
#define AT(member) .at = offsetof(struct a64_cpu, member)
u64 register_zero(struct a64_cpu *c);
void register_ignore(struct a64_cpu *c, u64 v);
const struct a64_register *register_find(u32 code);
/* A read or write that the CPU may make at its exception level. */
u64 register_get(struct a64_cpu *c, const struct a64_register *r);
void register_set(struct a64_cpu *c, const struct a64_register *r, u64 v);
/* The register can be read, or written, at the CPU's exception level. */
bool register_exists(const struct a64_cpu *c, const struct a64_register *r, bool reads);

struct a64_registers {
	const struct a64_register *row;
	unsigned nr;
};
extern const struct a64_registers clock_registers, counters_registers, debug_registers,
	gic_registers, vector_registers, sme_registers;

/* ---- user.c: what EL0 may access.  False: an exception was taken. ---- */
bool user_register(struct a64_cpu *c, const struct a64_op *op, enum a64_user rule, bool reads);
bool user_sys(struct a64_cpu *c, const struct a64_op *op);
bool user_msr_field(struct a64_cpu *c, const struct a64_op *op);
/* WFI or WFE that would wait. */
bool user_waits(struct a64_cpu *c, const struct a64_op *op, bool event);

/* ---- denied.c ---- */
/* The encoding belongs to a feature that the ID registers deny, or to another exception level. */
bool denied_register(const struct a64_cpu *c, u32 code);
bool denied_sys(const struct a64_cpu *c, u32 word);
bool denied_instruction(u32 word);
bool denied_vector(u32 word);   /* of FP or AdvSIMD, which exist with fp=1 */
bool denied_scalable(u32 word); /* of SVE or SME; sme=1 has a few of them */
