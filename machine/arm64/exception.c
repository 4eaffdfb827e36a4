/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/exception.c - exceptions to EL1, and when interrupts are taken (D1.4).
 */
#include "cpu.h"
#include <machine/random.h>

#define SPSR_PAN BIT(22)
#define SPSR_IL BIT(20)
#define SPSR_MODE 31ul
#define SPSR_EL0T 0ul
#define SPSR_EL1T 4ul
#define SPSR_EL1H 5ul
#define VECTOR_SP0 0x000u /* from EL1 with SP_EL0 */
#define VECTOR_EL1 0x200u
#define VECTOR_EL0 0x400u
#define VECTOR_SYNC 0x000u
#define VECTOR_IRQ 0x080u
#define VECTOR_SERROR 0x180u
#define ESR_IL BIT(25)

u64 cpu_pstate(const struct a64_cpu *c)
{
	u64 mode = c->user ? SPSR_EL0T : c->sp0 ? SPSR_EL1T : SPSR_EL1H;

	return (u64)c->nzcv << 28 | (c->pan ? SPSR_PAN : 0) | (c->illegal ? SPSR_IL : 0) | c->daif |
	       mode;
}

/* Entry is a context synchronisation event.  It does not change the flags: the pseudocode of
 * AArch64.TakeException() lists the fields of PSTATE that it writes, and N, Z, C and V are not
 * among them. */
static void enter(struct a64_cpu *c, u64 pc, unsigned vector)
{
	unsigned from = c->user ? VECTOR_EL0 : c->sp0 ? VECTOR_SP0 : VECTOR_EL1;
	bool pan = c->pan || (features.pan && !(c->now.sctlr & SCTLR_SPAN));

	if (c->at_el2)
		machine_stop("CPU %u: pc %lx: an exception at EL2, which is not modelled", c->id,
			     pc);
	c->spsr = cpu_pstate(c);
	c->system_view = later_view(c->system_view, cpu_depends(c, FLAGS));
	c->elr = pc;
	c->daif = DAIF_ALL;
	c->illegal = false;
	cpu_set_pstate(c, false, false, pan);
	cpu_synchronise(c, c->now.vbar + from + vector);
}

void exception_take(struct a64_cpu *c, u64 pc, unsigned ec, u64 iss)
{
	c->esr = (u64)ec << 26 | ESR_IL | iss;
	enter(c, pc, VECTOR_SYNC);
	cpu_yield(c);
}

/* ACCESS_NR: the address of an instruction is not aligned. */
void exception_abort(struct a64_cpu *c, u64 pc, u64 va, enum a64_access access, u8 status, u64 iss)
{
	unsigned ec = access == ACCESS_NR      ? EC_PC_ALIGN
		      : access == ACCESS_FETCH ? EC_FETCH - c->user
					       : EC_DATA - c->user;

	c->far = va;
	c->instret--; /* an instruction that aborts does not retire */
	exception_take(c, pc, ec, iss | status | (access == ACCESS_STORE ? ESR_WRITE : 0));
}

/* The accesses that the sender of an interrupt had completed are ordered before those of the
 * handler. */
void exception_interrupt(struct a64_cpu *c)
{
	struct observer *o = &ordering.cpu[c->id];

	o->floor = later_view(o->floor, c->interrupt_view);
	o->walk = later_view(o->walk, c->interrupt_view);
	enter(c, cpu_pc(c, c->next), VECTOR_IRQ);
}

static void serror(struct a64_cpu *c)
{
	c->serror = false;
	c->esr = (u64)EC_SERROR << 26 | ESR_IL;
	enter(c, cpu_pc(c, c->next), VECTOR_SERROR);
}

void exception_interrupts(struct a64_cpu *c)
{
	if (c->serror && !(c->daif & DAIF_A) && !c->at_el2)
		serror(c);
	if (!(c->daif & DAIF_I) && !c->at_el2 && cpu_interrupted(c))
		exception_interrupt(c);
}

/* EL0t, EL1t and EL1h of AArch64 can be returned to (D1.4.4, "Illegal exception returns"). */
static bool legal(u64 mode)
{
	return mode == SPSR_EL0T || mode == SPSR_EL1T || mode == SPSR_EL1H;
}

/* Leave EL2 for ever.  Software must have written the controls that are UNKNOWN at reset and could
 * trap or redirect EL1 (D1.6.3, reset; D24.2 of each register).
 */
static void leave_el2(struct a64_cpu *c)
{
	const struct a64_el2 *e = &c->el2;
	const struct {
		const char *name;
		bool wrong;
	} checks[] = {
		{ "HCR_EL2", e->hcr != 1ul << 31 },
		{ "CPTR_EL2 (TCPAC)", e->cptr >> 31 & 1 },
		{ "CPTR_EL2 (TFP)", features.fp && (e->cptr >> 10 & 1) },
		{ "CNTHCTL_EL2", (e->cnthctl & 3) != 3 },
		{ "CNTVOFF_EL2", e->cntvoff },
		{ "HSTR_EL2", e->hstr },
		{ "VTTBR_EL2", e->vttbr },
		{ "MDCR_EL2", e->mdcr != 1 },
		{ "VMPIDR_EL2", e->vmpidr != id_mpidr(c->id) },
		{ "VPIDR_EL2", (e->vpidr ^ id_midr(c->id)) >> 20 != 0 },
		{ "ICH_HCR_EL2", features.gic == 3 && (e->ich_hcr & 1) },
		{ "SCTLR_EL1", c->written.sctlr & 1 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(checks); i++)
		if (checks[i].wrong)
			machine_stop("CPU %u: EL1 is entered with %s as reset left it", c->id,
				     checks[i].name);
	c->at_el2 = false;
	c->spsr = e->spsr;
	c->elr = e->elr;
	c->x[SP] = random_u64(); /* SP_EL1 */
	cpu_stack_moved(c);
	if (!legal(c->spsr & SPSR_MODE))
		machine_stop("CPU %u: ERET with SPSR_EL2 %lx, which is not modelled", c->id,
			     c->spsr);
}

/* ERET clears the exclusive monitor and sets the event register, also if it is illegal (D1.4.4): a
 * loop of a load and WFE does not miss what an interrupt handler of its CPU stores between the two.
 * After an illegal return, or one that restores PSTATE.IL, the next instruction is an Illegal
 * Execution state exception; such a return changes neither exception level nor stack pointer. */
void exception_return(struct a64_cpu *c)
{
	u64 s, mode;

	if (c->at_el2)
		leave_el2(c);
	s = c->spsr;
	mode = s & SPSR_MODE;
	c->nzcv = (u32)(s >> 28);
	c->daif = s & DAIF_ALL;
	c->illegal = (s & SPSR_IL) || !legal(mode);
	cpu_set_pstate(c, legal(mode) ? mode == SPSR_EL0T : c->user,
		       legal(mode) ? mode == SPSR_EL1T : c->sp0, (s & SPSR_PAN) && features.pan);
	c->reserved = 0;
	c->event = true;
	cpu_set_view(c, FLAGS, c->system_view);
	cpu_synchronise(c, c->elr);
	if (c->illegal)
		exception_take(c, cpu_pc(c, c->next), EC_ILLEGAL, 0);
	cpu_yield(c);
}
