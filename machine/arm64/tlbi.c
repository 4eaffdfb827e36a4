/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/tlbi.c - TLB maintenance (D8.17): which entries must be removed, on which CPUs, and
 * when.
 *
 * A TLBI takes effect on a CPU at any time between the instruction and the DSB that completes it.
 * That DSB has both access types, is executed by the CPU that issued the TLBI, and its domain
 * includes the other CPU.  Then accesses through the old entries are complete, too.
 */
#include "errata.h"
#include "walk.h"
#include <machine/random.h>
#include <machine/tlb.h>
#include <string.h>

#define ISSUED_MAX 64u

enum tlbi_what { TLBI_ALL, TLBI_ASID, TLBI_VA };

struct tlbi {
	enum tlbi_what what;
	u64 first, last; /* addresses */
	u16 asid;
	bool any_asid, leaf_only, local, range;
	u8 hint;     /* 0: none; 1 + the level (as in walk.c) of the leaf */
	u8 by;       /* the CPU that issued it */
	bool early;  /* EARLY_DSB: its DSB has not waited for it */
	u64 pending; /* mask of the CPUs on which it is pending */
	u64 view;    /* later walks observe the stores up to this time */
};

static struct issued {
	unsigned nr;
	struct tlbi op[ISSUED_MAX];
	u64 done_at[WORST_CPUS]; /* the step at which the latest one took effect on each CPU */
	u64 waits;               /* mask of the CPUs whose stores the DSB waits for */
	bool broadcast;          /* a TLBI of `op` is for all CPUs */
	u32 batch;               /* of TLBIs that were completed by one DSB */
	/* LATE_STORES: the DSB of a repeated TLBI waits for stores of these CPUs, until these steps
	 */
	u64 owed, owed_at[WORST_CPUS];
} issued[WORST_CPUS];

/*
 * Leaves that a CPU's own TLBI has removed since its last context synchronisation.  A DSB does not
 * order the fetch of a po-later instruction, nor, without FEAT_ETS2, the translation of the address
 * of a load or store (B2.6.9): they may have happened before the TLBI, whose effect on its own
 * CPU's instructions also needs the context synchronisation (D8.17.8).  No walk uses a removed
 * table: an address that was translated before has had its walk.
 */
#define REMOVED_MAX 8u
static struct removed {
	unsigned nr;
	u64 at[REMOVED_MAX]; /* the time at which it was removed */
	struct tlb_entry leaf[REMOVED_MAX];
} removed[WORST_CPUS];

void tlbi_reset(struct a64_cpu *c)
{
	issued[c->id].nr = 0;
	issued[c->id].waits = issued[c->id].owed = 0;
	issued[c->id].broadcast = false;
	removed[c->id].nr = 0;
	tlb_drop_all(c->id);
}

static void remember(struct removed *r, const struct tlb_entry *w)
{
	unsigned i = r->nr < REMOVED_MAX ? r->nr++ : (unsigned)random_below(REMOVED_MAX);

	r->leaf[i] = *w;
	r->at[i] = ordering.now;
}

const struct tlb_entry *tlbi_removed_leaf(unsigned cpu, u64 va, u64 asid, u64 view)
{
	const struct removed *r = &removed[cpu];

	for (unsigned i = 0; i < r->nr; i++) {
		const struct tlb_entry *w = &r->leaf[i];

		if (va >> w->shift == w->va >> w->shift && (w->global || w->asid == asid) &&
		    view < r->at[i])
			return w;
	}
	return NULL;
}

bool tlbi_synchronise(unsigned cpu)
{
	bool any = removed[cpu].nr;

	removed[cpu].nr = 0;
	return any;
}

/* For an operation that names the entry's address: why the entry may stay, or NULL. */
static const char *spares(const struct tlbi *t, const struct tlb_entry *w)
{
	bool any_asid = t->any_asid && t->what == TLBI_VA;

	if (t->what == TLBI_ALL)
		return NULL;
	if (t->what == TLBI_ASID && w->global)
		return "TLBI by ASID: global entries stay";
	if (t->hint && (w->kind == TLB_LEAF ? w->level != t->hint - 1 : w->level < t->hint))
		return "TLBI with the hint of another level";
	if (w->kind == TLB_TABLE && t->leaf_only)
		return "TLBI of the last level: tables stay";
	if (!any_asid && !w->global && w->asid != t->asid)
		return "TLBI of another ASID";
	return NULL;
}

static bool in_reach(const struct tlbi *t, const struct tlb_entry *w)
{
	u64 last = w->va + ((1ul << w->shift) - 1);

	return t->what != TLBI_VA || (last >= t->first && w->va <= t->last);
}

/* wrong=: the entry stays although the operation names it. */
static bool wrongly_stays(const struct tlbi *t, const struct tlb_entry *w)
{
	bool leaf = w->kind == TLB_LEAF;

	if (t->what == TLBI_ASID)
		return errata_has(ASID_SPARES) && leaf && w->level;
	return errata_has(RUN_BY_FIRST) && t->leaf_only && leaf && !w->level &&
	       (w->word & DESC_CONTIG) && w->va < t->first;
}

/* An operand names a page, so its first quarter. */
static u8 piece_of(const struct tlb_entry *w, const void *operands)
{
	const struct tlbi *t = operands;
	bool page = t->what == TLBI_VA && !t->range && w->kind == TLB_LEAF &&
		    t->last - t->first == (1ul << w->shift) - 1;

	return page && errata_has(ONE_PIECE) ? tlb_quarter(w, t->first) : 0;
}

static bool must_remove(const struct tlb_entry *w, const void *operands)
{
	const struct tlbi *t = operands;
	const char *why;

	if (!in_reach(t, w) || wrongly_stays(t, w))
		return false;
	why = spares(t, w);
	if (why && tlb_spared)
		tlb_spared(w, t->by, why);
	return !why;
}

/* LATE_READS: on another CPU. */
static unsigned removed_on;
static bool must_remove_late(const struct tlb_entry *w, const void *operands)
{
	const struct tlbi *t = operands;

	if (!must_remove(w, t))
		return false;
	if (w->kind == TLB_LEAF)
		errata_removed(removed_on, t->by, issued[t->by].batch, w);
	return true;
}

static bool must_remove_here(const struct tlb_entry *w, const void *operands)
{
	const struct tlbi *t = operands;

	if (!must_remove(w, t))
		return false;
	if (w->kind == TLB_LEAF)
		remember(&removed[t->by], w);
	return true;
}

/* After another CPU's TLBI has completed, no access uses the entries that it names (D8.17.8). */
static void forget_removed(struct removed *r, const struct tlbi *t)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < r->nr; i++) {
		if (in_reach(t, &r->leaf[i]) && !spares(t, &r->leaf[i]))
			continue;
		r->leaf[kept] = r->leaf[i];
		r->at[kept++] = r->at[i];
	}
	r->nr = kept;
}

bool tlbi_pending_for(unsigned cpu, const struct tlb_entry *w, unsigned *by)
{
	for (*by = 0; *by < cpus_nr; ++*by)
		for (unsigned i = 0; i < issued[*by].nr; i++) {
			const struct tlbi *t = &issued[*by].op[i];

			if ((t->pending >> cpu & 1) && in_reach(t, w) && !spares(t, w))
				return true;
		}
	return false;
}

static tlb_filter *filter_of(unsigned cpu, const struct tlbi *t)
{
	if (cpu == t->by && knobs.adversary[ADV_CONTEXT])
		return must_remove_here;
	return cpu != t->by && errata_has(LATE_READS) ? must_remove_late : must_remove;
}

static void take_effect(unsigned cpu, struct issued *by, struct tlbi *t)
{
	struct a64_cpu *c = &cpus[cpu];
	struct observer *o = &ordering.cpu[cpu];

	t->pending &= ~BIT(cpu);
	o->walk = later_view(o->walk, t->view);
	order_walk_completed(cpu);
	if (cpu != t->by)
		forget_removed(&removed[cpu], t);
	removed_on = cpu;
	tlb_piece = piece_of;
	tlb_drop(cpu, filter_of(cpu, t), t);
	if (c->soft_nr || !c->soft_listed)
		soft_forget(c);
	fetch_forget(c);
	if (errata_has(SPOILED_TEXT) && !t->local)
		errata_spoil(c);
	if (cpu != t->by && errata_has(LATE_STORES | SME_STORES) && o->nr)
		o->wake = ordering.steps + random_below(knobs.adversary[ADV_STALL] + 1);
	by->done_at[cpu] = ordering.steps;
	by->waits |= BIT(cpu);
}

static void take_effect_everywhere(struct issued *by, struct tlbi *t)
{
	for (unsigned i = 0; i < cpus_nr; i++)
		if (t->pending >> i & 1)
			take_effect(i, by, t);
}

/* The level and granule of a hint (FEAT_TTL); false: another granule, so it removes nothing. */
static bool hint_of(const struct regime *r, u64 granule, u64 level, u8 *hint)
{
	static const u8 shifts[] = { 0, 12, 14, 16 };

	*hint = 0;
	if (!granule || !features.ttl)
		return true;
	*hint = (u8)(1 + 3 - level);
	if (level == 0 && !r->ds)
		*hint = 0; /* reserved: treated as no hint */
	return shifts[granule] == r->granule;
}

static u64 extended_from(u64 v, unsigned bit)
{
	return (u64)((s64)(v << (63 - bit)) >> (63 - bit));
}

static bool by_va(struct a64_cpu *c, u64 operand, struct tlbi *t)
{
	struct regime r;
	u64 va = extended_from((operand & (BIT(44) - 1)) << 12, 55);

	regime_of(c, va, &r);
	t->first = align_down(va, 1ul << r.granule);
	t->last = t->first + ((1ul << r.granule) - 1);
	return hint_of(&r, operand >> 46 & 3, operand >> 44 & 3, &t->hint);
}

/* FEAT_TLBIRANGE: (NUM + 1) << (5 * SCALE + 1) granules from BaseADDR. */
static bool by_range(struct a64_cpu *c, u64 operand, struct tlbi *t)
{
	static const u8 shifts[] = { 0, 12, 14, 16 };
	unsigned granule = shifts[operand >> 46 & 3], unit;
	u64 pages = ((operand >> 39 & 31) + 1) << (5 * (operand >> 44 & 3) + 1), ttl;
	struct regime r;

	if (!granule)
		return false;
	unit = c->now.tcr & TCR_DS && features.lpa2 ? 16 : granule;
	t->first = extended_from((operand & (BIT(37) - 1)) << unit, unit + 36);
	t->last = t->first + (pages << granule) - 1;
	t->range = true;
	if (errata_has(RANGE_SHORT))
		t->last -= 1ul << granule;
	regime_of(c, t->first, &r);
	ttl = operand >> 37 & 3;
	t->hint = ttl ? (u8)(1 + 3 - ttl) : 0;
	return granule == r.granule;
}

/* CRm: the scope, and by range or not. */
enum { LOCAL = 1, RANGE = 2 };
static int form_of(unsigned crm)
{
	static const signed char forms[16] = {
		-1, 0, RANGE, 0, -1, RANGE, LOCAL | RANGE, LOCAL, -1, -1, -1, -1, -1, -1, -1, -1,
	};
	bool range = crm == 2 || crm == 5 || crm == 6, outer = crm == 1 || crm == 5;

	return (range && features.tlb < 2) || (outer && features.tlb < 1) ? -1 : forms[crm];
}

static bool operation(struct a64_cpu *c, unsigned form, unsigned op2, u64 operand, struct tlbi *t,
		      bool *known)
{
	bool va = op2 & 1;

	t->asid = (u16)(operand >> 48);
	t->any_asid = op2 & 2;
	t->leaf_only = op2 & 4;
	*known = va || (!(form & RANGE) && (op2 == 0 || op2 == 2));
	t->what = va ? TLBI_VA : op2 ? TLBI_ASID : TLBI_ALL;
	if (!va)
		return true;
	return form & RANGE ? by_range(c, operand, t) : by_va(c, operand, t);
}

/* D8.2.4: an address between those of TTBR0_EL1 and of TTBR1_EL1 has no translation. */
static bool is_translated(struct a64_cpu *c, u64 va)
{
	struct regime r;

	regime_of(c, va, &r);
	return (s64)va < 0 ? !(~va >> r.bits) : !(va >> r.bits);
}

static void note_issued(unsigned cpu, const struct tlbi *t, u64 operand, bool something)
{
	order_hooks.execution->invalidate(
		cpu, &(struct invalidate_operands) {
			     .first = t->first,
			     .last = t->last,
			     .all = t->what != TLBI_VA,
			     .any_asid = t->what == TLBI_ALL || (t->what == TLBI_VA && t->any_asid),
			     .leaf_only = t->leaf_only,
			     .hint = t->hint,
			     .asid = t->asid,
			     .cpus = t->pending,
			     .operand = operand,
			     .nothing = !something || (t->what == TLBI_VA &&
						       !is_translated(&cpus[cpu], t->first)) });
}

static bool note_spared(const struct tlb_entry *w, const void *operands)
{
	const struct tlbi *t = operands;

	if (in_reach(t, w))
		tlb_spared(w, t->by, "TLBI with the hint (TTL) of another granule");
	return false;
}

static void names_nothing(const struct tlbi *t, u64 operand)
{
	if (order_hooks.execution)
		note_issued(t->by, t, operand, false);
	for (unsigned i = 0; tlb_spared && i < cpus_nr; i++)
		tlb_drop(i, note_spared, t);
}

/* A TLBI is after what a DSB has completed, and after the loads on which its operand or a branch
 * before it depends (B2.3, "Dependency-ordered-before"). */
static u64 after_its_loads(const struct a64_cpu *c, unsigned rt)
{
	u64 operand = rt < 31 ? cpu_depends(c, rt) : 0;

	return later_view(c->synced, later_view(c->control, operand));
}

bool tlbi_issue(struct a64_cpu *c, u32 word, u64 operand)
{
	struct issued *mine = &issued[c->id];
	int form = form_of(word >> 8 & 15);
	struct tlbi t = { .view = after_its_loads(c, word & 31), .by = (u8)c->id };
	bool known, something;

	if (form < 0 || (word >> 16 & 7) != 0 || (word >> 12 & 15) != 8)
		return false;
	something = operation(c, (unsigned)form, word >> 5 & 7, operand, &t, &known);
	if (known && !something)
		names_nothing(&t, operand);
	if (!known || !something)
		return known;
	for (unsigned i = 0; i < cpus_nr; i++)
		if (i == c->id || (!(form & LOCAL) && cpus[i].state != CPU_OFF))
			t.pending |= BIT(i);
	if (errata_has(OWN_ONLY) && t.what != TLBI_ALL)
		t.pending = BIT(c->id);
	t.local = form & LOCAL;
	if (order_hooks.execution)
		note_issued(c->id, &t, operand, true);
	if (mine->nr == ISSUED_MAX) {
		take_effect_everywhere(mine, &mine->op[0]);
		mine->op[0] = mine->op[--mine->nr];
	}
	mine->op[mine->nr++] = t;
	mine->broadcast |= !t.local;
	for (unsigned i = 0; i < cpus_nr; i++)
		if ((t.pending >> i & 1) && one_in(2))
			take_effect(i, mine, &mine->op[mine->nr - 1]);
	return true;
}

bool tlbi_pending(const struct a64_cpu *c)
{
	return issued[c->id].nr || issued[c->id].waits;
}

/* ---- errata of completion: a TLBI and its DSB, or one more of them, are needed ---- */
/* EARLY_DSB: the operation has its effect on other CPUs at some later DSB, and before that of a
 * later broadcast TLBI is complete. */
static bool completes(const struct issued *mine, struct tlbi *t)
{
	bool waits = t->early ? mine->broadcast || one_in(8) : one_in(2);

	t->early = true;
	return waits;
}

/* The stores that this DSB waits for: those of the TLBI before the one that it completes. */
static u64 owed_now(unsigned cpu, struct issued *mine)
{
	if (mine->broadcast)
		errata_completed(cpu, mine->batch);
	if (!errata_has(LATE_STORES))
		return mine->waits;
	return mine->broadcast ? mine->owed : 0;
}

static void completed(struct issued *mine)
{
	if (mine->broadcast) {
		mine->owed = mine->waits;
		memcpy(mine->owed_at, mine->done_at, sizeof(mine->owed_at));
		mine->batch++;
	}
	mine->broadcast = false;
	mine->waits = 0;
}

bool tlbi_complete(struct a64_cpu *c, bool everywhere)
{
	struct issued *mine = &issued[c->id];
	const u64 *at = errata_has(LATE_STORES) ? mine->owed_at : mine->done_at;
	unsigned kept = 0;
	u64 must;

	for (unsigned i = 0; i < mine->nr; i++) {
		struct tlbi *t = &mine->op[i];

		if (everywhere && (!errata_has(EARLY_DSB) || t->local || completes(mine, t)))
			take_effect_everywhere(mine, t);
		else if (t->pending >> c->id & 1)
			take_effect(c->id, mine, t);
		if (t->pending)
			mine->op[kept++] = *t;
	}
	mine->nr = kept;
	must = everywhere && errata_has(LATE_STORES | LATE_READS) ? owed_now(c->id, mine)
								  : mine->waits;
	for (unsigned i = 0; everywhere && i < cpus_nr; i++) {
		if (!(must >> i & 1) || i == c->id)
			continue;
		if (!order_drain_older(i, at[i], false))
			return false;
	}
	if (everywhere)
		completed(mine);
	return true;
}
