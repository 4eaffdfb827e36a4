/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/debug.c - self-hosted debug (D2) and the debug communications channel, without a
 * debugger: two breakpoints and two watchpoints, as ID_AA64DFR0_EL1 reports.  Software may write
 * their registers; a debug exception that could be taken stops the machine.
 */
#include "registers.h"

#define MDSCR_SS 1ul
#define MDSCR_MDE BIT(15)
#define PAIR_ENABLED 1ul
#define LOCK_IMPLEMENTED 8ul /* OSLSR_EL1.OSLM 2: the OS lock is implemented */
#define LOCKED 2ul           /* OSLK */

static void check(struct a64_cpu *c)
{
	if (c->debug.mdscr & MDSCR_SS)
		machine_stop("CPU %u: pc %lx: software step (MDSCR_EL1.SS) is not modelled", c->id,
			     cpu_pc(c, c->next) - 4);
	for (unsigned i = 0; (c->debug.mdscr & MDSCR_MDE) && i < DEBUG_PAIRS; i++)
		if ((c->debug.bcr[i] | c->debug.wcr[i]) & PAIR_ENABLED)
			machine_stop(
				"CPU %u: pc %lx: breakpoint or watchpoint %u is enabled, which "
				"is not modelled",
				c->id, cpu_pc(c, c->next) - 4, i);
}

static u64 get_mdscr(struct a64_cpu *c)
{
	return c->debug.mdscr;
}

static void set_mdscr(struct a64_cpu *c, u64 v)
{
	c->debug.mdscr = v;
	check(c);
}

/* ---- breakpoints and watchpoints ---- */
#define VALUE(name, n)                                                                             \
	static u64 get_##name##n(struct a64_cpu *c)                                                \
	{                                                                                          \
		return c->debug.name[n];                                                           \
	}                                                                                          \
	static void set_##name##n(struct a64_cpu *c, u64 v)                                        \
	{                                                                                          \
		c->debug.name[n] = v;                                                              \
		check(c);                                                                          \
	}
#define PAIR(n) VALUE(bvr, n) VALUE(bcr, n) VALUE(wvr, n) VALUE(wcr, n)
PAIR(0)
PAIR(1)
_Static_assert(DEBUG_PAIRS == 2, "PAIR() and the rows below");

/* ---- the OS lock: it disables debug exceptions, of which there are none ---- */
static u64 get_lock(struct a64_cpu *c)
{
	return LOCK_IMPLEMENTED | (c->debug.unlocked ? 0 : LOCKED);
}

static void set_lock(struct a64_cpu *c, u64 v)
{
	c->debug.unlocked = !(v & 1);
}

static u64 get_double_lock(struct a64_cpu *c)
{
	return c->debug.double_lock;
}

static void set_double_lock(struct a64_cpu *c, u64 v)
{
	c->debug.double_lock = v & 1;
}

/* The claim bits are of software alone: eight of them, set by one register, cleared by the other,
 * which also reads them. */
#define CLAIMS 0xfful

static u64 get_claims_known(struct a64_cpu *c)
{
	(void)c;
	return CLAIMS;
}

static void set_claims(struct a64_cpu *c, u64 v)
{
	c->debug.claims |= v & CLAIMS;
}

static u64 get_claims(struct a64_cpu *c)
{
	return c->debug.claims;
}

static void clear_claims(struct a64_cpu *c, u64 v)
{
	c->debug.claims &= ~v;
}

#define VALUE_ROW(text, n, op2, name)                                                              \
	{                                                                                          \
		text, REGISTER_CODE(2, 0, 0, n, op2), .get = get_##name##n, .set = set_##name##n   \
	}
#define PAIR_ROWS(n)                                                                               \
	VALUE_ROW("DBGBVR_EL1", n, 4, bvr), VALUE_ROW("DBGBCR_EL1", n, 5, bcr),                    \
		VALUE_ROW("DBGWVR_EL1", n, 6, wvr), VALUE_ROW("DBGWCR_EL1", n, 7, wcr)

/* No debugger reads or writes the channel: it is empty, and what software sends is lost. */
static const struct a64_register rows[] = {
	{ "MDSCR_EL1", REGISTER_CODE(2, 0, 0, 2, 2), .get = get_mdscr, .set = set_mdscr },
	PAIR_ROWS(0),
	PAIR_ROWS(1),
	{ "OSDTRRX_EL1", REGISTER_CODE(2, 0, 0, 0, 2), .get = register_zero,
	  .set = register_ignore },
	{ "MDCCINT_EL1", REGISTER_CODE(2, 0, 0, 2, 0), .get = register_zero,
	  .set = register_ignore },
	{ "OSDTRTX_EL1", REGISTER_CODE(2, 0, 0, 3, 2), .get = register_zero,
	  .set = register_ignore },
	{ "OSECCR_EL1", REGISTER_CODE(2, 0, 0, 6, 2), .get = register_zero,
	  .set = register_ignore },
	{ "MDRAR_EL1", REGISTER_CODE(2, 0, 1, 0, 0), .get = register_zero },
	{ "OSLAR_EL1", REGISTER_CODE(2, 0, 1, 0, 4), .set = set_lock },
	{ "OSLSR_EL1", REGISTER_CODE(2, 0, 1, 1, 4), .get = get_lock },
	{ "OSDLR_EL1", REGISTER_CODE(2, 0, 1, 3, 4), .get = get_double_lock,
	  .set = set_double_lock },
	{ "DBGPRCR_EL1", REGISTER_CODE(2, 0, 1, 4, 4), .get = register_zero,
	  .set = register_ignore },
	{ "DBGCLAIMSET_EL1", REGISTER_CODE(2, 0, 7, 8, 6), .get = get_claims_known,
	  .set = set_claims },
	{ "DBGCLAIMCLR_EL1", REGISTER_CODE(2, 0, 7, 9, 6), .get = get_claims, .set = clear_claims },
	{ "DBGAUTHSTATUS_EL1", REGISTER_CODE(2, 0, 7, 14, 6), .get = register_zero },
	{ "MDCCSR_EL0", REGISTER_CODE(2, 3, 0, 1, 0), .get = register_zero, .user = USER_CHANNEL },
	{ "DBGDTR_EL0", REGISTER_CODE(2, 3, 0, 4, 0), .get = register_zero, .set = register_ignore,
	  .user = USER_CHANNEL },
	{ "DBGDTRRX_EL0", REGISTER_CODE(2, 3, 0, 5, 0), .get = register_zero,
	  .set = register_ignore, .user = USER_CHANNEL }, /* and DBGDTRTX_EL0 */
};
const struct a64_registers debug_registers = { rows, ARRAY_SIZE(rows) };
