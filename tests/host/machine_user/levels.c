/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_user/levels.c - exceptions from EL1 and EL0, returns from them, and the stack
 * pointers (D1.2, D1.4).
 */
#include "bench.h"
#include <stdio.h>

#define ERET 0xd69f03e0u
#define WFE 0xd503205fu
#define SVC(n) (0xd4000001u | (n) << 5)
#define BRK(n) (0xd4200000u | (n) << 5)

/* The mode that SPSR_EL1.M has, and the vectors of its exceptions (D1.4.1). */
static const struct mode {
	const char *name;
	bool user, sp0;
	u64 m, vectors;
} modes[] = {
	{ "EL1h", false, false, 5, 0x200 },
	{ "EL1t", false, true, 4, 0x000 },
	{ "EL0t", true, false, 0, 0x400 },
};

static struct a64_cpu *begin_in(const struct mode *m)
{
	struct a64_cpu *c = begin_at(AT_EL1);

	cpu_set_pstate(c, m->user, m->sp0, false);
	c->daif = 0;
	return c;
}

/* After an exception from this mode. */
static unsigned check_entry(const struct a64_cpu *c, const struct mode *m, const char *what,
			    u64 vector, u64 elr)
{
	u64 pc = cpu_pc(c, c->next);

	return complain(pc != VECTORS + m->vectors + vector || c->elr != elr || c->user || c->sp0 ||
				(c->spsr & 31) != m->m || c->daif != DAIF_ALL ||
				c->x[SP] != STACK_EL1 || c->sp_el0 != STACK_EL0 || c->unprivileged,
			"%s: %s: pc %lx, ELR %lx, SPSR %lx, SP %lx", m->name, what, pc, c->elr,
			c->spsr, c->x[SP]);
}

static unsigned check_vectors(const struct mode *m)
{
	struct a64_cpu *c = begin_in(m);
	unsigned bad = complain(c->x[SP] != (m->user || m->sp0 ? STACK_EL0 : STACK_EL1),
				"%s: SP %lx", m->name, c->x[SP]);

	execute(SVC(0x1234u));
	bad += check_entry(c, m, "SVC", 0, TEXT + 4);
	bad += complain(exception_of() != 0x15 || syndrome() != 0x1234, "%s: SVC: %x %lx", m->name,
			exception_of(), syndrome());
	c = begin_in(m);
	execute(BRK(0x4321u));
	bad += check_entry(c, m, "BRK", 0, TEXT);
	bad += complain(exception_of() != 0x3c || syndrome() != 0x4321, "%s: BRK: %x %lx", m->name,
			exception_of(), syndrome());
	c = begin_in(m);
	c->serror = true;
	exception_interrupts(c);
	bad += check_entry(c, m, "SError", 0x180, TEXT);
	c = begin_in(m);
	exception_interrupt(c);
	bad += check_entry(c, m, "IRQ", 0x80, TEXT);
	return bad;
}

/* SCTLR_EL1.SPAN 0: an exception sets PAN. */
static unsigned check_pan(const struct mode *m)
{
	unsigned bad = 0;

	for (unsigned i = 0; i < 4; i++) {
		struct a64_cpu *c = begin_in(m);
		bool span = i & 1, pan = i & 2;

		set_control(SCTLR_SPAN, span);
		cpu_set_pstate(c, m->user, m->sp0, pan);
		execute(SVC(0u));
		bad += complain(c->pan != (pan || !span) || (c->spsr >> 22 & 1) != pan,
				"%s: SPAN %u, PAN %u: PAN is %u, SPSR %lx", m->name, span, pan,
				c->pan, c->spsr);
	}
	return bad;
}

/* ---- returns ---- */
static unsigned check_return(const struct mode *m)
{
	struct a64_cpu *c = begin_at(AT_EL1);

	c->spsr = m->m | 0xful << 28 | BIT(22) | DAIF_I;
	c->elr = PAGE;
	set_page(0x80 | BIT(6), 0);
	execute(ERET);
	return complain(c->user != m->user || c->sp0 != m->sp0 || c->illegal || c->nzcv != 15 ||
				!c->pan || c->daif != DAIF_I || cpu_pc(c, c->next) != PAGE ||
				c->unprivileged != m->user ||
				c->x[SP] != (m->user || m->sp0 ? STACK_EL0 : STACK_EL1),
			"ERET to %s: SPSR %lx, pc %lx, SP %lx", m->name, cpu_pstate(c),
			cpu_pc(c, c->next), c->x[SP]);
}

/* It sets the event register: the next WFE does not wait, and the one after it does. */
static unsigned check_event(bool illegal)
{
	struct a64_cpu *c = begin_at(AT_EL1);
	enum cpu_state first;

	c->spsr = illegal ? 1 : 5;
	c->elr = TEXT;
	execute(ERET);
	c->illegal = false;
	execute(WFE);
	first = c->state;
	execute(WFE);
	return complain(first != CPU_ON || c->state != CPU_WAITS_EVENT,
			"WFE after ERET%s: state %d, then %d", illegal ? " that is illegal" : "",
			first, c->state);
}

/* D1.4.4: a mode that is not implemented, higher, or reserved; and SPSR_EL1.IL. */
static unsigned check_illegal(void)
{
	static const u64 illegal[] = { 1, 2, 3, 6, 7, 8, 9, 12, 13, 0x10, 0x13, BIT(20) };
	unsigned bad = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(illegal); i++) {
		struct a64_cpu *c = begin_at(AT_EL1);

		c->spsr = illegal[i];
		c->elr = TEXT + 0x100;
		c->daif = 0;
		execute(ERET);
		bad += complain(exception_of() != 0x0e || c->elr != TEXT + 0x100 ||
					!(c->spsr & BIT(20)) || c->illegal ||
					(c->spsr & 31) != (illegal[i] == BIT(20) ? 0 : 5),
				"ERET with SPSR %lx: class %x, ELR %lx, SPSR %lx", illegal[i],
				exception_of(), c->elr, c->spsr);
	}
	return bad;
}

/* ---- which fetches and accesses the CPU's class of exception names ---- */
static unsigned check_classes(void)
{
	unsigned bad = 0;

	for (unsigned user = 0; user < 2; user++) {
		struct a64_cpu *c = begin_at(user ? AT_EL0 : AT_EL1);

		set_page(NO_LEAF, 0);
		execute_at(PAGE);
		bad += complain(exception_of() != 0x21 - user || c->elr != PAGE || c->far != PAGE,
				"a fetch at EL%u: class %x", !user, exception_of());
		c = begin_at(user ? AT_EL0 : AT_EL1);
		set_page(NO_LEAF, 0);
		c->x[2] = PAGE;
		execute(0xf9400041);
		bad += complain(exception_of() != 0x25 - user || (syndrome() & 63) != 7,
				"a load at EL%u: class %x, ISS %lx", !user, exception_of(),
				syndrome());
		c = begin_at(user ? AT_EL0 : AT_EL1);
		execute_at(TEXT + 2);
		bad += complain(exception_of() != 0x22 || c->far != TEXT + 2 || c->elr != TEXT + 2,
				"a pc that is not aligned at EL%u: class %x", !user,
				exception_of());
	}
	return bad;
}

/* ---- the stack pointer ---- */
#define MRS_SP_EL0 0xd5384101u /* mrs x1, sp_el0 */
#define MSR_SP_EL0 0xd5184101u
#define MSR_SPSEL_0 0xd50040bfu
#define MSR_SPSEL_1 0xd50041bfu
#define MSR_SPSEL_X 0xd5184201u
#define MRS_SPSEL 0xd5384201u

static unsigned check_select(void)
{
	struct a64_cpu *c = begin_at(AT_EL1);
	unsigned bad;

	execute(MRS_SP_EL0);
	bad = complain(c->x[1] != STACK_EL0, "SP_EL0 at EL1h: %lx", c->x[1]);
	execute(MSR_SPSEL_0);
	bad += complain(c->x[SP] != STACK_EL0 || c->sp_el1 != STACK_EL1, "SPSel 0: SP %lx",
			c->x[SP]);
	execute(MRS_SPSEL);
	bad += complain(c->x[1] != 0, "SPSel reads %lx", c->x[1]);
	execute(MRS_SP_EL0);
	bad += complain(exception_of() != 0, "a read of SP_EL0 as the stack pointer: class %x",
			exception_of());
	c = begin_at(AT_EL1);
	execute(MSR_SPSEL_0);
	execute(MSR_SP_EL0);
	bad += complain(exception_of() != 0, "a write of SP_EL0 as the stack pointer: class %x",
			exception_of());
	c = begin_at(AT_EL1);
	c->x[1] = 0;
	execute(MSR_SPSEL_X);
	bad += complain(c->x[SP] != STACK_EL0, "SPSel 0 by a register: SP %lx", c->x[SP]);
	execute(MSR_SPSEL_1);
	bad += complain(c->x[SP] != STACK_EL1, "SPSel 1: SP %lx", c->x[SP]);
	return bad;
}

/* SCTLR_EL1.SA and SA0 (D1.4.10.2): an access whose base is the stack pointer, before its address
 * is translated.  `moves` changes SP by 8 first. */
static const struct {
	const char *name;
	u32 word;
	bool checked;
} accesses[] = {
	{ "ldr x1, [sp]", 0xf94003e1, true },       { "str x1, [sp, #8]", 0xf90007e1, true },
	{ "ldr x1, [sp], #8", 0xf84087e1, true },   { "stp x1, x2, [sp, #-16]!", 0xa9bf0be1, true },
	{ "ldr x1, [sp, x3]", 0xf8636be1, true },   { "ldxr x1, [sp]", 0xc85f7fe1, true },
	{ "ldadd x1, x3, [sp]", 0xf82103e3, true }, { "ldar x1, [sp]", 0xc8dfffe1, true },
	{ "ldtr x1, [sp]", 0xf8400be1, true },      { "prfm pldl1keep, [sp]", 0xf98003e0, false },
	{ "ldr x1, [x2]", 0xf9400041, false },      { "add x1, sp, #1", 0x910007e1, false },
};

static const struct {
	const char *name;
	u32 word;
} moves[] = {
	{ "sub sp, sp, #8", 0xd10023ff },
	{ "add sp, sp, #24", 0x910063ff },
	{ "mov sp, x4", 0x9100009f },
	{ "add sp, sp, x5", 0x8b2563ff },
	{ "and sp, x4, #-8", 0x927df09f },
	{ "str x1, [sp], #8", 0xf80087e1 },
	{ "ldp x1, x6, [sp], #24", 0xa8c19be1 },
};

static struct a64_cpu *begin_stack(bool user, bool on)
{
	struct a64_cpu *c = begin_at(user ? AT_EL0 : AT_EL1);

	set_page(BIT(6), 0);
	set_control(user ? SCTLR_SA0 : SCTLR_SA, on);
	set_control(user ? SCTLR_SA : SCTLR_SA0, !on);
	c->x[SP] = PAGE + 0x100;
	cpu_stack_moved(c);
	c->x[2] = PAGE + 0x108;
	c->x[3] = 0;
	c->x[4] = PAGE + 0x108;
	c->x[5] = 8;
	return c;
}

static unsigned check_stack(unsigned i, unsigned how, bool user, bool on)
{
	struct a64_cpu *c = begin_stack(user, on);
	unsigned bad;
	bool faults = accesses[i].checked && on;

	execute(accesses[i].word);
	bad = complain(exception_of() != NO_EXCEPTION, "%s, aligned: class %x", accesses[i].name,
		       exception_of());
	c = begin_stack(user, on);
	execute(moves[how].word);
	execute(accesses[i].word);
	bad += complain(faults ? exception_of() != 0x26 || c->elr != TEXT
			       : exception_of() != NO_EXCEPTION,
			"EL%u: %s; %s with the check %s: class %x", !user, moves[how].name,
			accesses[i].name, on ? "on" : "off", exception_of());
	return bad;
}

/* After it has been unaligned, an aligned stack pointer is not checked, and costs nothing. */
static unsigned check_realigned(void)
{
	struct a64_cpu *c = begin_stack(false, true);
	unsigned bad;

	execute(moves[0].word);
	bad = complain(!(c->watch >> SP & 1), "an unaligned stack pointer is not watched");
	execute(moves[0].word);
	bad += complain(c->watch >> SP & 1, "an aligned stack pointer is watched");
	execute(accesses[0].word);
	return bad +
	       complain(exception_of() != NO_EXCEPTION, "aligned again: class %x", exception_of());
}

unsigned check_levels(void)
{
	unsigned bad = check_illegal() + check_event(false) + check_event(true) + check_classes() +
		       check_select() + check_realigned();

	for (unsigned i = 0; i < ARRAY_SIZE(modes); i++)
		bad += check_vectors(&modes[i]) + check_pan(&modes[i]) + check_return(&modes[i]);
	for (unsigned i = 0; i < 4 * ARRAY_SIZE(accesses) * ARRAY_SIZE(moves); i++)
		bad += check_stack(i / 4 % ARRAY_SIZE(accesses), i / 4 / ARRAY_SIZE(accesses),
				   i & 1, i & 2);
	return bad;
}
