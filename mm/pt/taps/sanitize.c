/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/taps/sanitize.c - tap `sanitize`: events into the model, and the rules at each; see
 * sanitize.h.
 */
#include <lib/init.h>
#include <lib/string.h>
#include <mm/pt/taps/sanitize_model.h>

struct san_model san NOINIT;

/* Which lock protects the entries that an actor stores ([E] 1, mm/writer.h). */
#define FOR_WRITING(class) BIT(8 + (class))
enum { HOTPLUG_CLASS = 1, MOVABLE_CLASS = 3 };
static const u16 lock_of_writer[PT_WRITERS] = {
	[PT_WRITER_HOTPLUG] = FOR_WRITING(HOTPLUG_CLASS),
	[PT_WRITER_DIRECT] = FOR_WRITING(HOTPLUG_CLASS),
	[PT_WRITER_OPTIMISE] = FOR_WRITING(HOTPLUG_CLASS),
	[PT_WRITER_SHADOW] = FOR_WRITING(HOTPLUG_CLASS),
	[PT_WRITER_MIGRATE] = BIT(MOVABLE_CLASS),
	[PT_WRITER_DEVICE] = BIT(MOVABLE_CLASS),
};

/* ---- trees ---- */

static struct san_tree *tree_of(const struct pt *pt)
{
	for (unsigned i = 0; pt && i < SAN_TREES; i++)
		if (san.tree[i].pt == pt && san.tree[i].root != PA_NONE)
			return &san.tree[i];
	return NULL;
}

/* A slot whose CPUs hold nothing any more; else one whose root is free. */
static struct san_tree *tree_new(void)
{
	struct san_tree *some = NULL;

	for (unsigned i = 0; i < SAN_TREES; i++) {
		struct san_tree *t = &san.tree[i];

		if (t->root == PA_NONE && !t->cpus)
			return t;
		if (t->root == PA_NONE)
			some = t;
	}
	if (!some)
		san.seen.lost++;
	return some;
}

static void tree_gone(struct san_tree *t)
{
	for (u32 i = 0; i < san.pieces;)
		if (&san.tree[san.piece[i].tree] == t)
			san_piece_drop(i);
		else
			i++;
	t->root = PA_NONE;
	t->pt = NULL;
}

/* The copies that this CPU holds of another tree translate for this one, by their tag. */
static void check_tag(const struct pt_event *e, const struct san_tree *t)
{
	for (unsigned i = 1; e->asid && i < SAN_TREES; i++) {
		const struct san_tree *u = &san.tree[i];

		if (u == t || u->asid != e->asid || !(u->cpus >> e->cpu & 1) ||
		    (u->root != PA_NONE && san_trees_agree(u, t)))
			continue;
		san_report(SAN_TAG, e, e->asid, NULL);
		return;
	}
}

/* Another root behind the same struct is another tree. */
static void root_loaded(const struct pt_event *e)
{
	struct san_tree *t = tree_of(e->pt);
	struct san_geometry g;

	if (t && t->root != e->pa) {
		tree_gone(t);
		t = NULL;
	}
	if (!t) {
		if (!san_geometry(e->pt->fmt->name, &g) || !(t = tree_new()))
			return;
		*t = (struct san_tree) { .pt = e->pt, .root = e->pa, .name = e->pt->name, .g = g };
		san_tables_of(t);
	}
	t->asid = e->asid;
	check_tag(e, t);
	t->cpus |= BIT(e->cpu);
	san.cpu[e->cpu].tree = (u8)(t - san.tree);
}

static void root_freed(paddr_t pa, paddr_t last)
{
	for (unsigned i = 1; i < SAN_TREES; i++) {
		struct san_tree *t = &san.tree[i];

		if (t->root != PA_NONE && pa <= t->root && t->root <= last)
			tree_gone(t);
	}
}

/* Where the entry of va at `level` lies.  PA_NONE: the walk from the root ends above it, on *end.
 */
static paddr_t entry_at(const struct san_tree *t, vaddr_t va, unsigned level, enum san_kind *end)
{
	paddr_t table = t->root;

	for (unsigned l = t->g.levels - 1u;; l--) {
		paddr_t at = table + san_index(&t->g, l, va) * 8;
		pte_t v;

		if (l == level)
			return at;
		v = san_load(at);
		*end = san_kind(&t->g, v, l);
		if (*end != SAN_TABLE)
			return PA_NONE;
		table = san_pa(&t->g, v, l, va);
	}
}

/* ---- a SET ---- */

static unsigned bbm(void)
{
	return san.env->bbm ? san.env->bbm() : 0;
}

/* Forget the pieces of a SET that another tap swallowed. */
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
	u16 lock = e->writer < PT_WRITERS ? lock_of_writer[e->writer] : 0;
	bool alone = !(t->cpus & (t->cpus - 1)); /* boot, before the second CPU */

	if (!alone && (e->locks & lock) != lock)
		san_report(SAN_LOCK, e, e->va, NULL);
	/* EMPTY -> table is a compare-and-exchange: another CPU may be first. */
	if ((e->old || san_kind(&t->g, e->new, e->level) != SAN_TABLE) &&
	    !san_alike(&t->g, san_load(cells), e->old))
		san_report(SAN_FOREIGN, e, e->va, NULL);
	if (san_kind(&t->g, e->new, e->level) == SAN_LEAF && san_writes_and_runs(&t->g, e->new))
		san_report(SAN_WX, e, e->va, NULL);
	check_run(e, &t->g);
}

/* Are old and new, both read-only, frames that hold the same? */
static bool may_coexist(const struct pt_event *e, const struct san_tree *t, unsigned change)
{
	paddr_t from = san_pa(&t->g, e->old, e->level, e->va);
	paddr_t to = san_pa(&t->g, e->new, e->level, e->va);

	return change & SAN_SAME_FRAME && e->n == 1 && san.env->same &&
	       san.env->same(from, to, san_span(&t->g, e->level));
}

static void owes_ctx(const struct pt_event *e)
{
	struct san_cpu *c = &san.cpu[e->cpu];

	if (c->owes_ctx)
		san_report(SAN_CTX, e, e->va, NULL);
	c->owes_ctx = false;
}

static void before_set(const struct pt_event *e)
{
	struct san_cpu *c = &san.cpu[e->cpu];
	struct san_tree *t = tree_of(e->pt);
	enum san_kind end = SAN_NONE;
	paddr_t cells;

	drop_pending(e->cpu);
	c->set.judged = false;
	if (!t)
		return;
	cells = entry_at(t, e->va, e->level, &end);
	if (cells == PA_NONE && end == SAN_NONE && t->cpus)
		san_report(SAN_LOST, e, e->va, NULL);
	if (cells == PA_NONE)
		return; /* below a leaf: a table that is filled before it takes the leaf's place */
	san.seen.sets++;
	owes_ctx(e);
	c->set.judged = true;
	c->set.va = e->va;
	c->set.cells = cells;
	c->set.tick = san.tick;
	c->set.tree = (u8)(t - san.tree);
	c->set.change = san_change(&t->g, e->old, e->new, e->level, bbm());
	if (c->set.change & SAN_NEEDS_BREAK && may_coexist(e, t, c->set.change))
		c->set.change &= ~(unsigned)SAN_NEEDS_BREAK;
	if (t->cpus)
		check_store(e, t, cells);
	san_copies_of(e, c->set.tree, cells, c->set.change);
}

/* The store is done: what is held of the old value is unclean from now on. */
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

/* Would the new leaf and the copy that is still held be a change that needs a break? */
static bool conflicts(const struct pt_event *e, const struct san_tree *t, const struct san_piece *p)
{
	pte_t address = san_address(&t->g), old = san.store[p->store].old;

	if (p->walk || p->level != e->level || san_kind(&t->g, e->new, e->level) != SAN_LEAF)
		return true;
	if (p->same || san_pa(&t->g, e->new, e->level, e->va) + (p->va - e->va) != p->pa)
		return true;
	old = (old & ~address) | (e->new &address);
	return san_change(&t->g, old, e->new, e->level, bbm()) & SAN_NEEDS_BREAK;
}

/*
 * [A] D8.16.1: the break ends when its invalidation is complete.  [R] asks for none, but for a
 * contiguous run: a hart may use either, and the old frame is not free before the fence.
 */
static void made_over_unclean(const struct pt_event *e, const struct san_tree *t)
{
	vaddr_t last = e->va + e->len - 1;

	for (u32 i = 0; i < san.pieces; i++) {
		const struct san_piece *p = &san.piece[i];

		if (&san.tree[p->tree] != t || p->last < e->va || last < p->va ||
		    !conflicts(e, t, p))
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

/* This CPU filled frames of these leaves, and has had no barrier since. */
static void check_contents(const struct pt_event *e)
{
	const struct san_cpu *c = &san.cpu[e->cpu];

	for (unsigned i = 0; i < SAN_FILLS; i++)
		if (c->fill[i].tick > c->barrier && c->fill[i].pa < e->pa + e->len &&
		    e->pa < c->fill[i].pa + c->fill[i].len) {
			san_report(SAN_CONTENTS, e, e->va, NULL);
			return;
		}
}

static void after_set(const struct pt_event *e)
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
	if (!san_alike(&t->g, san_load(c->set.cells), e->new))
		san_report(SAN_FOREIGN, e, e->va, NULL);
}

/* ---- ends of the time in which an entry may be unclean ---- */

static void end_of(const struct pt_event *e, u32 at)
{
	struct san_piece p = san.piece[at];
	struct san_store *s = &san.store[p.store];

	if (!s->told)
		san_report(s->missed == SAN_RULES ? SAN_NEVER : (enum san_rule)s->missed, e, p.va,
			   &p);
	s->told = true;
	san_piece_drop(at);
}

/* Does memory still say of these frames what the copy says?  Then the copy does no harm: a leaf
 * that was split or joined. */
static bool still_so(const struct san_piece *p, paddr_t pa, paddr_t last)
{
	const struct san_tree *t = &san.tree[p->tree];

	for (pa = max_u64(pa, p->pa), last = min_u64(last, san_frames_last(p)); pa < last;
	     pa += san_span(&t->g, 0)) {
		vaddr_t va = p->va + (pa - p->pa);
		paddr_t at = PA_NONE;
		enum san_kind end;
		unsigned level = 0;
		pte_t v;

		for (; at == PA_NONE && level < t->g.levels; level++)
			at = entry_at(t, va, level, &end);
		v = san_load(at);
		if (p->same || san_kind(&t->g, v, level - 1) != SAN_LEAF ||
		    san_pa(&t->g, v, level - 1, va) + (va & (san_span(&t->g, level - 1) - 1)) !=
			    pa ||
		    !san_same_rights(&t->g, v, san.store[p->store].old))
			return false;
	}
	return true;
}

static void frames_move(const struct pt_event *e)
{
	u64 last = e->pa + (e->n << san_page_shift()) - 1;

	san_table_event(e);
	for (u32 i = 0; i < san.pieces && e->pa <= san.hi && san.lo <= last;) {
		const struct san_piece *p = &san.piece[i];

		if (!p->pending && p->pa <= last && e->pa <= san_frames_last(p) &&
		    (p->walk || !still_so(p, e->pa, last)))
			end_of(e, i);
		else
			i++;
	}
	if (e->kind == PT_EV_FRAME_FREE)
		root_freed(e->pa, last);
}

/*
 * [E] 5: an actor flushes before it releases the lock that protects its entries.  Other locks that
 * it held (that of walkers, which read memory and no TLB) say nothing.
 */
static void lock_released(const struct pt_event *e)
{
	u16 bit = (u16)FOR_WRITING(e->ops);

	if (!e->global || !(e->locks & bit))
		return;
	for (u32 i = 0; i < san.pieces;) {
		const struct san_store *s = &san.store[san.piece[i].store];

		if (!san.piece[i].pending && s->writer < PT_WRITERS &&
		    lock_of_writer[s->writer] & bit)
			end_of(e, i);
		else
			i++;
	}
}

/* ---- the tap ---- */

static void filled(const struct pt_event *e)
{
	struct san_cpu *c = &san.cpu[e->cpu];
	unsigned at = c->fills++ % SAN_FILLS;

	c->fill[at].pa = e->pa;
	c->fill[at].len = e->len;
	c->fill[at].tick = san.tick;
}

static void waited(const struct pt_event *e)
{
	san_wait(e);
	san.cpu[e->cpu].owes_ctx = san.tree[0].g.family == SAN_ARM;
}

static void take_event(const struct pt_event *e)
{
	struct san_cpu *c = &san.cpu[e->cpu];

	switch (e->kind) {
	case PT_EV_SET:
		after_set(e);
		break;
	case PT_EV_SYNC:
		c->sync = c->barrier = san.tick;
		break;
	case PT_EV_PUBLISH:
	case PT_EV_CONTENTS:
	case PT_EV_VISIBLE:
		c->barrier = san.tick;
		break;
	case PT_EV_FILL:
		filled(e);
		break;
	case PT_EV_TLBI:
		san_tlbi(e);
		break;
	case PT_EV_WAIT:
		waited(e);
		break;
	case PT_EV_CTX:
		c->owes_ctx = false;
		break;
	case PT_EV_ROOT_LOAD:
		root_loaded(e);
		break;
	case PT_EV_WALK_BEGIN:
	case PT_EV_WALK_END:
		san_walk_event(e);
		break;
	case PT_EV_PAGE_FREE:
		owes_ctx(e);
		/* The frames of a self-hosted memmap went with their block: this tells it late. */
		if (e->provenance != PAGE_ALTMAP)
			frames_move(e);
		break;
	case PT_EV_PAGE_ALLOC:
	case PT_EV_FRAME_ALLOC:
	case PT_EV_FRAME_FREE:
		frames_move(e);
		break;
	case PT_EV_UNLOCK:
		lock_released(e);
		break;
	default:
		break;
	}
}

static u64 enter(u64 caller)
{
	u64 flags = san.env->enter ? san.env->enter() : 0;

	san.tick++;
	san.caller = caller;
	return flags;
}

static void leave(u64 flags)
{
	if (san.env->leave)
		san.env->leave(flags);
}

static bool sanitize_before(struct pt_event *e)
{
	u64 flags;

	if (e->kind != PT_EV_SET)
		return true;
	flags = enter((u64)(uintptr_t)__builtin_return_address(0));
	before_set(e);
	leave(flags);
	return true;
}

static void sanitize_after(const struct pt_event *e)
{
	u64 flags;

	if (e->kind == PT_EV_LOCK || (e->kind == PT_EV_UNLOCK && !e->global))
		return;
	flags = enter((u64)(uintptr_t)__builtin_return_address(0));
	take_event(e);
	leave(flags);
}

static const struct pt_tap sanitize_tap = {
	.name = "sanitize",
	.before = sanitize_before,
	.after = sanitize_after,
};
PT_TAP(sanitize, sanitize_tap);

/* ---- on and off ---- */

static void forget(void)
{
	for (unsigned i = 1; i < SAN_TREES; i++)
		san.tree[i].cpus = 0;
	while (san.pieces)
		san_piece_drop(san.pieces - 1);
	for (unsigned i = 0; i < PT_TAP_CPUS; i++) {
		struct san_cpu *c = &san.cpu[i];

		if (c->tree)
			san.tree[c->tree].cpus |= BIT(i);
		memset(c->fill, 0, sizeof(c->fill));
		memset(c->request, 0, sizeof(c->request));
		c->requests = 0;
		c->owes_ctx = c->set.judged = false;
	}
}

void san_mute(bool on)
{
	u64 flags = enter(0);

	san.muted = on;
	if (!on)
		forget();
	leave(flags);
}

void san_begin(const struct san_env *env)
{
	if (!env) {
		pt_tap_enable("sanitize", false);
		return;
	}
	memset(&san, 0, sizeof(san));
	san.env = env;
	san.lo = PA_NONE;
	for (unsigned i = 0; i < SAN_TREES; i++)
		san.tree[i].root = PA_NONE;
	san_report_reset();
	pt_tap_enable("sanitize", true);
}

void san_seen(struct san_seen *out)
{
	*out = san.seen;
	out->unclean = san.pieces;
}

u32 san_count(enum san_rule rule)
{
	return san.count[rule];
}
