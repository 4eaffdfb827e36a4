/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/taps/sanitize_copies.c - copies of old entries that CPUs may hold, and the invalidations
 * that drop them.
 *
 * A request takes effect when its CPU has waited for it: it may take any time until then.  It
 * reaches the stores before the last barrier (SYNC) that precedes it.
 */
#include <mm/pt/taps/sanitize_model.h>

/* ---- pieces ---- */

void san_piece_drop(u32 at)
{
	struct san_store *s = &san.store[san.piece[at].store];

	s->pieces--;
	san.pending -= san.piece[at].pending;
	san.piece[at] = san.piece[--san.pieces];
	if (!san.pieces) {
		san.lo = PA_NONE;
		san.hi = 0;
	}
}

static struct san_piece *piece_new(void)
{
	if (san.pieces == SAN_PIECES) {
		san.seen.lost++;
		return NULL;
	}
	if (san.pieces + 1 > san.seen.most)
		san.seen.most = san.pieces + 1;
	return &san.piece[san.pieces++];
}

/* True if this store continues a series of equal stores: one history is recorded for all. */
static bool store_continues(const struct san_store *s, const struct pt_event *e,
			    const struct san_geometry *g)
{
	pte_t same = s->old ^ e->old;

	return s->pieces && s->cpu == e->cpu && s->level == e->level &&
	       (s->writer == e->writer || san.env->loaded) && /* an observer sets it later */
	       s->locks == e->locks && s->missed == SAN_RULES && !s->new && !e->new &&
	       !(same & ~san_address(g)) && !san.cpu[e->cpu].requests &&
	       s->va + (s->n << san_shift(g, s->level)) == e->va;
}

static u32 store_new(const struct pt_event *e, const struct san_geometry *g)
{
	u32 last = (san.next_store - 1) % SAN_STORES;

	if (store_continues(&san.store[last], e, g)) {
		san.store[last].n += e->n;
		san.store[last].tick = san.tick;
		return last;
	}
	for (u32 n = 0; n < SAN_STORES; n++) {
		u32 i = san.next_store++ % SAN_STORES;
		struct san_store *s = &san.store[i];

		if (s->pieces)
			continue;
		*s = (struct san_store) { .cpu = (u8)e->cpu,
					  .writer = e->writer,
					  .level = e->level,
					  .missed = SAN_RULES,
					  .locks = e->locks,
					  .tick = san.tick,
					  .va = e->va,
					  .n = e->n,
					  .old = e->old,
					  .new = e->new };
		san_chain(s->chain);
		return i;
	}
	san.seen.lost++;
	return SAN_NONE_AT;
}

void san_written_by(const struct pt_event *e)
{
	for (u32 i = 0; i < SAN_STORES; i++) {
		struct san_store *s = &san.store[i];

		if (s->pieces && s->cpu == e->cpu && s->writer == PT_WRITER_NONE &&
		    s->va - e->va < e->len)
			s->writer = e->writer;
	}
}

static bool piece_continues(const struct san_piece *last, const struct san_piece *p)
{
	bool one = last->same || (!p->level && last->last - last->va == p->last - p->va);

	return last->store == p->store && last->pending && !last->walk && !p->walk &&
	       last->level == p->level && last->last + 1 == p->va && last->global == p->global &&
	       ((one && last->pa == p->pa) ||
		(!last->same && last->pa + (last->last - last->va) + 1 == p->pa));
}

static void add_piece(const struct san_piece *p)
{
	struct san_piece *last = san.pieces ? &san.piece[san.pieces - 1] : NULL;

	if (last && piece_continues(last, p)) {
		last->same = last->pa == p->pa;
		last->last = p->last;
	} else {
		struct san_piece *n = piece_new();

		if (!n)
			return;
		*n = *p;
		san.store[p->store].pieces++;
		san.pending += p->pending;
	}
	san.lo = min_u64(san.lo, p->pa);
	san.hi = max_u64(san.hi, san_frames_last(p));
}

/* ---- a SET ---- */

struct copies {
	const struct pt_event *e;
	const struct san_tree *tree;
	bool keep; /* false: no CPU can hold a copy, or there is no room */
	struct san_piece like;
};

static void leaf_copy(const struct copies *c, pte_t v, unsigned level, vaddr_t va)
{
	struct san_piece p = c->like;

	p.va = va;
	p.last = va + san_span(&c->tree->g, level) - 1;
	p.pa = san_pa(&c->tree->g, v, level, va);
	p.level = (u8)level;
	p.global = san_global(&c->tree->g, v);
	if (c->keep)
		add_piece(&p);
}

/* The number of leaves that map frames one after another, from the leaf `want` on. */
static u64 length_of_series(const volatile u64 *row, u64 n, pte_t want, pte_t step)
{
	u64 m = 0;

	for (; m < n && row[m] == want; m++)
		want += step;
	return m;
}

/* The piece that was added last, if leaves from va on can continue it; or NULL. */
static struct san_piece *open_series(const struct copies *c, vaddr_t va)
{
	struct san_piece *last = san.pieces ? &san.piece[san.pieces - 1] : NULL;

	if (!c->keep || !last || last->store != c->like.store || !last->pending || last->same ||
	    last->last + 1 != va)
		return NULL;
	return last;
}

static void go_on(struct san_piece *last, u64 bytes)
{
	last->last += bytes;
	san.hi = max_u64(san.hi, last->pa + (last->last - last->va));
}

static void entries_copies(const struct copies *c, const volatile u64 *row, u64 n, unsigned level,
			   vaddr_t va);

/* A pointer, and the entries below it that CPUs may have cached: pointers and leaves of every
 * level. */
static void table_copies(const struct copies *c, pte_t v, unsigned level, vaddr_t va)
{
	const struct san_geometry *g = &c->tree->g;
	struct san_piece p = c->like;
	paddr_t table = san_pa(g, v, level, va);

	p.va = va;
	p.last = va + san_span(g, level) - 1;
	p.pa = table;
	p.level = (u8)level;
	p.walk = true;
	p.global = c->e->global; /* entries below it apply to every ASID */
	if (c->keep)
		add_piece(&p);
	san_table_unhooked(c->e, c->tree, table, va, san_span(g, level));
	entries_copies(c, san.env->cells(table), san_entries(g, level - 1), level - 1, va);
}

static void entries_copies(const struct copies *c, const volatile u64 *row, u64 n, unsigned level,
			   vaddr_t va)
{
	const struct san_geometry *g = &c->tree->g;
	u64 span = san_span(g, level);
	pte_t step = g->family == SAN_RISCV ? span >> 2 : span, want = 0;

	for (u64 i = 0, m; i < n; i += m, va += m * span) {
		struct san_piece *last = want ? open_series(c, va) : NULL;
		pte_t v = row[i];
		enum san_kind kind;

		m = last ? length_of_series(row + i, n - i, want, step) : 0;
		if (m) {
			go_on(last, m * span);
			want += m * step;
			continue;
		}
		kind = san_kind(g, v, level);
		want = kind == SAN_LEAF ? v + step : 0;
		m = 1;
		if (kind == SAN_TABLE)
			table_copies(c, v, level, va);
		else if (kind == SAN_LEAF)
			leaf_copy(c, v, level, va);
	}
}

void san_copies_of(const struct pt_event *e, u8 tree, paddr_t cells, unsigned change)
{
	struct copies c = { .e = e, .tree = &san.tree[tree] };
	u32 store;

	if (!(change & (SAN_STALE | SAN_STALE_WALK)))
		return;
	store = c.tree->cpus ? store_new(e, &c.tree->g) : SAN_NONE_AT;
	c.keep = store != SAN_NONE_AT;
	c.like = (struct san_piece) {
		.holders = c.tree->cpus, .store = (u16)store, .tree = tree, .pending = true
	};
	entries_copies(&c, san.env->cells(cells), e->n, e->level, e->va);
}

/* ---- invalidation ---- */

static vaddr_t last_of(const struct pt_event *e)
{
	return e->len ? e->va + e->len - 1 : ~0ul;
}

static vaddr_t first_of(const struct pt_event *e)
{
	return e->len ? e->va : 0;
}

/* The reason why a request does not clean this piece; SAN_RULES: it does, at the common addresses.
 */
static enum san_rule leaves(const struct pt_event *e, const struct san_piece *p)
{
	const struct san_tree *t = &san.tree[p->tree];

	if (!e->global && (p->global || !san_has_asid(t, e->asid)))
		return SAN_ASID;
	if (p->walk)
		return e->walk || (!e->len && e->global) ? SAN_RULES : SAN_WALKS;
	if (e->len && !san_reaches_leaf(&t->g, e->levels, e->walk, p->level))
		return SAN_LEVEL;
	return SAN_RULES;
}

static bool of_tree(const struct pt_event *e, const struct san_piece *p)
{
	const struct san_tree *t = &san.tree[p->tree];

	if (!e->pt)
		return true;
	return e->pt == t->pt || (!e->len && (e->global || san_has_asid(t, e->asid)));
}

/*
 * The addresses at which a request drops leaves like the piece's: an operation by VA drops the
 * whole leaf that translates it, of any size.
 */
static vaddr_t drops_from(const struct pt_event *e, const struct san_piece *p)
{
	return align_down(first_of(e), san_span(&san.tree[p->tree].g, p->level));
}

static vaddr_t drops_to(const struct pt_event *e, const struct san_piece *p)
{
	return last_of(e) | (san_span(&san.tree[p->tree].g, p->level) - 1);
}

static bool touches(const struct pt_event *e, const struct san_piece *p)
{
	return of_tree(e, p) && drops_from(e, p) <= p->last && p->va <= drops_to(e, p);
}

/* True if the store of the piece's CPU is ordered before the request of another CPU, as far as
 * known. */
static bool is_seen(const struct pt_event *e, const struct san_piece *p)
{
	const struct san_store *s = &san.store[p->store];
	enum san_kind end;
	paddr_t cells;

	if (!san.env->seen || s->cpu == e->cpu)
		return true;
	cells = san_entry_at(&san.tree[p->tree], s->va, s->level, &end);
	return cells == PA_NONE || san.env->seen(e->cpu, s->cpu, cells, s->n);
}

static void miss(const struct pt_event *e, const struct san_piece *p, enum san_rule why)
{
	struct san_store *s = &san.store[p->store];

	s->missed = (u8)why;
	s->missed_tick = san.tick;
	s->missed_cpu = (u8)e->cpu;
	s->missed_va = e->va;
	s->missed_len = e->len;
	s->missed_cpus = e->cpus;
	san_chain(s->missed_chain);
}

/* True if the entry of a pending piece is invalid in memory by now (a break). */
static bool is_broken(const struct san_piece *p)
{
	const struct san_cpu *c = &san.cpu[san.store[p->store].cpu];
	const struct san_store *s = &san.store[p->store];
	u64 at = (p->va - c->set.va) >> san_shift(&san.tree[p->tree].g, s->level);

	return !p->pending || !(san_load(c->set.cells + at * 8) & 1);
}

/* Record, for reports, the effect of a request on a piece when it is issued. */
static void note(const struct pt_event *e, const struct san_piece *p, u64 sync)
{
	struct san_store *s = &san.store[p->store];
	enum san_rule why = leaves(e, p);

	if (!e->pt && why == SAN_ASID && s->missed != SAN_RULES)
		return; /* it was perhaps meant for another tree */
	if (why == SAN_RULES && (sync <= s->tick || !is_seen(e, p)))
		why = SAN_SYNC;
	if (why == SAN_RULES && !p->walk && (p->va < drops_from(e, p) || drops_to(e, p) < p->last))
		why = SAN_RANGE;
	if (why == SAN_RULES && p->holders & ~e->cpus)
		why = SAN_SCOPE;
	if (!e->pt && why == SAN_SCOPE && !e->len)
		return; /* a CPU invalidated everything locally: its purpose is unknown */
	if (why == SAN_RULES)
		why = SAN_WAIT;
	if (e->local && why != SAN_SYNC && p->holders & ~e->cpus & ~BIT(e->cpu) &&
	    s->missed != SAN_RULES)
		return; /* the local invalidation of a CPU that faulted is not the owner's request
			 */
	miss(e, p, why);
	if (why == SAN_SYNC && s->cpu == e->cpu && !s->told) {
		s->told = true;
		san_report(SAN_SYNC, e, p->va, p);
	}
}

/*
 * [R] A hart may keep a failed walk, and a fence with an address orders stores to leaf entries
 * alone.  So a hart that faulted below a pointer that was invalid at its last fence of everything
 * may fault for ever on an address that is mapped.  [A] keeps no entry that faults.
 */
static void check_failed_walk(const struct pt_event *e)
{
	const struct san_tree *t = san_tree_of(e->pt);
	enum san_kind end;
	bool newer = false; /* a table than that fence */

	if (!t || t->g.family != SAN_RISCV || !e->local || e->walk || !e->len ||
	    (san.env->bounded && san.env->bounded()))
		return;
	for (unsigned level = t->g.levels; level--;) {
		paddr_t at = san_entry_at(t, e->va, level, &end);
		pte_t v = at == PA_NONE ? 0 : san_load(at);
		enum san_kind kind = san_kind(&t->g, v, level);
		const struct san_table *below;

		if (newer && kind == SAN_LEAF)
			san_report(SAN_FAILED, e, e->va, NULL);
		if (kind != SAN_TABLE)
			return;
		below = san_table_find(san_pa(&t->g, v, level, e->va));
		newer |= below && below->state == SAN_HOOKED &&
			 below->tick > san.cpu[e->cpu].all_walks;
	}
}

static void request_done(const struct san_request *r);

void san_tlbi(const struct pt_event *e)
{
	struct san_cpu *c = &san.cpu[e->cpu];
	struct san_request *r = &c->request[c->requests % SAN_REQUESTS];

	if (san.env->foreign && r->used)
		request_done(r); /* there is no room to wait for more */
	else if (c->requests >= SAN_REQUESTS && r->used)
		san.seen.lost++;
	*r = (struct san_request) { .e = *e, .tick = san.tick, .sync = c->sync, .used = true };
	c->requests++;
	if (!e->len)
		san_trees_left();
	check_failed_walk(e);
	for (u32 i = 0; i < san.pieces; i++)
		if (touches(e, &san.piece[i]))
			note(e, &san.piece[i], c->sync);
}

/* Cut [first, last] out of a piece of leaves; the rest is unchanged. */
static void cut(u32 at, vaddr_t first, vaddr_t last, cpumask_t reached)
{
	struct san_piece all = san.piece[at], *p = &san.piece[at];

	if (!all.walk && all.va < first) {
		struct san_piece *n = piece_new();

		if (!n)
			return;
		*n = all;
		n->last = first - 1;
		san.store[all.store].pieces++;
		san.pending += all.pending;
		p->pa += p->same ? 0 : first - p->va;
		p->va = first;
	}
	if (!all.walk && last < all.last) {
		struct san_piece *n = piece_new();

		if (!n)
			return;
		*n = all;
		n->va = last + 1;
		n->pa = all.pa + (all.same ? 0 : last + 1 - all.va);
		san.store[all.store].pieces++;
		san.pending += all.pending;
		p->last = last;
	}
	p->holders &= ~reached;
}

/* A request for a whole ASID: a CPU that had unloaded the tree before it holds no copy of the tree.
 */
static void trees_done(const struct san_request *r)
{
	const struct pt_event *e = &r->e;

	if (e->len)
		return;
	for (unsigned i = 0; i < SAN_TREES; i++) {
		struct san_tree *t = &san.tree[i];
		cpumask_t reached = e->cpus & ~t->on;

		for (unsigned c = 0; c < PT_TAP_CPUS; c++)
			if (t->left[c] > r->tick)
				reached &= ~BIT(c);
		if (e->global || san_has_asid(t, e->asid))
			t->cpus &= ~reached;
	}
}

static void drop_unheld(void)
{
	for (u32 i = 0; i < san.pieces;)
		if (!san.piece[i].holders)
			san_piece_drop(i);
		else
			i++;
}

void san_copies_drop(unsigned cpu)
{
	for (u32 i = 0; i < san.pieces; i++)
		san.piece[i].holders &= ~BIT(cpu);
	drop_unheld();
}

/* The request that was expected to clean this piece is complete and has not. */
static void left_by(const struct san_request *r, const struct san_piece *p, enum san_rule why)
{
	struct san_store *s = &san.store[p->store];

	if (s->missed == SAN_WAIT && s->missed_tick == r->tick)
		s->missed = (u8)why;
}

static void request_done(const struct san_request *r)
{
	const struct pt_event *e = &r->e;

	for (u32 i = 0; i < san.pieces; i++) {
		struct san_piece *p = &san.piece[i];
		const struct san_store *s = &san.store[p->store];
		enum san_rule why = touches(e, p) ? leaves(e, p) : SAN_RANGE;

		if (why != SAN_RULES)
			left_by(r, p, why);
		if (why != SAN_RULES || !is_broken(p))
			continue;
		/* A missing barrier was reported already. */
		if ((r->sync <= s->tick && s->cpu != e->cpu) || s->tick > r->tick || !is_seen(e, p))
			continue;
		if (e->local && (p->va < drops_from(e, p) || drops_to(e, p) < p->last))
			continue; /* the local invalidation of a CPU that faulted: not worth two
				     more pieces */
		cut(i, max_u64(drops_from(e, p), p->va), min_u64(drops_to(e, p), p->last), e->cpus);
	}
	trees_done(r);
	for (unsigned i = 0; i < PT_TAP_CPUS && (e->walk || !e->len); i++) {
		if (!(e->cpus >> i & 1))
			continue;
		san.cpu[i].all_walks = r->tick;
		san.cpu[i].owes_all &= e->len || !e->global;
		if (!e->len && (e->global || e->asid == san.cpu[i].tag))
			san.cpu[i].tag = 0;
	}
	drop_unheld();
}

void san_wait(const struct pt_event *e)
{
	struct san_cpu *c = &san.cpu[e->cpu];

	for (unsigned i = 0; i < SAN_REQUESTS; i++) {
		if (c->request[i].used)
			request_done(&c->request[i]);
		c->request[i].used = false;
	}
	c->requests = 0;
}

/* [A] A request that is not waited for has no effect for certain.  An access flag or a dirty state
 * that is cleared may stay in a copy: its loss harms nothing. */
void san_not_waited(unsigned cpu)
{
	struct pt_event e = { .kind = PT_EV_CTX, .cpu = cpu };

	san.tick++;
	san_tag_owed(cpu);
	if (!san.cpu[cpu].requests)
		return;
	for (u32 i = 0; i < san.pieces; i++) {
		const struct san_piece *p = &san.piece[i];
		const struct san_geometry *g = &san.tree[p->tree].g;
		struct san_store *s = &san.store[p->store];

		if (s->told || s->missed != SAN_WAIT || s->missed_cpu != cpu ||
		    (s->new & 1 && san_alike(g, s->old, s->new)))
			continue;
		s->told = true;
		san_report(SAN_WAIT, &e, p->va, p);
	}
}

bool san_holds(paddr_t root, vaddr_t va, unsigned cpu)
{
	for (u32 i = 0; i < san.pieces; i++) {
		const struct san_piece *p = &san.piece[i];

		if (san.tree[p->tree].root == root && p->va <= va && va <= p->last &&
		    p->holders >> cpu & 1)
			return true;
	}
	return false;
}
