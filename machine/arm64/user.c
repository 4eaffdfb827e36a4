/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/user.c - system instructions at EL0: those that controls of EL1 trap (D1.4.8, D24.2
 * of SCTLR_EL1, CNTKCTL_EL1, PMUSERENR_EL0 and MDSCR_EL1), and those that are UNDEFINED there.
 */
#include "registers.h"

/* SCTLR_EL1 */
#define CONTROL_UMA BIT(9)
#define CONTROL_DZE BIT(14)
#define CONTROL_UCT BIT(15)
#define CONTROL_NTWI BIT(16)
#define CONTROL_NTWE BIT(18)
#define CONTROL_UCI BIT(26)
#define CONTROL_TP2 BIT(60)
/* CNTKCTL_EL1 */
#define CLOCK_PCT BIT(0)
#define CLOCK_VCT BIT(1)
#define CLOCK_VT BIT(8)
#define CLOCK_PT BIT(9)
/* PMUSERENR_EL0 */
#define PM_EN BIT(0)
#define PM_SW BIT(1)
#define PM_CR BIT(2)
#define PM_ER BIT(3)
#define CHANNEL_TDCC BIT(12) /* MDSCR_EL1 */

/* ISS of a trapped MSR, MRS or SYS (D24.2, ESR_EL1). */
static bool trapped(struct a64_cpu *c, const struct a64_op *op)
{
	u32 w = op->word;
	u64 iss = (w >> 19 & 3) << 20 | (w >> 5 & 7) << 17 | (w >> 16 & 7) << 14 |
		  (w >> 12 & 15) << 10 | (w & 31) << 5 | (w >> 8 & 15) << 1 | (w >> 21 & 1);

	exception_take(c, cpu_pc(c, op), EC_SYSTEM, iss);
	return false;
}

static bool undefined(struct a64_cpu *c, const struct a64_op *op)
{
	exception_undefined(c, op);
	return false;
}

enum control { CONTROL_SYSTEM, CONTROL_CLOCK, CONTROL_PM, CONTROL_DEBUG };

/* An access is trapped unless a bit of `reads` (or, for a write, `writes`) is set in the control;
 * with `inverse` unless it is clear. */
static const struct rule {
	u8 control;
	bool inverse;
	u64 reads, writes;
} rules[] = {
	[USER_CTR] = { CONTROL_SYSTEM, false, CONTROL_UCT, 0 },
	[USER_DAIF] = { CONTROL_SYSTEM, false, CONTROL_UMA, CONTROL_UMA },
	[USER_CNTFRQ] = { CONTROL_CLOCK, false, CLOCK_PCT | CLOCK_VCT, 0 },
	[USER_CNTPCT] = { CONTROL_CLOCK, false, CLOCK_PCT, 0 },
	[USER_CNTVCT] = { CONTROL_CLOCK, false, CLOCK_VCT, 0 },
	[USER_CNTP] = { CONTROL_CLOCK, false, CLOCK_PT, CLOCK_PT },
	[USER_CNTV] = { CONTROL_CLOCK, false, CLOCK_VT, CLOCK_VT },
	[USER_PM] = { CONTROL_PM, false, PM_EN, PM_EN },
	[USER_PM_CYCLES] = { CONTROL_PM, false, PM_EN | PM_CR, PM_EN },
	[USER_PM_EVENTS] = { CONTROL_PM, false, PM_EN | PM_ER, PM_EN },
	[USER_PM_SELECT] = { CONTROL_PM, false, PM_EN | PM_ER, PM_EN | PM_ER },
	[USER_PM_SOFTWARE] = { CONTROL_PM, false, 0, PM_EN | PM_SW },
	[USER_TPIDR2] = { CONTROL_SYSTEM, false, CONTROL_TP2, CONTROL_TP2 },
	[USER_CHANNEL] = { CONTROL_DEBUG, true, CHANNEL_TDCC, CHANNEL_TDCC },
};

static u64 control_of(const struct a64_cpu *c, const struct rule *r)
{
	const u64 values[] = { c->now.sctlr, c->cntkctl, c->pmuserenr, c->debug.mdscr };

	return r->inverse ? ~values[r->control] : values[r->control];
}

bool user_register(struct a64_cpu *c, const struct a64_op *op, enum a64_user rule, bool reads)
{
	const struct rule *r = &rules[rule];

	if (rule == USER_NO || (rule == USER_READS && !reads))
		return undefined(c, op);
	if (rule == USER_ANY || rule == USER_READS)
		return true;
	return control_of(c, r) & (reads ? r->reads : r->writes) ? true : trapped(c, op);
}

#define SYS_CODE(op1, n, m, op2) ((op1) << 11 | (n) << 7 | (m) << 3 | (op2))

bool user_sys(struct a64_cpu *c, const struct a64_op *op)
{
	u64 control;

	switch (op->word >> 5 & 0x3fff) {
	case SYS_CODE(3, 7, 5, 1):  /* IC IVAU */
	case SYS_CODE(3, 7, 10, 1): /* DC CVAC */
	case SYS_CODE(3, 7, 11, 1): /* DC CVAU */
	case SYS_CODE(3, 7, 14, 1): /* DC CIVAC */
		control = CONTROL_UCI;
		break;
	case SYS_CODE(3, 7, 4, 1): /* DC ZVA */
		control = CONTROL_DZE;
		break;
	default:
		return undefined(c, op);
	}
	return c->now.sctlr & control ? true : trapped(c, op);
}

/* DAIFSet and DAIFClr may be accessed, and with sme=1 SVCR. */
bool user_msr_field(struct a64_cpu *c, const struct a64_op *op)
{
	unsigned field = (op->word >> 16 & 7) << 3 | (op->word >> 5 & 7);

	if (features.sme && field == (3 << 3 | 3))
		return true;
	if (field != (3 << 3 | 6) && field != (3 << 3 | 7))
		return undefined(c, op);
	return c->now.sctlr & CONTROL_UMA ? true : trapped(c, op);
}

#define ISS_ALWAYS (1ul << 24 | 14ul << 20) /* CV, COND */
#define ISS_WFE 1ul

bool user_waits(struct a64_cpu *c, const struct a64_op *op, bool event)
{
	if (c->now.sctlr & (event ? CONTROL_NTWE : CONTROL_NTWI))
		return true;
	exception_take(c, cpu_pc(c, op), EC_WAIT, ISS_ALWAYS | (event ? ISS_WFE : 0));
	return false;
}
