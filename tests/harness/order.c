/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/order.c - the judge of the order of events; see tests/harness/order.h.
 *
 * A debt is a piece of address space that was unmapped, with its frames; for a table the frame of
 * the table itself.  Three steps settle it: a barrier, an invalidation that covers it on every CPU
 * that may have walked it, its completion.  Adjacent pieces are one debt.
 */
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <tests/harness/order.h>
#include <tests/harness/order_rules.h>

#define DEBTS 4096
#define FREED 4096

enum step { STORED, ORDERED, ISSUED };

struct debt {
	vaddr_t va;
	u64 len;
	paddr_t pa;
	u8 level;
	bool table;
	u8 step;
};

static struct {
	unsigned cpu;
	cpumask_t online; /* read at the start: no acquire may be between events */
	struct debt debt[DEBTS];
	u32 debts;
	paddr_t free[FREED]; /* pages that are free since the start */
	u32 frees;
	vaddr_t published;
	u8 published_level;
	vaddr_t ordered; /* leaves with a barrier after everything that this CPU filled */
	u64 ordered_len;
	struct order_seen seen;
} now NOINIT;

static void alarm(const char *what, u64 at)
{
	if (!now.seen.alarms++)
		snprintf(now.seen.what, sizeof(now.seen.what), "%s, 0x%lx", what, at);
}

/* ---- frames ---- */

static bool overlap(u64 a, u64 a_len, u64 b, u64 b_len)
{
	return a < b + b_len && b < a + a_len;
}

/* Bytes of a debt's frames: one table, or as many as addresses. */
static u64 debt_bytes(const struct debt *d)
{
	return d->table ? page_size() : d->len;
}

static void check_not_pending(paddr_t pa, u64 len, const char *what)
{
	for (u32 i = 0; i < now.debts; i++)
		if (overlap(now.debt[i].pa, debt_bytes(&now.debt[i]), pa, len))
			return alarm(what, pa);
}

static void forget_free(paddr_t pa, u64 len)
{
	for (u32 i = 0; i < now.frees; i++)
		if (overlap(now.free[i], page_size(), pa, len))
			now.free[i--] = now.free[--now.frees];
}

static bool is_free(paddr_t pa, u64 len)
{
	for (u32 i = 0; i < now.frees; i++)
		if (overlap(now.free[i], page_size(), pa, len))
			return true;
	return false;
}

/* A chunk is recorded by its pages, because most are allocated singly later. */
static void frame_freed(const struct pt_event *e)
{
	check_not_pending(e->pa, e->n << page_shift(),
			  "freed before its invalidation was waited for");
	now.seen.freed += (u32)e->n;
	for (u64 i = 0; i < e->n && now.frees < FREED; i++)
		now.free[now.frees++] = e->pa + (i << page_shift());
}

static void frame_taken(const struct pt_event *e)
{
	check_not_pending(e->pa, e->n << page_shift(),
			  "handed out before its invalidation was waited for");
	forget_free(e->pa, e->n << page_shift());
}

/* ---- debts ---- */

static void add_debt(vaddr_t va, u64 len, paddr_t pa, unsigned level, bool table)
{
	struct debt *d = now.debts ? &now.debt[now.debts - 1] : NULL;

	now.seen.removed++;
	if (d && !table && !d->table && d->step == STORED && d->level == level &&
	    d->va + d->len == va && d->pa + d->len == pa) {
		d->len += len;
		return;
	}
	if (now.debts == DEBTS)
		return alarm("more was unmapped than can be recorded", va);
	now.debt[now.debts++] = (struct debt) {
		.va = va, .len = len, .pa = pa, .level = (u8)level, .table = table
	};
}

static int record_leaf(const struct pt_slot *s, void *arg)
{
	u64 len = (u64)s->n << pt_shift(kpt.fmt, s->level);
	paddr_t pa = kpt.fmt->pa(s->val, s->level, s->va);

	(void)arg;
	if (!in_region(s->va, REGION_LINEAR) && is_free(pa, len))
		alarm("was free while it was mapped", s->va);
	add_debt(s->va, len, pa, s->level, false);
	return 0;
}

/* Before the store: the frames are read from the tree while it is still unchanged. */
static void about_to_set(struct pt_event *e)
{
	unsigned duty = order_rule(e->pt, e->old, e->new, e->level);

	if (duty & DUTY_WALK)
		add_debt(e->va, e->len, kpt.fmt->next(e->old, e->level), e->level, true);
	if (duty & (DUTY_LEAF | DUTY_WALK)) /* a table may still hold leaves */
		pt_walk(e->pt, e->va, e->len, PT_ON_LEAF | PT_BY_RUNS, record_leaf, NULL);
}

/* A leaf in a table that no cell points to yet, of a frame that the address has already: the
 * pointer to the table publishes it, after a barrier of its own. */
static bool is_of_a_split(const struct pt_event *e)
{
	struct pt_slot now_there;

	return !e->old && pt_lookup(e->pt, e->va, &now_there) == PT_LEAF &&
	       now_there.level > e->level && pt_translate(e->pt, e->va) == e->pa;
}

/* After the store: was everything executed that must precede the new value? */
static void was_set(const struct pt_event *e)
{
	unsigned duty = order_rule(e->pt, e->old, e->new, e->level);

	if (duty & DUTY_PUBLISH_DATA && is_of_a_split(e))
		duty &= ~(unsigned)DUTY_PUBLISH_DATA;
	if (duty & DUTY_PUBLISH && (now.published != e->va || now.published_level != e->level))
		alarm("a table that may be seen before its contents", e->va);
	if (duty & DUTY_PUBLISH_DATA && (e->va - now.ordered >= now.ordered_len ||
					 e->len > now.ordered_len - (e->va - now.ordered)))
		alarm("a leaf that may be seen before what its frame holds", e->va);
	for (u32 i = 0; duty & DUTY_BREAK && i < now.debts; i++)
		if (overlap(now.debt[i].va, now.debt[i].len, e->va, e->len))
			return alarm("made before it was broken", e->va);
}

/*
 * Leaves: every address and their level, or everything.  A table: any address below it, if the
 * request reaches pointers ([A] "TLB maintenance instructions", the forms that are not
 * last-level; [R] a fence with rs1=x0).
 */
static bool covers(const struct pt_event *e, const struct debt *d)
{
	cpumask_t all = e->pt->walked & now.online;

	if ((e->cpus & all) != all || (e->pt->global && !e->global))
		return false;
	if (d->table)
		return e->walk && (!e->len || overlap(e->va, e->len, d->va, d->len));
	return !e->len || (e->va <= d->va && d->va + d->len <= e->va + e->len &&
			   (e->walk || e->levels >> d->level & 1));
}

static void invalidated(const struct pt_event *e)
{
	for (u32 i = 0; i < now.debts; i++) {
		struct debt *d = &now.debt[i];

		if (d->step == ISSUED || !covers(e, d))
			continue;
		if (d->step == STORED)
			alarm("invalidated without a barrier after the store", d->va);
		d->step = ISSUED;
	}
}

static void advance(enum step from)
{
	for (u32 i = 0; i < now.debts; i++) {
		if (now.debt[i].step != from)
			continue;
		if (from == ISSUED)
			now.debt[i--] = now.debt[--now.debts];
		else
			now.debt[i].step = ORDERED;
	}
}

/* ---- the tap ---- */

static bool not_mine(const struct pt_event *e)
{
	return this_cpu()->nr != now.cpu || (e->pt && e->pt != &kpt);
}

static bool order_before(struct pt_event *e)
{
	if (e->kind == PT_EV_SET && !not_mine(e))
		about_to_set(e);
	return true;
}

static void tlb_step(const struct pt_event *e)
{
	if (e->kind == PT_EV_SYNC)
		advance(STORED);
	else if (e->kind == PT_EV_TLBI)
		invalidated(e);
	else if (e->kind == PT_EV_WAIT)
		advance(ISSUED);
}

static void order_after(const struct pt_event *e)
{
	if (not_mine(e))
		return;
	tlb_step(e);
	if (e->kind == PT_EV_SET)
		was_set(e);
	if (e->kind == PT_EV_PUBLISH) {
		now.published = e->va;
		now.published_level = e->level;
	}
	if (e->kind == PT_EV_PUBLISH_DATA) {
		now.ordered = e->va;
		now.ordered_len = e->len;
	}
	if (e->kind == PT_EV_FILL)
		now.ordered_len = 0;
	/* The engine's own event for frames that the allocator does not handle: those that are
	 * removed with a block. */
	if (e->kind == PT_EV_FRAME_FREE ||
	    (e->kind == PT_EV_PAGE_FREE && e->provenance == PAGE_ALTMAP))
		frame_freed(e);
	if (e->kind == PT_EV_FRAME_ALLOC)
		frame_taken(e);
}

static const struct pt_tap order_tap = {
	.name = "test.order",
	.before = order_before,
	.after = order_after,
};
PT_TAP(test_order, order_tap);

void order_begin(void)
{
	now.cpu = this_cpu()->nr;
	now.online = cpus_online();
	now.debts = now.frees = 0;
	now.published = PA_NONE;
	now.ordered_len = 0;
	now.seen = (struct order_seen) { 0 };
	pt_tap_enable("test.order", true);
}

void order_end(struct order_seen *out)
{
	pt_tap_enable("test.order", false);
	for (u32 i = 0; i < now.debts; i++)
		alarm("never invalidated", now.debt[i].va);
	*out = now.seen;
}
