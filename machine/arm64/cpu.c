/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/cpu.c - the loop that runs operations, and views of registers.
 */
#include "cache.h"
#include "errata.h"
#include <machine/core.h>
#include <machine/random.h>
#include <machine/tlb.h>
#include <string.h>

struct a64_cpu cpus[WORST_CPUS];
unsigned cpus_nr;

u64 cpu_counter(const struct a64_cpu *c)
{
	return (ordering.steps + (u64)(c->slice - c->left)) / knobs.rate;
}

/* 0 for a view that cannot restrict a load or a walk: older than the history, or neither after the
 * floor nor after the walker's view, which an acquire does not raise. */
static u64 relevant_view(const struct a64_cpu *c, u64 view)
{
	const struct observer *o = &ordering.cpu[c->id];

	return (view > o->floor || view > o->walk) && ordering.now - view < HISTORY &&
			       knobs.adversary[ADV_LOADS]
		       ? view
		       : 0;
}

void cpu_set_views(struct a64_cpu *c, unsigned rd, u64 view, u64 pick)
{
	if (rd == NOWHERE)
		return;
	c->view[rd] = relevant_view(c, view);
	c->pick[rd] = relevant_view(c, pick);
	if ((c->view[rd] | c->pick[rd]) || (rd == SP && (c->x[SP] & 15)))
		c->watch |= BIT(rd);
	else
		c->watch &= ~BIT(rd);
}

void cpu_stack_moved(struct a64_cpu *c)
{
	cpu_set_views(c, SP, c->view[SP], c->pick[SP]);
}

/* An access by a stack pointer that is not aligned (D1.4.10.2, "SP alignment checking"). */
static bool stack_faults(struct a64_cpu *c, const struct a64_op *op)
{
	u64 sctlr = c->at_el2 ? c->el2.sctlr : c->now.sctlr;

	if (op->rn != SP || !(c->x[SP] & 15) || !(op->kind & (KIND_ACCESS | KIND_BASE)) ||
	    !(sctlr & (c->user ? SCTLR_SA0 : SCTLR_SA)))
		return false;
	exception_take(c, cpu_pc(c, op), EC_SP_ALIGN, 0);
	return true;
}

void cpu_set_view(struct a64_cpu *c, unsigned rd, u64 view)
{
	cpu_set_views(c, rd, view, 0);
}

void core_performed(unsigned cpu, unsigned reg, u64 value, u64 view)
{
	cpus[cpu].x[reg] = value;
	cpu_set_view(&cpus[cpu], reg, view);
}

/*
 * Dependencies (B2.3.6, "Address dependency" and the other ones) are syntactic, and pass through
 * the flags as well: a result has the views of its sources, the value of a load has those of its
 * address and of the store read from, and a store passes the views of its sources on.  The result
 * of a selection depends on both registers and, as a pick dependency, on the flags.
 */
void cpu_watched(struct a64_cpu *c, const struct a64_op *op)
{
	u64 view, pick;

	if (op->touch & ordering.cpu[c->id].late.regs)
		late_touched(c->id, op->touch);
	if (stack_faults(c, op))
		return;
	view = later_view(c->view[op->rn], c->view[op->rm]);
	pick = later_view(c->pick[op->rn], c->pick[op->rm]);
	if (op->kind & KIND_ACCESS) {
		c->address_view = view;
		c->control = later_view(c->control, later_view(view, pick));
		op->run(c, op);
		c->address_view = 0;
		return;
	}
	view = later_view(view, c->view[op->ra]);
	pick = later_view(pick, c->pick[op->ra]);
	if (op->kind & KIND_TESTS) {
		view = later_view(view, c->view[FLAGS]);
		pick = later_view(pick, c->pick[FLAGS]);
	}
	if (op->kind & KIND_PICKS)
		pick = later_view(pick, cpu_depends(c, FLAGS));
	if (op->kind & KIND_BRANCH)
		c->control = later_view(c->control, later_view(view, pick));
	op->run(c, op);
	if (op->kind & KIND_RESULT)
		cpu_set_views(c, op->rd, view, pick);
	if (op->kind & KIND_SETS)
		cpu_set_views(c, FLAGS, view, pick);
}

void cpu_walk_fence(struct a64_cpu *c)
{
	order_walk_fence(c->id);
	c->here = true;
	c->here_pending = false;
}

/* Cache lines have the shortest length of the CPUs whose caches may hold lines. */
static void shortest_line(void)
{
	u64 least = CACHE_LINE_MOST + 1;

	for (unsigned i = 0; i < cpus_nr; i++)
		if (cpus[i].caches && id_line(i) < least)
			least = id_line(i);
	if (least <= CACHE_LINE_MOST)
		cache_set_line(least);
}

void cpu_controlled(struct a64_cpu *c)
{
	soft_forget(c);
	fetch_forget(c);
	if (!c->caches && cpu_translates(c) && (c->now.sctlr & SCTLR_C)) {
		c->caches = true;
		cache_cold = false;
		shortest_line();
	}
}

/* Firmware cleans and invalidates the CPU's caches (DEN 0022, CPU_OFF). */
void cpu_off(struct a64_cpu *c)
{
	c->state = CPU_OFF;
	c->caches = false;
	shortest_line();
}

/* ---- the exception level ---- */
#define USER_FETCH BIT(62) /* no bit of va >> 12 */

/* The other stack pointer is in force. */
static void swap_stack(struct a64_cpu *c, bool to_el1)
{
	u64 *leaves = to_el1 ? &c->sp_el0 : &c->sp_el1, *enters = to_el1 ? &c->sp_el1 : &c->sp_el0;

	c->system_view = later_view(c->system_view, cpu_depends(c, SP));
	*leaves = c->x[SP];
	c->x[SP] = *enters;
	cpu_set_view(c, SP, c->system_view);
}

void cpu_unprivileged(struct a64_cpu *c, bool on)
{
	c->unprivileged = on || c->user;
	c->soft = c->soft_of[c->unprivileged];
}

void cpu_set_pstate(struct a64_cpu *c, bool user, bool sp0, bool pan)
{
	bool was_el1 = !c->user && !c->sp0;

	if (was_el1 != (!user && !sp0))
		swap_stack(c, !was_el1);
	if (user != c->user && (c->pmcr & 1))
		counters_update(c);
	c->user = user;
	c->sp0 = sp0;
	c->fetch_key = user ? USER_FETCH : 0;
	c->pan = pan;
	/* translations with the rights of EL1 are for one value of PAN; at EL0 it has no effect */
	if (!user && c->pan != c->soft_pan)
		soft_forget(c);
	cpu_unprivileged(c, false);
}

/* Po-later instructions are fetched and translated after the accesses that branches depend on; from
 * here on walks observe the stores that a DSB has completed. */
void cpu_synchronise(struct a64_cpu *c, u64 pc)
{
	struct observer *o = &ordering.cpu[c->id];
	bool removed = tlbi_synchronise(c->id);

	if (errata_has(STALE_TEXT))
		fetch_again(c);
	o->floor = later_view(o->floor, c->control);
	o->walk = later_view(o->walk, later_view(c->control, c->synced));
	c->control = 0;
	if (c->here_pending)
		cpu_walk_fence(c);
	c->cpacr_now = c->cpacr;
	if (removed || memcmp(&c->now, &c->written, sizeof(c->now))) {
		c->now = c->written;
		cpu_controlled(c);
	}
	if (order_hooks.execution)
		order_hooks.execution->context(c->id, true);
	cpu_jump(c, pc);
}

static inline void cpu_one(struct a64_cpu *c)
{
	const struct a64_op *op = c->next;

	c->next = op + 1;
	if (__builtin_expect((op->touch & c->watch) != 0, 0))
		cpu_watched(c, op);
	else
		op->run(c, op);
	c->left--;
}

static u64 slice_done(struct a64_cpu *c)
{
	s64 n = c->slice;

	c->left = c->slice = 0;
	c->instret += (u64)n;
	return (u64)n;
}

u64 cpu_run(struct a64_cpu *c, s64 n)
{
	c->left = c->slice = n;
	while (c->left > 0)
		cpu_one(c);
	return slice_done(c);
}

u64 cpu_run_traced(struct a64_cpu *c, s64 n)
{
	c->left = c->slice = n;
	while (c->left > 0) {
		story_step(c, (u64)(c->slice - c->left));
		cpu_one(c);
	}
	return slice_done(c);
}

/* Fill the registers that are UNKNOWN at reset, and the TLB, whose contents are UNKNOWN as well
 * (D8.16.1, "TLB behavior at reset"): entries next to the first instruction. */
static void set_unknown(struct a64_cpu *c, u64 pc)
{
	u64 *const some[] = { &c->written.tcr,
			      &c->written.ttbr[0],
			      &c->written.ttbr[1],
			      &c->written.mair,
			      &c->written.vbar,
			      &c->contextidr,
			      &c->par,
			      &c->elr,
			      &c->esr,
			      &c->far,
			      &c->sp_el0,
			      &c->tpidr_el0,
			      &c->tpidrro_el0,
			      &c->tpidr_el1,
			      &c->virtual.compare,
			      &c->pmevtyper,
			      &c->pmevcntr,
			      &c->pmccntr,
			      &c->x[SP] };
	u64 *el2 = (u64 *)(void *)&c->el2;

	c->el2.sctlr = 0x30c50830;
	if (!knobs.adversary[ADV_UNKNOWN])
		return;
	for (unsigned i = 0; i <= 30; i++)
		c->x[i] = random_u64();
	for (unsigned i = 0; i < ARRAY_SIZE(some); i++)
		*some[i] = random_u64();
	for (unsigned i = 0; i < sizeof(c->el2) / sizeof(*el2); i++)
		el2[i] = random_u64();
	c->el2.sctlr = 0x30c50830;
	c->nzcv = (u32)random_below(16);
	for (unsigned i = 0; knobs.adversary[ADV_TLB] && i < 8; i++) {
		u64 frame = align_down(ram.bank[0].base + random_below(1u << 26), FRAME_BYTES);

		tlb_insert(c->id, &(struct tlb_entry) { .va = align_down(pc, FRAME_BYTES) +
							      (i << FRAME_SHIFT),
							.word = frame | 0x703,
							.shift = FRAME_SHIFT,
							.kind = TLB_LEAF,
							.global = true });
	}
}

static void set_unknown_vectors(struct a64_cpu *c)
{
	if (!knobs.adversary[ADV_UNKNOWN])
		return;
	c->fpcr = random_u64();
	c->fpsr = random_u64();
	for (unsigned i = 0; i < ARRAY_SIZE(c->v); i++)
		c->v[i] = (struct a64_vector) { .part = { random_u64(), random_u64() } };
}

/* More of them, by random numbers of their own: the seeds' other choices stay as they were before
 * these registers were modelled.  CNTKCTL_EL1.EVNTEN stays 0: WFE may end early in any case. */
static void set_unknown_rest(struct a64_cpu *c)
{
	const u64 counters = BIT(31) | 1;
	u64 chance = random_state;
	const struct {
		u64 *at, mask;
	} some[] = { { &c->spsr, ~0ul },           { &c->cpacr, ~0ul },
		     { &c->amair, ~0ul },          { &c->csselr, 15 },
		     { &c->cntkctl, 0x3fb },       { &c->physical.compare, ~0ul },
		     { &c->pmcnten, counters },    { &c->pmovs, counters },
		     { &c->pminten, counters },    { &c->pmselr, 31 },
		     { &c->pmccfiltr, 3ul << 30 }, { &c->pmuserenr, 15 } };

	random_state = ~chance ? ~chance : 1;
	for (unsigned i = 0; knobs.adversary[ADV_UNKNOWN] && i < ARRAY_SIZE(some); i++)
		*some[i].at = random_u64() & some[i].mask;
	for (unsigned i = 0; knobs.adversary[ADV_UNKNOWN] && i < DEBUG_PAIRS; i++) {
		c->debug.bvr[i] = random_u64();
		c->debug.bcr[i] = random_u64();
		c->debug.wvr[i] = random_u64();
		c->debug.wcr[i] = random_u64();
	}
	if (features.fp)
		set_unknown_vectors(c);
	c->cpacr_now = c->cpacr;
	random_state = chance;
}

/* Power-on and PSCI CPU_ON: the MMU is off, everything is masked (DEN 0022, 6.4). */
void cpu_begin(struct a64_cpu *c, u64 pc, u64 x0)
{
	unsigned id = (unsigned)(c - cpus);

	memset(c, 0, sizeof(*c));
	c->id = id;
	c->state = CPU_ON;
	c->daif = DAIF_ALL;
	c->at_el2 = features.el == 2;
	soft_forget(c);
	fetch_again(c);
	tlbi_reset(c);
	set_unknown(c, pc);
	set_unknown_rest(c);
	c->written.sctlr = features.el == 2 ? random_u64() : 0x30d00800; /* RES1 bits */
	c->now = c->written;
	if (order_hooks.execution)
		order_hooks.execution->context(id, false);
	c->x[0] = x0;
	cpu_stack_moved(c);
	gic_reset_cpu(id);
	ordering.cpu[id].incoherent_floor = ordering.now;
	cpu_jump(c, pc);
}
