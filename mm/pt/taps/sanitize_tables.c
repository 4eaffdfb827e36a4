/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/taps/sanitize_tables.c - pages that are tables: reserved, hooked, unhooked, freed.
 *
 * An open hash by address.  A page is removed from it when it is freed.
 */
#include <mm/pt/taps/sanitize_model.h>

enum { NEVER = 0, GONE = 1 };

static u32 start_of(paddr_t pa)
{
	return (u32)((pa >> 12) * 0x9e3779b97f4a7c15ul >> 40);
}

struct san_table *san_table_find(paddr_t pa)
{
	for (u32 i = 0, at = start_of(pa); i < SAN_TABLES; i++, at++) {
		struct san_table *t = &san.table[at % SAN_TABLES];

		if (t->pa == pa)
			return t;
		if (t->pa == NEVER)
			return NULL;
	}
	return NULL;
}

static struct san_table *table_add(paddr_t pa)
{
	struct san_table *t = san_table_find(pa);

	for (u32 i = 0, at = start_of(pa); i < SAN_TABLES && !t; i++, at++)
		if (san.table[at % SAN_TABLES].pa <= GONE)
			t = &san.table[at % SAN_TABLES];
	if (!t)
		san.seen.lost++;
	return t;
}

/* Roots may have the same table in the same slot: where one root serves both halves. */
static bool is_shared(const struct san_table *t, const struct san_geometry *g,
		      const struct pt_event *e)
{
	return e->level + 1u == g->levels && t->level == e->level &&
	       t->slot == san_index(g, e->level, e->va);
}

/* No entry points to a root: its owner loads it, and so declares that it is in use. */
void san_table_hooked(const struct pt_event *e, const struct san_geometry *g, paddr_t pa)
{
	const struct san_cpu *c = &san.cpu[e->cpu];
	struct san_table *t = san_table_find(pa);
	u64 stored = c->filled;

	if (t && t->state == SAN_HOOKED && !is_shared(t, g, e))
		san_report(SAN_TWICE, e, e->va, NULL);
	if (t && t->state == SAN_RESERVED && t->cpu == e->cpu)
		stored = max_u64(stored, t->tick);
	if (c->barrier <= stored && stored)
		san_report(SAN_PUBLISH, e, e->va, NULL);
	if (san.env->foreign) /* whose tables have no owner */
		return;
	t = t ? t : table_add(pa);
	if (t)
		*t = (struct san_table) {
			.pa = pa,
			.tick = san.tick,
			.cpu = (u8)e->cpu,
			.state = SAN_HOOKED,
			.level = e->level,
			.slot = (u16)san_index(g, e->level, e->va),
		};
}

static void tables_below(const struct san_tree *t, paddr_t table, unsigned level)
{
	for (unsigned i = 0; level && i < san_entries(&t->g, level); i++) {
		pte_t v = san_load(table + i * 8);
		paddr_t next = san_pa(&t->g, v, level, 0);
		struct san_table *below;

		if (san_kind(&t->g, v, level) != SAN_TABLE)
			continue;
		below = san_table_find(next);
		below = below ? below : table_add(next);
		if (below)
			*below = (struct san_table) {
				.pa = next, .state = SAN_HOOKED, .level = (u8)level, .slot = (u16)i
			};
		tables_below(t, next, level - 1);
	}
}

void san_tables_of(const struct san_tree *t)
{
	tables_below(t, t->root, t->g.levels - 1u);
}

static bool agree(const struct san_geometry *g, paddr_t a, paddr_t b, unsigned level)
{
	for (unsigned i = 0; i < san_entries(g, level); i++) {
		pte_t v = san_load(a + i * 8), w = san_load(b + i * 8);

		if (san_kind(g, v, level) == SAN_NONE || san_alike(g, v, w))
			continue;
		if (san_kind(g, v, level) != SAN_TABLE || san_kind(g, w, level) != SAN_TABLE ||
		    !agree(g, san_pa(g, v, level, 0), san_pa(g, w, level, 0), level - 1))
			return false;
	}
	return true;
}

bool san_trees_agree(const struct san_tree *a, const struct san_tree *b)
{
	return a->g.levels == b->g.levels && a->g.page_shift == b->g.page_shift &&
	       agree(&a->g, a->root, b->root, a->g.levels - 1u);
}

/* CPUs that walk any of its span may have read the pointer before. */
void san_table_unhooked(const struct pt_event *e, const struct san_tree *tree, paddr_t pa,
			vaddr_t va, u64 span)
{
	struct san_table *t = san_table_find(pa);

	if (san.env->foreign)
		return;
	t = t ? t : table_add(pa);
	if (!t)
		return;
	*t = (struct san_table) {
		.pa = pa, .tick = san.tick, .cpu = (u8)e->cpu, .state = SAN_UNHOOKED
	};
	for (unsigned i = 0; i < PT_TAP_CPUS; i++)
		if (san.cpu[i].walk.pt == tree->pt && i != e->cpu &&
		    san.cpu[i].walk.va <= va + span - 1 && va <= san.cpu[i].walk.last)
			t->walkers |= BIT(i);
	san.walked += t->walkers != 0;
}

static void reserve(const struct pt_event *e)
{
	struct san_table *t = san_table_find(e->pa);

	if (t && t->state == SAN_HOOKED)
		san_report(SAN_TWICE, e, e->pa, NULL);
	t = t ? t : table_add(e->pa);
	if (t)
		*t = (struct san_table) {
			.pa = e->pa, .tick = san.tick, .cpu = (u8)e->cpu, .state = SAN_RESERVED
		};
}

void san_forget_table(paddr_t pa)
{
	struct san_table *t = san_table_find(pa);

	if (t)
		*t = (struct san_table) { .pa = GONE };
}

static void table_freed(const struct pt_event *e, struct san_table *t)
{
	if (t->state == SAN_HOOKED)
		san_report(SAN_LIVE, e, t->pa, NULL);
	else if (t->walkers)
		san_report(SAN_WALKER, e, t->pa, NULL);
	t->walkers = 0;
	t->pa = GONE;
}

/* Pages that are allocated, filled or freed, of any kind. */
void san_table_event(const struct pt_event *e)
{
	if (e->kind == PT_EV_PAGE_ALLOC) {
		reserve(e);
		return;
	}
	/* The engine releases a table before its page is freed.  By a scheme of tables= walkers may
	 * still use it after PAGE_FREE, until FRAME_FREE. */
	if (e->kind == PT_EV_PAGE_FREE)
		return;
	for (u64 i = 0; i < e->n && e->kind != PT_EV_FILL; i++) {
		struct san_table *t = san_table_find(e->pa + (i << san_page_shift()));

		if (t && e->kind == PT_EV_FRAME_FREE)
			table_freed(e, t);
		else if (t && t->state == SAN_HOOKED)
			san_report(SAN_TWICE, e, t->pa, NULL);
	}
}

void san_walk_event(const struct pt_event *e)
{
	struct san_cpu *c = &san.cpu[e->cpu];

	if (e->kind == PT_EV_WALK_BEGIN) {
		c->walk.pt = e->pt;
		c->walk.va = e->va;
		c->walk.last = e->va + e->len - 1;
		return;
	}
	c->walk.pt = NULL;
	if (!san.walked)
		return;
	san.walked = 0;
	for (u32 i = 0; i < SAN_TABLES; i++) {
		san.table[i].walkers &= ~BIT(e->cpu);
		san.walked += san.table[i].walkers != 0;
	}
}
