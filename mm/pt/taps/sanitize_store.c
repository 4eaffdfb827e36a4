/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/taps/sanitize_store.c - the rules of a store: the value in memory before it, the
 * maintenance that the change requires, and the value after it.
 */
#include <mm/pt/taps/sanitize_model.h>

/* Which lock protects the entries that an actor stores ([E] 1, mm/kernel/writer.h). */
enum { HOTPLUG_CLASS = 1, MOVABLE_CLASS = 3 };
const u16 san_lock_of_writer[PT_WRITERS] = {
	[PT_WRITER_HOTPLUG] = SAN_FOR_WRITING(HOTPLUG_CLASS),
	[PT_WRITER_DIRECT] = SAN_FOR_WRITING(HOTPLUG_CLASS),
	[PT_WRITER_OPTIMISE] = SAN_FOR_WRITING(HOTPLUG_CLASS),
	[PT_WRITER_SHADOW] = SAN_FOR_WRITING(HOTPLUG_CLASS),
	[PT_WRITER_MIGRATE] = BIT(MOVABLE_CLASS),
	[PT_WRITER_DEVICE] = BIT(MOVABLE_CLASS),
};

static unsigned bbm(void)
{
	return san.env->bbm ? san.env->bbm() : 0;
}

/* Drop the pieces of a SET that another tap swallowed. */
static void drop_pending(unsigned cpu)
{
	for (u32 i = san.pieces, left = san.pending; i && left;) {
		const struct san_piece *p = &san.piece[--i];

		left -= p->pending;
		if (p->pending && san.store[p->store].cpu == cpu)
			san_piece_drop(i);
	}
}

/* Members of a contiguous run change together. */
static void check_run(const struct pt_event *e, const struct san_geometry *g)
{
	unsigned run = max_u64(san_run(g, e->old, e->level), san_run(g, e->new, e->level));
	u64 mask = (san_span(g, e->level) << run) - 1;

	if (run && ((e->va | e->len) & mask))
		san_report(SAN_RUN, e, e->va, NULL);
}

static void check_store(const struct pt_event *e, const struct san_tree *t, paddr_t cells)
{
	u16 lock = e->writer < PT_WRITERS ? san_lock_of_writer[e->writer] : 0;
	bool alone = !(t->cpus & (t->cpus - 1)); /* boot, before the second CPU */

	if (!alone && (e->locks & lock) != lock)
		san_report(SAN_LOCK, e, e->va, NULL);
	/* EMPTY -> table is a compare-and-exchange: another CPU may be first. */
	if ((e->old || san_kind(&t->g, e->new, e->level) != SAN_TABLE) &&
	    !san_alike(&t->g, san_load(cells), e->old))
		san_report(SAN_FOREIGN, e, e->va, NULL);
	if (san_kind(&t->g, e->new, e->level) == SAN_LEAF && san_writes_and_runs(&t->g, e->new))
		san_report(SAN_WX, e, e->va, NULL);
	if (!san.env->loaded) /* an observer reports single stores, not runs */
		check_run(e, &t->g);
}

/*
 * The event has the old value of the first entry.  [R] Svnapot: the entries of a run are equal, and
 * each replaces another page, so entries that become a run are checked one by one.
 */
static unsigned change_of(const struct pt_event *e, const struct san_geometry *g, paddr_t cells)
{
	bool makes_run = g->family == SAN_RISCV && san_run(g, e->new, e->level);
	unsigned change = san_change(g, e->old, e->new, e->level, e->va, bbm());

	for (u64 i = 1; makes_run && i < e->n; i++)
		change |= san_change(g, san_load(cells + i * sizeof(pte_t)), e->new, e->level,
				     e->va + i * san_span(g, e->level), bbm());
	return change;
}

/* True if the old and the new frame, both read-only, have the same contents. */
static bool may_coexist(const struct pt_event *e, const struct san_tree *t, unsigned change)
{
	paddr_t from = san_pa(&t->g, e->old, e->level, e->va);
	paddr_t to = san_pa(&t->g, e->new, e->level, e->va);

	return change & SAN_SAME_FRAME && e->n == 1 && san.env->same &&
	       san.env->same(from, to, san_span(&t->g, e->level));
}

void san_owes_ctx(const struct pt_event *e)
{
	struct san_cpu *c = &san.cpu[e->cpu];

	if (c->owes_ctx)
		san_report(SAN_CTX, e, e->va, NULL);
	c->owes_ctx = false;
}

void san_before_set(const struct pt_event *e)
{
	struct san_cpu *c = &san.cpu[e->cpu];
	struct san_tree *t = san_tree_of(e->pt);
	enum san_kind end = SAN_NONE;
	paddr_t cells;

	drop_pending(e->cpu);
	c->set.judged = false;
	if (!t || e->unlinked)
		return;
	cells = san_entry_at(t, e->va, e->level, &end);
	if (cells == PA_NONE && end == SAN_NONE && t->cpus)
		san_report(SAN_LOST, e, e->va, NULL);
	if (cells == PA_NONE)
		return; /* below a leaf: a table that is filled before it replaces the leaf */
	san.seen.sets++;
	t->empty = false;
	if (!san.env->loaded || e->old & 1) /* else it may be the end of a break */
		san_owes_ctx(e);
	c->set.judged = true;
	c->set.va = e->va;
	c->set.cells = cells;
	c->set.tree = (u8)(t - san.tree);
	c->set.change = change_of(e, &t->g, cells);
	if (c->set.change & SAN_NEEDS_BREAK && may_coexist(e, t, c->set.change))
		c->set.change &= ~(unsigned)SAN_NEEDS_BREAK;
	if (t->cpus)
		check_store(e, t, cells);
	san_copies_of(e, c->set.tree, cells, c->set.change);
}

/* The store is done: copies of the old value are unclean from now on. */
static void settle_pending(const struct pt_event *e, unsigned change)
{
	bool told = false;

	for (u32 i = san.pieces, left = san.pending; i && left;) {
		struct san_piece *p = &san.piece[--i];
		struct san_store *s = &san.store[p->store];

		left -= p->pending;
		if (!p->pending || s->cpu != e->cpu)
			continue;
		p->pending = false;
		san.pending--;
		s->tick = san.tick;
		if (change & SAN_NEEDS_BREAK && !told)
			san_report(SAN_BREAK, e, e->va, p);
		told |= change & SAN_NEEDS_BREAK;
	}
}

/* True if a change from the copy that is still held to the new leaf requires a break. */
static bool conflicts(const struct pt_event *e, const struct san_tree *t, const struct san_piece *p)
{
	pte_t old = san.store[p->store].old;

	if (p->walk || p->level != e->level || san_kind(&t->g, e->new, e->level) != SAN_LEAF)
		return true;
	if (p->same || san_pa(&t->g, e->new, e->level, e->va) + (p->va - e->va) != p->pa)
		return true;
	old = san_with_frame(&t->g, old, e->new, e->va);
	return san_change(&t->g, old, e->new, e->level, e->va, bbm()) & SAN_NEEDS_BREAK;
}

/*
 * [A] D8.17.1: the break ends when its invalidation is complete.  [R] requires none, except for a
 * contiguous run: a hart may use either value, and the old frame is not free before the fence.
 */
/* True if a CPU that holds the copy uses its tree.  A foreign kernel may leave the copies of an
 * address space that no CPU uses any more until its ASID is in use again (R6). */
static bool is_used(const struct san_piece *p)
{
	for (unsigned cpu = 0; cpu < PT_TAP_CPUS; cpu++)
		if (p->holders >> cpu & 1 && san_is_loaded(p->tree, cpu))
			return true;
	return (s64)p->va < 0;
}

static void made_over_unclean(const struct pt_event *e, const struct san_tree *t)
{
	vaddr_t last = e->va + e->len - 1;

	for (u32 i = 0; i < san.pieces; i++) {
		const struct san_piece *p = &san.piece[i];

		if (&san.tree[p->tree] != t || p->last < e->va || last < p->va ||
		    !conflicts(e, t, p) || (san.env->foreign && !is_used(p)))
			continue;
		if (t->g.family == SAN_RISCV &&
		    !san_run(&t->g, san.store[p->store].old, p->level) &&
		    !san_run(&t->g, e->new, e->level))
			continue;
		san_report(SAN_UNBROKEN, e, e->va, p);
		san_piece_drop(i);
		return;
	}
}

/* The address in the run from `va` on of an entry that does not translate as a member does; 0:
 * none.
 */
static vaddr_t differs(const struct san_tree *t, vaddr_t va, unsigned level)
{
	const struct san_geometry *g = &t->g;
	enum san_kind end;
	paddr_t cells = san_entry_at(t, va, level, &end);
	pte_t v = 0;

	for (u64 i = 0; cells != PA_NONE && !v && i < 1ul << san_run_bits(g, level); i++)
		v = san_run(g, san_load(cells + i * 8), level) ? san_load(cells + i * 8) : 0;
	for (u64 i = 0; v && i < 1ul << san_run_bits(g, level); i++, va += san_span(g, level))
		if (san_members_differ(g, v, san_load(cells + i * 8), level, va, bbm()))
			return va;
	return 0;
}

/*
 * An observer: entries of a run are stored one by one, so those that are valid are compared.  A
 * difference of rights alone may be a change that is under way.
 */
static void check_members(const struct pt_event *e, const struct san_tree *t)
{
	u64 run = san_span(&t->g, e->level) << san_run_bits(&t->g, e->level);
	vaddr_t first = align_down(e->va, run), bad;

	for (u64 at = 0; at < e->va - first + e->len; at += run) {
		bad = differs(t, first + at, e->level);
		if (!bad)
			continue;
		san_report(SAN_MEMBERS, e, bad, NULL);
		return;
	}
}

/* Report leaves whose frames this CPU has filled without a barrier since. */
static void check_contents(const struct pt_event *e)
{
	const struct san_cpu *c = &san.cpu[e->cpu];

	for (unsigned i = 0; i < SAN_FILLS; i++)
		if (c->fill[i].tick > c->barrier && c->fill[i].pa < e->pa + e->len &&
		    e->pa < c->fill[i].pa + c->fill[i].len) {
			san_report(SAN_PUBLISH_DATA, e, e->va, NULL);
			return;
		}
}

void san_after_set(const struct pt_event *e)
{
	struct san_cpu *c = &san.cpu[e->cpu];
	const struct san_tree *t = &san.tree[c->set.tree];

	if (!c->set.judged) {
		c->filled = san.tick; /* perhaps a table that no walk reaches yet */
		return;
	}
	c->set.judged = false;
	settle_pending(e, c->set.change);
	if (!(e->new & 1))
		return;
	if (san.pieces && !(e->old & 1))
		made_over_unclean(e, t);
	if (c->set.change & SAN_NEW_TABLE)
		san_table_hooked(e, &t->g, san_pa(&t->g, e->new, e->level, e->va));
	if (c->set.change & SAN_NEW_LEAF)
		check_contents(e);
	if (t->cpus && !(e->old & 1) && san_kind(&t->g, e->new, e->level) == SAN_LEAF) {
		c->made = san.tick;
		c->made_va = e->va;
		c->made_by = e->writer;
	}
	if (!san_alike(&t->g, san_load(c->set.cells), e->new))
		san_report(SAN_FOREIGN, e, e->va, NULL);
	if (san.env->foreign && t->cpus && san_kind(&t->g, e->new, e->level) == SAN_LEAF)
		check_members(e, t);
}
