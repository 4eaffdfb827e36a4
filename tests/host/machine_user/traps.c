/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_user/traps.c - system instructions at EL0: executed, trapped to EL1 by a
 * control (class 0x18; 0x01 for WFI and WFE), or UNDEFINED (the pseudocode of each register, and
 * D24.2 of the controls).  The name of a row is its assembler text.
 */
#include "bench.h"
#include <stdio.h>

enum control { NONE, SCTLR, CNTKCTL, PMUSERENR, MDSCR };
enum { RUNS = 0xff, UNDEFINED = 0, SYSTEM = 0x18, WAIT = 0x01 };

/* ISS of a trap, by op0, op1, CRn, CRm, op2; Rt is 1 */
#define ISS(op0, op1, n, m, op2, reads)                                                            \
	((u32)(op0) << 20 | (op2) << 17 | (op1) << 14 | (n) << 10 | 1u << 5 | (m) << 1 | (reads))
#define IMMEDIATE(op1, m, op2) (4u << 10 | (op2) << 17 | (op1) << 14 | 31u << 5 | (m) << 1)
#define WAITS(wfe) (1u << 24 | 14u << 20 | (wfe))

static const struct trap {
	const char *name;
	u32 word;
	enum control control;
	u64 bits;       /* of the control: all other bits are the inverse */
	unsigned class; /* RUNS: no exception */
	u32 iss;
} traps[] = {
	{ "mrs x1, nzcv", 0xd53b4201, NONE, 0, RUNS, 0 },
	{ "msr nzcv, x1", 0xd51b4201, NONE, 0, RUNS, 0 },
	{ "mrs x1, tpidr_el0", 0xd53bd041, NONE, 0, RUNS, 0 },
	{ "msr tpidr_el0, x1", 0xd51bd041, NONE, 0, RUNS, 0 },
	{ "mrs x1, tpidrro_el0", 0xd53bd061, NONE, 0, RUNS, 0 },
	{ "msr tpidrro_el0, x1", 0xd51bd061, NONE, 0, UNDEFINED, 0 },
	{ "mrs x1, dczid_el0", 0xd53b00e1, NONE, 0, RUNS, 0 },
	{ "mrs x1, tpidr_el1", 0xd538d081, NONE, 0, UNDEFINED, 0 },
	{ "msr tpidr_el1, x1", 0xd518d081, NONE, 0, UNDEFINED, 0 },
	{ "mrs x1, sp_el0", 0xd5384101, NONE, 0, UNDEFINED, 0 },
	{ "mrs x1, currentel", 0xd5384241, NONE, 0, UNDEFINED, 0 },
	{ "mrs x1, midr_el1", 0xd5380001, NONE, 0, UNDEFINED, 0 },
	{ "mrs x1, id_aa64mmfr0_el1", 0xd5380701, NONE, 0, UNDEFINED, 0 },
	{ "mrs x1, id_aa64isar0_el1", 0xd5380601, NONE, 0, UNDEFINED, 0 },
	{ "mrs x1, clidr_el1", 0xd5390021, NONE, 0, UNDEFINED, 0 },
	{ "mrs x1, sctlr_el1", 0xd5381001, NONE, 0, UNDEFINED, 0 },
	{ "msr vbar_el1, x1", 0xd518c001, NONE, 0, UNDEFINED, 0 },
	{ "mrs x1, hcr_el2", 0xd53c1101, NONE, 0, UNDEFINED, 0 },
	{ "msr spsel, #0", 0xd50040bf, NONE, 0, UNDEFINED, 0 },
	{ "msr pan, #1", 0xd500419f, NONE, 0, UNDEFINED, 0 },
	{ "mrs x1, mdscr_el1", 0xd5300241, NONE, 0, UNDEFINED, 0 },
	{ "mrs x1, icc_iar1_el1", 0xd538cc01, NONE, 0, UNDEFINED, 0 },
	{ "eret", 0xd69f03e0, NONE, 0, UNDEFINED, 0 },
	{ "hvc #0", 0xd4000002, NONE, 0, UNDEFINED, 0 },
	{ "smc #0", 0xd4000003, NONE, 0, UNDEFINED, 0 },
	{ "hlt #0", 0xd4400000, NONE, 0, UNDEFINED, 0 },
	{ "udf #0", 0x00000000, NONE, 0, UNDEFINED, 0 },
	{ "tlbi vmalle1is", 0xd508831f, NONE, 0, UNDEFINED, 0 },
	{ "tlbi vae1, x1", 0xd5088721, NONE, 0, UNDEFINED, 0 },
	{ "at s1e1r, x2", 0xd5087802, NONE, 0, UNDEFINED, 0 },
	{ "at s1e0r, x2", 0xd5087842, NONE, 0, UNDEFINED, 0 },
	{ "ic ialluis", 0xd508711f, NONE, 0, UNDEFINED, 0 },
	{ "dc ivac, x2", 0xd5087622, NONE, 0, UNDEFINED, 0 },
	{ "dc isw, x2", 0xd5087642, NONE, 0, UNDEFINED, 0 },
	{ "dc cvap, x2", 0xd50b7c22, SCTLR, BIT(26), UNDEFINED, 0 },
	{ "fadd d0, d1, d2", 0x1e622820, NONE, 0, UNDEFINED, 0 },
	{ "ldr q0, [x2]", 0x3dc00040, NONE, 0, UNDEFINED, 0 },
	{ "mrs x1, fpcr", 0xd53b4401, NONE, 0, UNDEFINED, 0 },
	{ "mrs x1, ctr_el0", 0xd53b0021, SCTLR, BIT(15), RUNS, 0 },
	{ "mrs x1, ctr_el0", 0xd53b0021, SCTLR, ~BIT(15), SYSTEM, ISS(3, 3, 0, 0, 1, 1) },
	{ "msr s3_3_c0_c0_1, x1", 0xd51b0021, SCTLR, BIT(15), UNDEFINED, 0 },
	{ "mrs x1, daif", 0xd53b4221, SCTLR, BIT(9), RUNS, 0 },
	{ "mrs x1, daif", 0xd53b4221, SCTLR, ~BIT(9), SYSTEM, ISS(3, 3, 4, 2, 1, 1) },
	{ "msr daif, x1", 0xd51b4221, SCTLR, BIT(9), RUNS, 0 },
	{ "msr daif, x1", 0xd51b4221, SCTLR, ~BIT(9), SYSTEM, ISS(3, 3, 4, 2, 1, 0) },
	{ "msr daifset, #2", 0xd50342df, SCTLR, BIT(9), RUNS, 0 },
	{ "msr daifset, #2", 0xd50342df, SCTLR, ~BIT(9), SYSTEM, IMMEDIATE(3, 2, 6) },
	{ "msr daifclr, #15", 0xd5034fff, SCTLR, ~BIT(9), SYSTEM, IMMEDIATE(3, 15, 7) },
	{ "dc cvau, x1", 0xd50b7b21, SCTLR, BIT(26), RUNS, 0 },
	{ "dc cvau, x1", 0xd50b7b21, SCTLR, ~BIT(26), SYSTEM, ISS(1, 3, 7, 11, 1, 0) },
	{ "dc cvac, x1", 0xd50b7a21, SCTLR, BIT(26), RUNS, 0 },
	{ "dc cvac, x1", 0xd50b7a21, SCTLR, ~BIT(26), SYSTEM, ISS(1, 3, 7, 10, 1, 0) },
	{ "dc civac, x1", 0xd50b7e21, SCTLR, BIT(26), RUNS, 0 },
	{ "dc civac, x1", 0xd50b7e21, SCTLR, ~BIT(26), SYSTEM, ISS(1, 3, 7, 14, 1, 0) },
	{ "ic ivau, x1", 0xd50b7521, SCTLR, BIT(26), RUNS, 0 },
	{ "ic ivau, x1", 0xd50b7521, SCTLR, ~BIT(26), SYSTEM, ISS(1, 3, 7, 5, 1, 0) },
	{ "dc zva, x1", 0xd50b7421, SCTLR, BIT(14), RUNS, 0 },
	{ "dc zva, x1", 0xd50b7421, SCTLR, ~BIT(14), SYSTEM, ISS(1, 3, 7, 4, 1, 0) },
	{ "wfi", 0xd503207f, SCTLR, BIT(16), RUNS, 0 },
	{ "wfi", 0xd503207f, SCTLR, ~BIT(16), WAIT, WAITS(0) },
	{ "wfe", 0xd503205f, SCTLR, BIT(18), RUNS, 0 },
	{ "wfe", 0xd503205f, SCTLR, ~BIT(18), WAIT, WAITS(1) },
	{ "mrs x1, cntfrq_el0", 0xd53be001, CNTKCTL, BIT(0), RUNS, 0 },
	{ "mrs x1, cntfrq_el0", 0xd53be001, CNTKCTL, BIT(1), RUNS, 0 },
	{ "mrs x1, cntfrq_el0", 0xd53be001, CNTKCTL, ~3ul, SYSTEM, ISS(3, 3, 14, 0, 0, 1) },
	{ "msr cntfrq_el0, x1", 0xd51be001, CNTKCTL, BIT(0), UNDEFINED, 0 },
	{ "mrs x1, cntpct_el0", 0xd53be021, CNTKCTL, BIT(0), RUNS, 0 },
	{ "mrs x1, cntpct_el0", 0xd53be021, CNTKCTL, ~BIT(0), SYSTEM, ISS(3, 3, 14, 0, 1, 1) },
	{ "mrs x1, cntvct_el0", 0xd53be041, CNTKCTL, BIT(1), RUNS, 0 },
	{ "mrs x1, cntvct_el0", 0xd53be041, CNTKCTL, ~BIT(1), SYSTEM, ISS(3, 3, 14, 0, 2, 1) },
	{ "msr cntv_ctl_el0, x1", 0xd51be321, CNTKCTL, BIT(8), RUNS, 0 },
	{ "msr cntv_ctl_el0, x1", 0xd51be321, CNTKCTL, ~BIT(8), SYSTEM, ISS(3, 3, 14, 3, 1, 0) },
	{ "mrs x1, cntp_tval_el0", 0xd53be201, CNTKCTL, BIT(9), RUNS, 0 },
	{ "mrs x1, cntp_tval_el0", 0xd53be201, CNTKCTL, ~BIT(9), SYSTEM, ISS(3, 3, 14, 2, 0, 1) },
	{ "mrs x1, pmcr_el0", 0xd53b9c01, PMUSERENR, BIT(0), RUNS, 0 },
	{ "mrs x1, pmcr_el0", 0xd53b9c01, PMUSERENR, ~BIT(0), SYSTEM, ISS(3, 3, 9, 12, 0, 1) },
	{ "mrs x1, pmccntr_el0", 0xd53b9d01, PMUSERENR, BIT(2), RUNS, 0 },
	{ "mrs x1, pmccntr_el0", 0xd53b9d01, PMUSERENR, ~5ul, SYSTEM, ISS(3, 3, 9, 13, 0, 1) },
	{ "msr pmccntr_el0, x1", 0xd51b9d01, PMUSERENR, BIT(2), SYSTEM, ISS(3, 3, 9, 13, 0, 0) },
	{ "msr pmccntr_el0, x1", 0xd51b9d01, PMUSERENR, BIT(0), RUNS, 0 },
	{ "mrs x1, pmevcntr0_el0", 0xd53be801, PMUSERENR, BIT(3), RUNS, 0 },
	{ "mrs x1, pmevcntr0_el0", 0xd53be801, PMUSERENR, ~9ul, SYSTEM, ISS(3, 3, 14, 8, 0, 1) },
	{ "msr pmselr_el0, x1", 0xd51b9ca1, PMUSERENR, BIT(3), RUNS, 0 },
	{ "msr pmswinc_el0, x1", 0xd51b9c81, PMUSERENR, BIT(1), RUNS, 0 },
	{ "msr pmswinc_el0, x1", 0xd51b9c81, PMUSERENR, ~3ul, SYSTEM, ISS(3, 3, 9, 12, 4, 0) },
	{ "mrs x1, pmuserenr_el0", 0xd53b9e01, PMUSERENR, 0, RUNS, 0 },
	{ "msr pmuserenr_el0, x1", 0xd51b9e01, PMUSERENR, ~0ul, UNDEFINED, 0 },
	{ "msr pmintenset_el1, x1", 0xd5189e21, PMUSERENR, ~0ul, UNDEFINED, 0 },
	{ "mrs x1, mdccsr_el0", 0xd5330101, MDSCR, 0, RUNS, 0 },
	{ "mrs x1, mdccsr_el0", 0xd5330101, MDSCR, BIT(12), SYSTEM, ISS(2, 3, 0, 1, 0, 1) },
};

static void set(struct a64_cpu *c, const struct trap *t)
{
	const u64 all = BIT(9) | BIT(14) | BIT(15) | BIT(16) | BIT(18) | BIT(26);

	switch (t->control) {
	case SCTLR:
		set_control(all & t->bits, true);
		set_control(all & ~t->bits, false);
		break;
	case CNTKCTL:
		c->cntkctl = t->bits & 0x303;
		break;
	case PMUSERENR:
		c->pmuserenr = t->bits & 15;
		break;
	case MDSCR:
		c->debug.mdscr = t->bits;
		break;
	case NONE:
		break;
	}
}

static unsigned check(const struct trap *t)
{
	struct a64_cpu *c = begin_at(AT_EL0);

	set_page(BIT(6), 0);
	set(c, t);
	c->x[1] = PAGE;
	c->x[2] = PAGE;
	execute(t->word);
	return complain(
		last_stop || exception_of() != t->class ||
			(t->class != RUNS && (syndrome() != t->iss || c->elr != TEXT || c->user)) ||
			(t->class == RUNS && !c->user),
		"%s at EL0: class %x, ISS %lx, wanted %x, %x; ELR %lx; %s", t->name, exception_of(),
		syndrome(), t->class, t->iss, c->elr, last_stop ? last_stop : "");
}

/* WFE that an event ends, and WFI with an interrupt pending, do not wait: they are not trapped. */
static unsigned check_no_wait(void)
{
	struct a64_cpu *c = begin_at(AT_EL0);

	set_control(BIT(16) | BIT(18), false);
	c->event = true;
	execute(0xd503205f);
	return complain(exception_of() != NO_EXCEPTION || c->event, "WFE with an event: class %x",
			exception_of());
}

unsigned check_traps(void)
{
	unsigned bad = check_no_wait();

	for (unsigned i = 0; i < ARRAY_SIZE(traps); i++)
		bad += check(&traps[i]);
	return bad;
}
