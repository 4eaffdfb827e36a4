/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/register.c - system registers.  A write to a translation control takes effect at
 * the next context synchronisation, or earlier (D24.1.2.2); a write to another register at once.
 */
#include "cpu.h"
#include <machine/random.h>
#include <stddef.h>
#include <string.h>

#define COUNTER_HZ 10000000ul

/* ---- PSTATE ---- */
static u64 get_current_el(struct a64_cpu *c)
{
	return c->at_el2 ? 2 << 2 : 1 << 2;
}

static u64 get_nzcv(struct a64_cpu *c)
{
	return (u64)c->nzcv << 28;
}

static void set_nzcv(struct a64_cpu *c, u64 v)
{
	c->nzcv = (u32)(v >> 28) & 15;
	cpu_set_view(c, FLAGS, c->system_view);
}

static u64 get_daif(struct a64_cpu *c)
{
	return c->daif;
}

static void set_daif(struct a64_cpu *c, u64 v)
{
	c->daif = v & DAIF_ALL;
	cpu_yield(c);
}

static u64 get_pan(struct a64_cpu *c)
{
	return c->pan ? BIT(22) : 0;
}

static void set_pan(struct a64_cpu *c, u64 v)
{
	c->pan = v >> 22 & 1;
	soft_forget(c);
}

static u64 get_spsel(struct a64_cpu *c)
{
	(void)c;
	return 1;
}

/* ---- the timer and its counter (D12) ---- */
#define TIMER_ENABLE 1ul
#define TIMER_MASK 2ul
#define TIMER_FIRES 4ul

static u64 get_frequency(struct a64_cpu *c)
{
	(void)c;
	return COUNTER_HZ;
}

static u64 get_counter(struct a64_cpu *c)
{
	return cpu_counter(c);
}

static u64 timer_control(struct a64_cpu *c, u64 control, u64 compare)
{
	bool fires = (control & TIMER_ENABLE) && cpu_counter(c) >= compare;

	return control | (fires ? TIMER_FIRES : 0);
}

static u64 get_cntv_ctl(struct a64_cpu *c)
{
	return timer_control(c, c->cntv_ctl, c->cntv_cval);
}

static void set_cntv_ctl(struct a64_cpu *c, u64 v)
{
	c->cntv_ctl = v & (TIMER_ENABLE | TIMER_MASK);
	cpu_yield(c);
}

static void set_cntv_cval(struct a64_cpu *c, u64 v)
{
	c->cntv_cval = v;
	cpu_yield(c);
}

static u64 get_cntv_tval(struct a64_cpu *c)
{
	return (u32)(c->cntv_cval - cpu_counter(c));
}

static void set_cntv_tval(struct a64_cpu *c, u64 v)
{
	c->cntv_cval = cpu_counter(c) + (u64)(s64)(int32_t)v;
	cpu_yield(c);
}

/* ---- counting instructions (D13): one event counter, for INST_RETIRED ---- */
#define PMCR_ENABLE 1ul
#define PMCR_ZERO_EVENTS 2ul
#define PMCR_ZERO_CYCLES 4ul
#define PMCR_KEPT (PMCR_ENABLE | 0x40ul)
#define PMCR_ONE_COUNTER (1ul << 11)
#define EVENT_INST_RETIRED 8u
#define EVENT_CPU_CYCLES 0x11u
#define EVENT_BR_PRED 0x12u
#define PMCN_CYCLES BIT(31)

static u64 instructions(const struct a64_cpu *c)
{
	return c->instret + (u64)(c->slice - c->left);
}

/* Update the counters with the events since the last update. */
static void count(struct a64_cpu *c)
{
	static const u8 events[] = { EVENT_INST_RETIRED, EVENT_CPU_CYCLES, EVENT_BR_PRED };
	const u64 now[] = { instructions(c), instructions(c) + c->waited, c->branches };

	for (unsigned i = 0; i < ARRAY_SIZE(now); i++) {
		u64 more = c->pmcr & PMCR_ENABLE ? now[i] - c->counted[i] : 0;

		if ((c->pmcnten & 1) && (c->pmevtyper & 0xffff) == events[i])
			c->pmevcntr = (u32)(c->pmevcntr + more);
		if ((c->pmcnten & PMCN_CYCLES) && events[i] == EVENT_CPU_CYCLES)
			c->pmccntr += more;
		c->counted[i] = now[i];
	}
}

static u64 get_pmcr(struct a64_cpu *c)
{
	return (c->pmcr & PMCR_KEPT) | PMCR_ONE_COUNTER;
}

static void set_pmcr(struct a64_cpu *c, u64 v)
{
	count(c);
	c->pmcr = v & PMCR_KEPT;
	if (v & PMCR_ZERO_EVENTS)
		c->pmevcntr = 0;
	if (v & PMCR_ZERO_CYCLES)
		c->pmccntr = 0;
}

static u64 get_pmcnten(struct a64_cpu *c)
{
	return c->pmcnten;
}

static void set_pmcntenset(struct a64_cpu *c, u64 v)
{
	count(c);
	c->pmcnten |= v & (PMCN_CYCLES | 1);
}

static void set_pmcntenclr(struct a64_cpu *c, u64 v)
{
	count(c);
	c->pmcnten &= ~v;
}

static void set_pmevtyper(struct a64_cpu *c, u64 v)
{
	count(c);
	c->pmevtyper = v & 0xfffffffful;
}

static u64 get_pmevcntr(struct a64_cpu *c)
{
	count(c);
	return c->pmevcntr;
}

static void set_pmevcntr(struct a64_cpu *c, u64 v)
{
	count(c);
	c->pmevcntr = (u32)v;
}

static u64 get_pmccntr(struct a64_cpu *c)
{
	count(c);
	return c->pmccntr;
}

static void set_pmccntr(struct a64_cpu *c, u64 v)
{
	count(c);
	c->pmccntr = v;
}

static u64 get_pmceid0(struct a64_cpu *c)
{
	(void)c;
	return BIT(EVENT_INST_RETIRED) | BIT(EVENT_CPU_CYCLES) | BIT(EVENT_BR_PRED);
}

static u64 get_zero(struct a64_cpu *c)
{
	(void)c;
	return 0;
}

static u64 get_sre_el2(struct a64_cpu *c)
{
	(void)c;
	return 15; /* system registers only, and EL1 may use them */
}

static void ignore(struct a64_cpu *c, u64 v)
{
	(void)c, (void)v;
}

#define AT(member) .at = offsetof(struct a64_cpu, member)
static const struct a64_register registers[] = {
	{ "SCTLR_EL1", REGISTER_CODE(3, 0, 1, 0, 0), AT(written.sctlr), .synchronise = true },
	{ "ACTLR_EL1", REGISTER_CODE(3, 0, 1, 0, 1), AT(actlr) },
	{ "CPACR_EL1", REGISTER_CODE(3, 0, 1, 0, 2), AT(cpacr) },
	{ "TTBR0_EL1", REGISTER_CODE(3, 0, 2, 0, 0), AT(written.ttbr[0]), .synchronise = true },
	{ "TTBR1_EL1", REGISTER_CODE(3, 0, 2, 0, 1), AT(written.ttbr[1]), .synchronise = true },
	{ "TCR_EL1", REGISTER_CODE(3, 0, 2, 0, 2), AT(written.tcr), .synchronise = true },
	{ "SPSR_EL1", REGISTER_CODE(3, 0, 4, 0, 0), AT(spsr) },
	{ "ELR_EL1", REGISTER_CODE(3, 0, 4, 0, 1), AT(elr) },
	{ "SP_EL0", REGISTER_CODE(3, 0, 4, 1, 0), AT(sp_el0) },
	{ "SPSel", REGISTER_CODE(3, 0, 4, 2, 0), .get = get_spsel },
	{ "CurrentEL", REGISTER_CODE(3, 0, 4, 2, 2), .get = get_current_el },
	{ "PAN", REGISTER_CODE(3, 0, 4, 2, 3), .get = get_pan, .set = set_pan },
	{ "AFSR0_EL1", REGISTER_CODE(3, 0, 5, 1, 0), AT(afsr[0]) },
	{ "AFSR1_EL1", REGISTER_CODE(3, 0, 5, 1, 1), AT(afsr[1]) },
	{ "ESR_EL1", REGISTER_CODE(3, 0, 5, 2, 0), AT(esr) },
	{ "FAR_EL1", REGISTER_CODE(3, 0, 6, 0, 0), AT(far) },
	{ "PAR_EL1", REGISTER_CODE(3, 0, 7, 4, 0), AT(par) },
	{ "MAIR_EL1", REGISTER_CODE(3, 0, 10, 2, 0), AT(written.mair), .synchronise = true },
	{ "VBAR_EL1", REGISTER_CODE(3, 0, 12, 0, 0), AT(written.vbar), .synchronise = true },
	{ "CONTEXTIDR_EL1", REGISTER_CODE(3, 0, 13, 0, 1), AT(contextidr) },
	{ "TPIDR_EL1", REGISTER_CODE(3, 0, 13, 0, 4), AT(tpidr_el1) },
	{ "CNTKCTL_EL1", REGISTER_CODE(3, 0, 14, 1, 0), AT(cntkctl) },
	{ "NZCV", REGISTER_CODE(3, 3, 4, 2, 0), .get = get_nzcv, .set = set_nzcv },
	{ "DAIF", REGISTER_CODE(3, 3, 4, 2, 1), .get = get_daif, .set = set_daif },
	{ "TPIDR_EL0", REGISTER_CODE(3, 3, 13, 0, 2), AT(tpidr_el0) },
	{ "TPIDRRO_EL0", REGISTER_CODE(3, 3, 13, 0, 3), AT(tpidrro_el0) },
	{ "MDSCR_EL1", REGISTER_CODE(2, 0, 0, 2, 2), AT(mdscr) },
	{ "SCTLR_EL2", REGISTER_CODE(3, 4, 1, 0, 0), AT(el2.sctlr), .el2 = true },
	{ "HCR_EL2", REGISTER_CODE(3, 4, 1, 1, 0), AT(el2.hcr), .el2 = true },
	{ "MDCR_EL2", REGISTER_CODE(3, 4, 1, 1, 1), AT(el2.mdcr), .el2 = true },
	{ "CPTR_EL2", REGISTER_CODE(3, 4, 1, 1, 2), AT(el2.cptr), .el2 = true },
	{ "HSTR_EL2", REGISTER_CODE(3, 4, 1, 1, 3), AT(el2.hstr), .el2 = true },
	{ "VTTBR_EL2", REGISTER_CODE(3, 4, 2, 1, 0), AT(el2.vttbr), .el2 = true },
	{ "SPSR_EL2", REGISTER_CODE(3, 4, 4, 0, 0), AT(el2.spsr), .el2 = true },
	{ "ELR_EL2", REGISTER_CODE(3, 4, 4, 0, 1), AT(el2.elr), .el2 = true },
	{ "VPIDR_EL2", REGISTER_CODE(3, 4, 0, 0, 0), AT(el2.vpidr), .el2 = true },
	{ "VMPIDR_EL2", REGISTER_CODE(3, 4, 0, 0, 5), AT(el2.vmpidr), .el2 = true },
	{ "CNTHCTL_EL2", REGISTER_CODE(3, 4, 14, 1, 0), AT(el2.cnthctl), .el2 = true },
	{ "CNTVOFF_EL2", REGISTER_CODE(3, 4, 14, 0, 3), AT(el2.cntvoff), .el2 = true },
	{ "ICH_HCR_EL2", REGISTER_CODE(3, 4, 12, 11, 0), AT(el2.ich_hcr), .el2 = true },
	{ "ICC_SRE_EL2", REGISTER_CODE(3, 4, 12, 9, 5), .get = get_sre_el2, .set = ignore,
	  .el2 = true },
	{ "CNTFRQ_EL0", REGISTER_CODE(3, 3, 14, 0, 0), .get = get_frequency },
	{ "CNTPCT_EL0", REGISTER_CODE(3, 3, 14, 0, 1), .get = get_counter },
	{ "CNTVCT_EL0", REGISTER_CODE(3, 3, 14, 0, 2), .get = get_counter },
	{ "CNTV_TVAL_EL0", REGISTER_CODE(3, 3, 14, 3, 0), .get = get_cntv_tval,
	  .set = set_cntv_tval },
	{ "CNTV_CTL_EL0", REGISTER_CODE(3, 3, 14, 3, 1), .get = get_cntv_ctl, .set = set_cntv_ctl },
	{ "CNTV_CVAL_EL0", REGISTER_CODE(3, 3, 14, 3, 2), .set = set_cntv_cval, AT(cntv_cval) },
	{ "PMCR_EL0", REGISTER_CODE(3, 3, 9, 12, 0), .get = get_pmcr, .set = set_pmcr },
	{ "PMCNTENSET_EL0", REGISTER_CODE(3, 3, 9, 12, 1), .get = get_pmcnten,
	  .set = set_pmcntenset },
	{ "PMCNTENCLR_EL0", REGISTER_CODE(3, 3, 9, 12, 2), .get = get_pmcnten,
	  .set = set_pmcntenclr },
	{ "PMCEID0_EL0", REGISTER_CODE(3, 3, 9, 12, 6), .get = get_pmceid0 },
	{ "PMCEID1_EL0", REGISTER_CODE(3, 3, 9, 12, 7), .get = get_zero },
	{ "PMCCNTR_EL0", REGISTER_CODE(3, 3, 9, 13, 0), .get = get_pmccntr, .set = set_pmccntr },
	{ "PMUSERENR_EL0", REGISTER_CODE(3, 3, 9, 14, 0), AT(pmuserenr) },
	{ "PMEVCNTR0_EL0", REGISTER_CODE(3, 3, 14, 8, 0), .get = get_pmevcntr,
	  .set = set_pmevcntr },
	{ "PMEVTYPER0_EL0", REGISTER_CODE(3, 3, 14, 12, 0), .set = set_pmevtyper, AT(pmevtyper) },
};

const struct a64_register *register_find(u32 code)
{
	for (unsigned i = 0; i < ARRAY_SIZE(registers); i++)
		if (registers[i].code == code)
			return &registers[i];
	for (unsigned i = 0; features.gic == 3 && i < gic_registers_nr; i++)
		if (gic_registers[i].code == code)
			return &gic_registers[i];
	return NULL;
}

static u64 *member_of(struct a64_cpu *c, const struct a64_register *r)
{
	return (u64 *)(void *)((char *)c + r->at);
}

/* EL2's registers are UNDEFINED at EL1 (D1.4.7); the kernel does not access them there. */
static void check_level(struct a64_cpu *c, const struct a64_register *r)
{
	if (r->el2 && !c->at_el2)
		machine_stop("CPU %u: pc %lx: %s at EL1", c->id, cpu_pc(c, c->next) - 4, r->name);
}

u64 register_get(struct a64_cpu *c, const struct a64_register *r)
{
	check_level(c, r);
	if (!r->get && !r->at)
		machine_stop("CPU %u: %s cannot be read", c->id, r->name);
	return r->get ? r->get(c) : *member_of(c, r);
}

/* A control that needs a synchronisation takes effect now, or later. */
static void take_effect(struct a64_cpu *c, const struct a64_register *r)
{
	size_t within = r->at - offsetof(struct a64_cpu, written);

	if (knobs.adversary[ADV_CONTEXT] && one_in(2))
		return;
	memcpy((char *)&c->now + within, (char *)&c->written + within, sizeof(u64));
	if (order_hooks.execution)
		order_hooks.execution->context(c->id, false);
	cpu_controlled(c);
}

void register_set(struct a64_cpu *c, const struct a64_register *r, u64 v)
{
	check_level(c, r);
	if (!r->set && !r->at)
		machine_stop("CPU %u: %s cannot be written", c->id, r->name);
	if (r->set)
		r->set(c, v);
	else
		*member_of(c, r) = v;
	if (r->synchronise)
		take_effect(c, r);
}
