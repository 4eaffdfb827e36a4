/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/system.c - barriers, hints, and SYS: cache maintenance, address translation, TLBI.
 */
#include "cache.h"
#include "registers.h"
#include <machine/device.h>
#include <machine/random.h>

/* ---- barriers (B2.6) ---- */
#define BARRIER_LOADS 1u
#define BARRIER_STORES 2u

static unsigned barrier_types(const struct a64_op *op)
{
	return op->word >> 8 & 3;
}

/* True: maintenance of this CPU, or a store that bypasses the caches, is pending.  A barrier of any
 * domain orders them for this CPU itself; here it orders them for all CPUs. */
static bool maintains(const struct a64_cpu *c)
{
	const struct observer *o = &ordering.cpu[c->id];

	for (unsigned i = 0; i < o->nr; i++)
		if (o->buffer[i].bypass)
			return true;
	return c->fetch_pending || tlbi_pending(c) || cache_pending(c->id);
}

static void op_dmb(struct a64_cpu *c, const struct a64_op *op)
{
	bool done = true;

	if (!barrier_orders_others(op->word) && !maintains(c))
		return;
	switch (barrier_types(op)) {
	case BARRIER_LOADS:
		done = order_fence(c->id, ORDER_R, ORDER_R | ORDER_W);
		break;
	case BARRIER_STORES:
		done = order_fence(c->id, ORDER_W, ORDER_W);
		break;
	default:
		done = order_fence(c->id, ORDER_R | ORDER_W, ORDER_R | ORDER_W);
	}
	if (!done)
		cpu_again(c, op);
	else if (barrier_types(op) != BARRIER_LOADS && barrier_types(op) != BARRIER_STORES)
		cache_complete(c->id); /* stronger than the required order */
}

static bool complete(struct a64_cpu *c, bool everywhere)
{
	if (!order_full(c->id) || !tlbi_complete(c, everywhere))
		return false;
	fetch_complete(c);
	cache_complete(c->id);
	ordering.cpu[c->id].floor = ordering.now; /* ... after discarded lines */
	return true;
}

/* DSB NSH: the stores are complete for this CPU when its own walker observes them, from the next
 * context synchronisation on.  A load has no other observer than its CPU. */
static void complete_here(struct a64_cpu *c, unsigned types)
{
	if (types != BARRIER_STORES) {
		late_all(c->id);
		ordering.cpu[c->id].floor = ordering.now;
	}
	if (types == BARRIER_LOADS)
		return;
	if (features.ets || !knobs.adversary[ADV_CONTEXT])
		cpu_walk_fence(c);
	else
		c->here_pending = true;
}

/* Nothing after a DSB begins before it is complete.  Only one for loads and stores completes cache
 * and TLB maintenance. */
static void op_dsb(struct a64_cpu *c, const struct a64_op *op)
{
	struct observer *o = &ordering.cpu[c->id];
	unsigned types = barrier_types(op), domain = barrier_domain(op->word);
	bool done;

	if (types == 0) /* SSBB, PSSBB: speculation only */
		return;
	if (!barrier_orders_others(op->word) && !maintains(c)) {
		complete_here(c, types);
		if (order_hooks.execution && types != BARRIER_LOADS)
			order_hooks.execution->sync(c->id);
		cpu_yield(c);
		return;
	}
	if (types == BARRIER_LOADS)
		done = order_fence(c->id, ORDER_R, ORDER_R | ORDER_W);
	else if (types == BARRIER_STORES)
		done = order_fence(c->id, ORDER_W, ORDER_R | ORDER_W);
	else
		done = complete(c, domain != DOMAIN_NSH);
	if (!done) {
		cpu_again(c, op);
		return;
	}
	if (types != BARRIER_LOADS && domain != DOMAIN_NSH)
		o->completed = o->stores;
	if (types != BARRIER_LOADS && c->here) { /* they are performed now */
		o->walk = later_view(o->walk, o->stores);
		c->here = false;
	}
	c->synced = later_view(c->synced, types == BARRIER_LOADS    ? o->loads
					  : types == BARRIER_STORES ? o->stores
								    : ordering.now);
	if (order_hooks.execution && types != BARRIER_LOADS) {
		if (types != BARRIER_STORES)
			order_hooks.execution->complete(c->id, domain != DOMAIN_NSH);
		order_hooks.execution->sync(c->id);
	}
	cpu_yield(c);
}

static void op_isb(struct a64_cpu *c, const struct a64_op *op)
{
	(void)op;
	cpu_synchronise(c, cpu_pc(c, c->next));
}

static void op_clrex(struct a64_cpu *c, const struct a64_op *op)
{
	(void)op;
	c->reserved = 0;
}

/* ---- hints ---- */
enum { HINT_YIELD = 1, HINT_WFE = 2, HINT_WFI = 3, HINT_SEV = 4, HINT_SEVL = 5 };

static void wait_for(struct a64_cpu *c, enum cpu_state what)
{
	c->state = what;
	c->patient = one_in(2);
}

static void wait_for_event(struct a64_cpu *c, const struct a64_op *op)
{
	if (clock_event(c) || c->event)
		c->event = false;
	else if (!c->user || user_waits(c, op, true))
		wait_for(c, CPU_WAITS_EVENT);
}

/* At EL0 only an instruction that would wait is trapped (D24.2, SCTLR_EL1.nTWI). */
static void wait_for_interrupt(struct a64_cpu *c, const struct a64_op *op)
{
	if (!c->user || cpu_interrupted(c) || user_waits(c, op, false))
		wait_for(c, CPU_WAITS_INTERRUPT);
}

/* Other hints are NOPs on a CPU without their features. */
static void op_hint(struct a64_cpu *c, const struct a64_op *op)
{
	switch (op->word >> 5 & 127) {
	case HINT_YIELD:
		break;
	case HINT_WFE:
		late_all(c->id);
		wait_for_event(c, op);
		break;
	case HINT_WFI:
		late_all(c->id);
		wait_for_interrupt(c, op);
		break;
	case HINT_SEV:
		for (unsigned i = 0; i < cpus_nr; i++)
			cpus[i].event = true;
		break;
	case HINT_SEVL:
		c->event = true;
		break;
	default:
		return;
	}
	cpu_yield(c);
}

/* ---- MSR of a field of PSTATE ---- */
#define PSTATE_FIELD(op1, op2) ((op1) << 3 | (op2))

static void set_pan(struct a64_cpu *c, const struct a64_op *op, bool on)
{
	if (!features.pan) {
		exception_undefined(c, op);
		return;
	}
	c->pan = on;
	soft_forget(c);
}

static void op_msr_field(struct a64_cpu *c, const struct a64_op *op)
{
	u64 value = op->word >> 8 & 15;

	if (c->user && !user_msr_field(c, op))
		return;
	switch (PSTATE_FIELD(op->word >> 16 & 7, op->word >> 5 & 7)) {
	case PSTATE_FIELD(3, 6):
		c->daif |= value << 6;
		return;
	case PSTATE_FIELD(3, 7):
		c->daif &= ~(value << 6);
		cpu_yield(c);
		return;
	case PSTATE_FIELD(0, 4):
		set_pan(c, op, value & 1);
		return;
	case PSTATE_FIELD(0, 5): /* SPSel */
		if (c->at_el2)
			break;
		cpu_set_pstate(c, false, !(value & 1), c->pan);
		return;
	case PSTATE_FIELD(3, 3): /* SVCR */
		sme_switch(c, op);
		return;
	case PSTATE_FIELD(0, 0): /* CFINV */
	case PSTATE_FIELD(0, 1): /* XAFLAG */
	case PSTATE_FIELD(0, 2): /* AXFLAG */
	case PSTATE_FIELD(0, 3): /* UAO */
	case PSTATE_FIELD(1, 0): /* ALLINT, PM */
	case PSTATE_FIELD(3, 1): /* SSBS */
	case PSTATE_FIELD(3, 2): /* DIT */
	case PSTATE_FIELD(3, 4): /* TCO */
		exception_undefined(c, op);
		return;
	}
	machine_stop("CPU %u: pc %lx: MSR (immediate) %08x is not known", c->id, cpu_pc(c, op),
		     op->word);
}

/* ---- MRS and MSR of a register ---- */
/* The instruction has no register that can be accessed in this direction: it is UNDEFINED, or not
 * known.  With op1 other than 3 all are UNDEFINED at EL0, also ID registers (no FEAT_IDST). */
static void no_register(struct a64_cpu *c, const struct a64_op *op, const char *what)
{
	u32 code = register_code(op->word);
	u64 value;

	if (op->imm || (c->user && (code >> 11 & 7) != 3) || id_register(c, code, &value) ||
	    denied_register(c, code))
		exception_undefined(c, op);
	else
		machine_stop("CPU %u: pc %lx: %s of S%u_%u_C%u_C%u_%u is not known", c->id,
			     cpu_pc(c, op), what, code >> 14, code >> 11 & 7, code >> 7 & 15,
			     code >> 3 & 15, code & 7);
}

static enum a64_user user_of_id(u32 code)
{
	return code == REGISTER_CODE(3, 3, 0, 0, 1)   ? USER_CTR
	       : code == REGISTER_CODE(3, 3, 0, 0, 7) ? USER_READS
						      : USER_NO;
}

/* False: CPACR_EL1 traps the register. */
static bool enabled(struct a64_cpu *c, const struct a64_op *op, const struct a64_register *r)
{
	return (!r->vector || vector_usable(c, op)) && (!r->sme || sme_usable(c, op));
}

static bool read_register(struct a64_cpu *c, const struct a64_op *op, u64 *value)
{
	const struct a64_register *r = (const struct a64_register *)(uintptr_t)op->imm;
	u32 code = register_code(op->word);

	if (r ? !register_exists(c, r, true) : !id_register(c, code, value)) {
		no_register(c, op, "MRS");
		return false;
	}
	if (c->user && !user_register(c, op, r ? r->user : user_of_id(code), true))
		return false;
	if (r && !enabled(c, op, r))
		return false;
	if (r)
		*value = register_get(c, r);
	return true;
}

static void op_mrs(struct a64_cpu *c, const struct a64_op *op)
{
	u64 value;

	if (!read_register(c, op, &value))
		return;
	c->x[op->rd] = value;
	cpu_set_view(c, op->rd, c->system_view);
}

static void op_msr(struct a64_cpu *c, const struct a64_op *op)
{
	const struct a64_register *r = (const struct a64_register *)(uintptr_t)op->imm;

	if (!r || !register_exists(c, r, false)) {
		no_register(c, op, "MSR");
		return;
	}
	if (c->user && !user_register(c, op, r->user, false))
		return;
	if (!enabled(c, op, r))
		return;
	c->system_view = later_view(c->system_view, cpu_depends(c, op->rn));
	register_set(c, r, c->x[op->rn]);
}

/* ---- SYS ---- */
#define SYS_CODE(op1, n, m, op2) ((op1) << 11 | (n) << 7 | (m) << 3 | (op2))
#define ZVA_BYTES 64ul

/* PAN has no effect on maintenance and on address translation instructions (D8.4, PAN).  The cached
 * translation is for this instruction alone. */
static struct soft_page *find_without_pan(struct a64_cpu *c, u64 va, enum a64_access access,
					  u64 *pa, u8 *status)
{
	struct soft_page *s;

	c->pan = false;
	s = soft_find(c, va, access, pa, status);
	c->pan = true;
	if (s)
		s->key = NO_PAGE;
	return s;
}

/* Translate the address of a line; NULL: not RAM, or an exception was taken. */
static struct soft_page *cache_line_of(struct a64_cpu *c, const struct a64_op *op,
				       enum a64_access access, u64 *pa)
{
	u64 va = c->x[op->rn];
	u8 status;
	struct soft_page *s = soft_find(c, va, access, pa, &status);

	if (!s && (status & ~3u) == FSC_PERMISSION && c->pan)
		s = find_without_pan(c, va, access, pa, &status);
	if (!s && status != FSC_NONE)
		exception_abort(c, cpu_pc(c, op), va, ACCESS_STORE, status, ESR_CACHE);
	return s;
}

#define UNIFY (-1) /* to the point of unification only */

/* A DC is ordered after the CPU's own stores (and loads) to the line, but not after those that
 * bypass the caches: only a barrier orders these with it (D7.5.9, "Ordering and completion"). */
static bool after_stores(struct a64_cpu *c, u64 pa)
{
	const struct observer *o = &ordering.cpu[c->id];

	for (unsigned i = 0; i < o->nr; i++)
		if (align_down(o->buffer[i].word, cache_line) == pa && !o->buffer[i].bypass)
			return order_atomic_ready(c->id, o->buffer[i].word, 0);
	return true;
}

static void maintain_line(struct a64_cpu *c, const struct a64_op *op, enum a64_access access,
			  int what)
{
	u64 pa;
	const struct soft_page *s = cache_line_of(c, op, access, &pa);

	if (!s)
		return;
	pa = align_down(s->frame_pa | (c->x[op->rn] % FRAME_BYTES), cache_line);
	late_within(c->id, pa, cache_line);
	if (!after_stores(c, pa)) {
		cpu_again(c, op);
		return;
	}
	if (what != CACHE_INVALIDATE)
		fetch_cleaned(pa, cache_line);
	if (what != UNIFY) /* for this CPU or all, by the shareability of the address (D7.5.9) */
		order_maintain(s->nonshareable ? c->id : ORDER_NO_CPU, pa, cache_line,
			       what != CACHE_CLEAN);
	if (what != UNIFY)
		cache_issue(c->id, pa, (enum cache_op)what, s->bypass);
}

/* CRm is 6, 10 and 14. */
static void maintain_place(struct a64_cpu *c, const struct a64_op *op)
{
	static const u8 ops[] = { CACHE_INVALIDATE, CACHE_CLEAN, CACHE_FLUSH };
	enum cache_op what = (enum cache_op)ops[((op->word >> 8 & 15) - 6) / 4];
	struct cache_place p;

	if (!id_cache_place(c, c->x[op->rn], &p))
		return;
	if (what != CACHE_INVALIDATE && !p.level && !p.way)
		fetch_cleaned_set(&p);
	cache_issue_place(&p, what);
}

static void dc_zva(struct a64_cpu *c, const struct a64_op *op)
{
	u64 va = align_down(c->x[op->rn], ZVA_BYTES), pa;
	u8 status;
	struct soft_page *s = soft_find(c, va, ACCESS_STORE, &pa, &status);

	if (!s || !cpu_translates(c)) {
		exception_abort(c, cpu_pc(c, op), c->x[op->rn], ACCESS_STORE,
				status == FSC_NONE ? FSC_ALIGNMENT : status, 0);
		return;
	}
	for (unsigned i = 0; i < ZVA_BYTES; i += 8)
		order_store(c->id, (s->frame_pa | (va % FRAME_BYTES)) + i, 8, 0,
			    cpu_depends(c, op->rn), store_flags(s));
}

/* AT S1E1R, S1E1W, and with the rights of EL0 S1E0R, S1E0W. */
static void translate_for_par(struct a64_cpu *c, u64 va, enum a64_access access, bool user)
{
	struct translation t;
	bool pan = c->pan;
	u8 status;

	c->pan = false;
	cpu_unprivileged(c, user);
	status = translate(c, va, access, 0, &t);
	cpu_unprivileged(c, false);
	c->pan = pan;
	if (status != FSC_NONE)
		c->par = 1 | (u64)status << 1 | BIT(11);
	else
		c->par = (t.pa & 0xffffffffff000ul) | BIT(11) | 0xfful << 56 | 3 << 7;
}

static void sys_tlbi(struct a64_cpu *c, const struct a64_op *op)
{
	if (!tlbi_issue(c, op->word, c->x[op->rn]))
		machine_stop("CPU %u: pc %lx: TLBI %08x is not known", c->id, cpu_pc(c, op),
			     op->word);
}

static void op_sys(struct a64_cpu *c, const struct a64_op *op)
{
	u64 pa;

	if (c->user && !user_sys(c, op))
		return;
	if (denied_sys(c, op->word)) {
		exception_undefined(c, op);
		return;
	}
	if ((op->word >> 12 & 15) == 8) {
		sys_tlbi(c, op);
		return;
	}
	switch (op->word >> 5 & 0x3fff) {
	case SYS_CODE(0, 7, 1, 0): /* IC IALLUIS */
		fetch_issue(c, true);
		return;
	case SYS_CODE(0, 7, 5, 0): /* IC IALLU */
		fetch_issue(c, false);
		return;
	case SYS_CODE(3, 7, 5, 1): /* IC IVAU */
		if (cache_line_of(c, op, ACCESS_LOAD, &pa))
			fetch_issue(c, true);
		return;
	case SYS_CODE(0, 7, 6, 1): /* DC IVAC */
		maintain_line(c, op, ACCESS_STORE, CACHE_INVALIDATE);
		return;
	case SYS_CODE(3, 7, 10, 1): /* DC CVAC */
		maintain_line(c, op, ACCESS_LOAD, CACHE_CLEAN);
		return;
	case SYS_CODE(3, 7, 11, 1): /* DC CVAU */
		maintain_line(c, op, ACCESS_LOAD, UNIFY);
		return;
	case SYS_CODE(3, 7, 14, 1): /* DC CIVAC */
		maintain_line(c, op, ACCESS_LOAD, CACHE_FLUSH);
		return;
	case SYS_CODE(0, 7, 6, 2):  /* DC ISW */
	case SYS_CODE(0, 7, 10, 2): /* DC CSW */
	case SYS_CODE(0, 7, 14, 2): /* DC CISW */
		maintain_place(c, op);
		return;
	case SYS_CODE(3, 7, 4, 1):
		dc_zva(c, op);
		return;
	case SYS_CODE(0, 7, 8, 0): /* AT S1E1R */
	case SYS_CODE(0, 7, 8, 1): /* AT S1E1W */
	case SYS_CODE(0, 7, 8, 2): /* AT S1E0R */
	case SYS_CODE(0, 7, 8, 3): /* AT S1E0W */
		translate_for_par(c, c->x[op->rn], op->word >> 5 & 1 ? ACCESS_STORE : ACCESS_LOAD,
				  op->word >> 6 & 1);
		return;
	default:
		machine_stop("CPU %u: pc %lx: SYS %08x is not known", c->id, cpu_pc(c, op),
			     op->word);
	}
}

const struct a64_row rows_system[] = {
	{ 0xfffff01f, 0xd503201f, RUN(op_hint), FORM_NONE, KIND_OTHER },
	{ 0xfffff0ff, 0xd503305f, RUN(op_clrex), FORM_NONE, KIND_OTHER },
	{ 0xfffff0ff, 0xd503309f, RUN(op_dsb), FORM_NONE, KIND_OTHER },
	{ 0xfffff0ff, 0xd50330bf, RUN(op_dmb), FORM_NONE, KIND_OTHER },
	{ 0xfffff0ff, 0xd50330df, RUN(op_isb), FORM_NONE, KIND_OTHER },
	{ 0xfff8f01f, 0xd500401f, RUN(op_msr_field), FORM_NONE, KIND_OTHER },
	{ 0xfff80000, 0xd5080000, RUN(op_sys), FORM_SYSTEM, KIND_OTHER },
	{ 0xfff00000, 0xd5100000, RUN(op_msr), FORM_SYSTEM, KIND_OTHER },
	{ 0xfff00000, 0xd5300000, RUN(op_mrs), FORM_SYSTEM, KIND_OTHER },
	{ 0 },
};
