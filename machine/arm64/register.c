/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/register.c - system registers.  A write to a translation control takes effect at
 * the next context synchronisation, or earlier (D24.1.2.2); a write to another register at once.
 */
#include "errata.h"
#include "registers.h"
#include <machine/random.h>
#include <stddef.h>
#include <string.h>

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
	return !c->sp0;
}

static void set_spsel(struct a64_cpu *c, u64 v)
{
	cpu_set_pstate(c, false, !(v & 1), c->pan);
}

/* ---- CSSELR_EL1: the cache level of CCSIDR_EL1 (id.c) ---- */
static void set_csselr(struct a64_cpu *c, u64 v)
{
	c->csselr = v & 15;
}

static u64 get_csselr(struct a64_cpu *c)
{
	return c->csselr;
}

/* ---- CPACR_EL1: without fp=1 it has no effect ---- */
static void set_cpacr(struct a64_cpu *c, u64 v)
{
	c->cpacr = v;
	if (features.fp && (!knobs.adversary[ADV_CONTEXT] || one_in(2)))
		c->cpacr_now = v;
}

static u64 get_cpacr(struct a64_cpu *c)
{
	return c->cpacr;
}

static u64 get_sre_el2(struct a64_cpu *c)
{
	(void)c;
	return 15; /* system registers only, and EL1 may use them */
}

u64 register_zero(struct a64_cpu *c)
{
	(void)c;
	return 0;
}

void register_ignore(struct a64_cpu *c, u64 v)
{
	(void)c, (void)v;
}

static const struct a64_register registers[] = {
	{ "SCTLR_EL1", REGISTER_CODE(3, 0, 1, 0, 0), AT(written.sctlr), .synchronise = true },
	{ "ACTLR_EL1", REGISTER_CODE(3, 0, 1, 0, 1), AT(actlr) },
	{ "CPACR_EL1", REGISTER_CODE(3, 0, 1, 0, 2), .get = get_cpacr, .set = set_cpacr },
	{ "TTBR0_EL1", REGISTER_CODE(3, 0, 2, 0, 0), AT(written.ttbr[0]), .synchronise = true },
	{ "TTBR1_EL1", REGISTER_CODE(3, 0, 2, 0, 1), AT(written.ttbr[1]), .synchronise = true },
	{ "TCR_EL1", REGISTER_CODE(3, 0, 2, 0, 2), AT(written.tcr), .synchronise = true },
	{ "SPSR_EL1", REGISTER_CODE(3, 0, 4, 0, 0), AT(spsr) },
	{ "ELR_EL1", REGISTER_CODE(3, 0, 4, 0, 1), AT(elr) },
	{ "SP_EL0", REGISTER_CODE(3, 0, 4, 1, 0), AT(sp_el0) },
	{ "SPSel", REGISTER_CODE(3, 0, 4, 2, 0), .get = get_spsel, .set = set_spsel },
	{ "CurrentEL", REGISTER_CODE(3, 0, 4, 2, 2), .get = get_current_el },
	{ "PAN", REGISTER_CODE(3, 0, 4, 2, 3), .get = get_pan, .set = set_pan },
	{ "AFSR0_EL1", REGISTER_CODE(3, 0, 5, 1, 0), AT(afsr[0]) },
	{ "AFSR1_EL1", REGISTER_CODE(3, 0, 5, 1, 1), AT(afsr[1]) },
	{ "ESR_EL1", REGISTER_CODE(3, 0, 5, 2, 0), AT(esr) },
	{ "FAR_EL1", REGISTER_CODE(3, 0, 6, 0, 0), AT(far) },
	{ "PAR_EL1", REGISTER_CODE(3, 0, 7, 4, 0), AT(par) },
	{ "AMAIR_EL1", REGISTER_CODE(3, 0, 10, 3, 0), AT(amair) },
	{ "CSSELR_EL1", REGISTER_CODE(3, 2, 0, 0, 0), .get = get_csselr, .set = set_csselr },
	{ "MAIR_EL1", REGISTER_CODE(3, 0, 10, 2, 0), AT(written.mair), .synchronise = true },
	{ "VBAR_EL1", REGISTER_CODE(3, 0, 12, 0, 0), AT(written.vbar), .synchronise = true },
	{ "CONTEXTIDR_EL1", REGISTER_CODE(3, 0, 13, 0, 1), AT(contextidr) },
	{ "TPIDR_EL1", REGISTER_CODE(3, 0, 13, 0, 4), AT(tpidr_el1) },
	{ "NZCV", REGISTER_CODE(3, 3, 4, 2, 0), .get = get_nzcv, .set = set_nzcv,
	  .user = USER_ANY },
	{ "DAIF", REGISTER_CODE(3, 3, 4, 2, 1), .get = get_daif, .set = set_daif,
	  .user = USER_DAIF },
	{ "TPIDR_EL0", REGISTER_CODE(3, 3, 13, 0, 2), AT(tpidr_el0), .user = USER_ANY },
	{ "TPIDRRO_EL0", REGISTER_CODE(3, 3, 13, 0, 3), AT(tpidrro_el0), .user = USER_READS },
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
	{ "ICC_SRE_EL2", REGISTER_CODE(3, 4, 12, 9, 5), .get = get_sre_el2, .set = register_ignore,
	  .el2 = true },
};

static const struct a64_register *find_in(const struct a64_registers *set, u32 code)
{
	for (unsigned i = 0; i < set->nr; i++)
		if (set->row[i].code == code)
			return &set->row[i];
	return NULL;
}

const struct a64_register *register_find(u32 code)
{
	static const struct a64_registers own = { registers, ARRAY_SIZE(registers) };
	const struct a64_registers *const sets[] = {
		&own,           &clock_registers,  &counters_registers, &debug_registers,
		&gic_registers, &vector_registers, &sme_registers
	};
	const struct a64_register *found = NULL;

	for (unsigned i = 0; i < ARRAY_SIZE(sets) && !found; i++)
		if ((sets[i] != &gic_registers || features.gic == 3) &&
		    (sets[i] != &vector_registers || features.fp) &&
		    (sets[i] != &sme_registers || features.sme))
			found = find_in(sets[i], code);
	return found && found->get == get_pan && !features.pan ? NULL : found;
}

static u64 *member_of(struct a64_cpu *c, const struct a64_register *r)
{
	return (u64 *)(void *)((char *)c + r->at);
}

/* EL2's registers are UNDEFINED at EL1 (D1.4.7), SP_EL0 where it is the stack pointer (its MRS and
 * MSR, C5.2). */
bool register_exists(const struct a64_cpu *c, const struct a64_register *r, bool reads)
{
	if (r->el2 && !c->at_el2)
		return false;
	if (r->at == offsetof(struct a64_cpu, sp_el0) && c->sp0)
		return false;
	return r->at || (reads ? r->get != NULL : r->set != NULL);
}

u64 register_get(struct a64_cpu *c, const struct a64_register *r)
{
	return r->get ? r->get(c) : *member_of(c, r);
}

/* A control that needs a synchronisation takes effect now, or later.  "Direct writes to TTBR0_ELx
 * and TTBR1_ELx occur in program order relative to one another, without the need for explicit
 * synchronization", and one translation observes one point of that order (D8.2.3, R_DYDPX): with
 * one of them all earlier ones take effect. */
static void take_effect(struct a64_cpu *c, const struct a64_register *r)
{
	size_t within = r->at - offsetof(struct a64_cpu, written);
	bool table = within / sizeof(u64) - offsetof(struct a64_controls, ttbr) / sizeof(u64) < 2;

	if (knobs.adversary[ADV_CONTEXT] && one_in(2))
		return;
	if (table)
		memcpy(c->now.ttbr, c->written.ttbr, sizeof(c->now.ttbr));
	else
		memcpy((char *)&c->now + within, (char *)&c->written + within, sizeof(u64));
	if (order_hooks.execution)
		order_hooks.execution->context(c->id, false);
	cpu_controlled(c);
}

void register_set(struct a64_cpu *c, const struct a64_register *r, u64 v)
{
	size_t half = r->at - offsetof(struct a64_cpu, written.ttbr);
	u64 old = r->synchronise ? *member_of(c, r) : 0;

	if (r->set)
		r->set(c, v);
	else
		*member_of(c, r) = v;
	if (errata_has(WRONG_ASID) && half / sizeof(u64) < 2)
		errata_root_written(c, (unsigned)(half / sizeof(u64)), old);
	if (r->synchronise)
		take_effect(c, r);
}
