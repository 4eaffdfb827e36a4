/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/taps/sanitize_trees.c - the known trees, the CPUs that may hold copies of them, and the
 * addresses of entries.
 */
#include <mm/pt/taps/sanitize_model.h>

struct san_tree *san_tree_of(const struct pt *pt)
{
	for (unsigned i = 0; pt && i < SAN_TREES; i++)
		if (san.tree[i].pt == pt && san.tree[i].root != PA_NONE)
			return &san.tree[i];
	return NULL;
}

/* A slot of whose tree no CPU holds a copy; else one whose root is free. */
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

static void tree_drop(struct san_tree *t)
{
	for (u32 i = 0; i < san.pieces;)
		if (&san.tree[san.piece[i].tree] == t)
			san_piece_drop(i);
		else
			i++;
	t->root = PA_NONE;
	t->pt = NULL;
}

bool san_is_loaded(unsigned tree, unsigned cpu)
{
	const struct san_tree *t = &san.tree[tree];

	if (san.env->loaded)
		return t->root != PA_NONE && san.env->loaded(t->pt, cpu);
	return !tree || san.cpu[cpu].tree == tree;
}

void san_trees_left(void)
{
	for (unsigned i = 0; i < SAN_TREES; i++) {
		struct san_tree *t = &san.tree[i];

		for (unsigned c = 0; c < PT_TAP_CPUS && t->on >> c; c++)
			if (t->on >> c & 1 && !san_is_loaded(i, c)) {
				t->on &= ~BIT(c);
				t->left[c] = san.tick;
			}
	}
}

/* True if an entry of the root is valid. */
static bool translates(const struct san_tree *t)
{
	unsigned top = t->g.levels - 1u;

	for (unsigned i = 0; i < san_entries(&t->g, top); i++)
		if (san_kind(&t->g, san_load(t->root + i * 8), top) != SAN_NONE)
			return true;
	return false;
}

/* [R] 4.2.1: SFENCE.VMA drops the copies after satp is loaded with a recycled ASID, or before. */
void san_tag_owed(unsigned cpu)
{
	struct san_cpu *c = &san.cpu[cpu];
	struct pt_event e = { .kind = PT_EV_ROOT_LOAD, .cpu = cpu, .pa = c->tag_root };

	if (c->tag)
		san_report(SAN_TAG, &e, c->tag, NULL);
	c->tag = 0;
}

/* Report copies of another tree that this CPU holds and that match this tree by their ASID. */
static void check_tag(const struct pt_event *e, const struct san_tree *t)
{
	for (unsigned i = 0; e->asid && i < SAN_TREES; i++) {
		const struct san_tree *u = &san.tree[i];

		if (u == t || u->empty || !san_has_asid(u, e->asid) || !(u->cpus >> e->cpu & 1) ||
		    (san.env->foreign && u->was == t->root) ||
		    (u->root != PA_NONE && !u->changed && san_trees_agree(u, t)))
			continue;
		if (san.env->foreign && t->g.family == SAN_RISCV) {
			san.cpu[e->cpu].tag = e->asid;
			san.cpu[e->cpu].tag_root = e->pa;
			return;
		}
		san_report(SAN_TAG, e, e->asid, NULL);
		return;
	}
}

static void check_started(const struct pt_event *e)
{
	struct san_cpu *c = &san.cpu[e->cpu];

	if (c->owes_all)
		san_report(SAN_STARTED, e, e->pa, NULL);
	c->owes_all = false;
}

void san_cpu_off(unsigned cpu)
{
	for (unsigned i = 0; i < SAN_TREES; i++)
		san.tree[i].cpus &= ~BIT(cpu);
	san_copies_drop(cpu);
	san.cpu[cpu].owes_all = true;
}

/*
 * A root of another kernel has another ASID now.  If its CPU replaced only the ASID, the root has
 * two: KPTI.  If not, it has got a new one; or its frame is a root again, of a new tree.
 */
static bool is_twin(const struct san_tree *t, const struct pt_event *e)
{
	return san.env->foreign && e->local && t->asid && e->asid;
}

static bool is_other_space(const struct san_tree *t, const struct pt_event *e)
{
	return san.env->foreign && !san_has_asid(t, e->asid) && !is_twin(t, e) && translates(t);
}

static void set_asid(struct san_tree *t, const struct pt_event *e)
{
	if (is_twin(t, e))
		t->twin = san_has_asid(t, e->asid) ? t->twin : e->asid;
	else if (!san.env->foreign || !san_has_asid(t, e->asid))
		t->asid = t->twin = e->asid;
}

/* A new root with the same struct is a new tree. */
void san_root_loaded(const struct pt_event *e)
{
	struct san_tree *t = san_tree_of(e->pt);
	struct san_geometry g;

	if (t && (t->root != e->pa || is_other_space(t, e))) {
		tree_drop(t);
		t = NULL;
	}
	if (!t) {
		if (!san_geometry(e->pt->fmt->name, &g) || !(t = tree_new()))
			return;
		*t = (struct san_tree) {
			.pt = e->pt,
			.root = e->pa,
			.was = e->pa,
			.name = e->pt->name,
			.g = g,
			.empty = san.env->foreign,
		};
		if (!san.page_shift || (san.env->loaded && e->global))
			san.page_shift =
				g.page_shift; /* the kernel's, not that of a map for boot */
		t->asid = t->twin = e->asid;
		if (!san.env->foreign)
			san_tables_of(t);
	}
	set_asid(t, e);
	t->changed = false;
	check_started(e);
	san_tag_owed(e->cpu);
	if (!san.env->foreign || translates(t)) { /* else it translates nothing: a reserved root */
		t->empty = false;
		check_tag(e, t);
	}
	t->cpus |= BIT(e->cpu);
	t->on |= BIT(e->cpu);
	san.cpu[e->cpu].tree = (u8)(t - san.tree);
}

void san_root_freed(paddr_t pa, paddr_t last)
{
	for (unsigned i = !san.env->loaded; i < SAN_TREES; i++) {
		struct san_tree *t = &san.tree[i];

		if (t->root != PA_NONE && pa <= t->root && t->root <= last)
			tree_drop(t);
	}
}

void san_root_left(paddr_t root)
{
	for (u32 i = 0; i < san.pieces;)
		if (san.tree[san.piece[i].tree].root == root)
			san_piece_drop(i);
		else
			i++;
	for (unsigned i = 0; i < SAN_TREES; i++)
		if (san.tree[i].root == root)
			san.tree[i].changed = true;
}

/* The address of the entry of va at `level`.  PA_NONE: the walk from the root ends above it, on
 * *end.
 */
paddr_t san_entry_at(const struct san_tree *t, vaddr_t va, unsigned level, enum san_kind *end)
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
