/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/pt_walk.c - reading a tree: one address, or every cell of a range.
 *
 * Each cell is loaded once and the decision rests on that value (S0-22).  A walker of shared tables
 * holds the hotplug lock for read; the engine itself takes no lock.
 */
#include <mm/pt/pt_impl.h>

static NOINLINE void descend_by_calls(const struct pt *pt, vaddr_t va, unsigned stop,
				      struct pt_pos *pos)
{
	unsigned level = pt_top(pt);
	paddr_t table = pt->root;

	for (;; level--) {
		pos->cells = pt->env->cells(table);
		pos->index = pt_index_at(pt, level, va);
		pos->val = pt_cell_load(&pos->cells[pos->index]);
		pos->level = (u8)level;
		if (level <= stop || !pos->val)
			return;
		table = pt->fmt->next(pos->val, level);
		if (table == PA_NONE)
			return;
	}
}

/* By data alone where the format and the environment have it: each operation begins here. */
void pt_descend(const struct pt *pt, vaddr_t va, unsigned stop, struct pt_pos *pos)
{
	const struct pt_direct *direct = pt->env->direct;
	const struct pt_fmt *f = pt->fmt;
	pte_t mask = f->table_mask, is = f->table_is, pa = f->table_pa, val;
	unsigned level = f->levels - 1u, shl = f->table_shl, shift = f->va_bits;
	struct pt_cell *cells;
	struct pt_direct d;
	u64 index;

	if (!direct || !mask) {
		descend_by_calls(pt, va, stop, pos);
		return;
	}
	d = *direct; /* an acquire keeps no value of memory: these stay in registers */
	cells = pt_cells(&d, pt->root);
	for (;; level--) {
		index = va & ~(~0ul << shift); /* what the levels above have not translated */
		shift = pt->shift[level];
		index >>= shift;
		val = pt_cell_load(&cells[index]);
		if (level <= stop || (val & mask) != is)
			break;
		cells = pt_cells(&d, (val & pa) << shl);
	}
	pos->cells = cells;
	pos->val = val;
	pos->index = (u32)index;
	pos->level = (u8)level;
}

enum pt_kind pt_lookup(const struct pt *pt, vaddr_t va, struct pt_slot *slot)
{
	struct pt_pos pos;
	enum pt_kind kind;

	pt_descend(pt, va, 0, &pos);
	kind = pt_kind_of(pt, pos.val, pos.level);
	if (slot)
		*slot = (struct pt_slot) { .va = pt_slot_va(pt, pos.level, va),
					   .val = pos.val,
					   .level = pos.level,
					   .kind = kind,
					   .n = 1 };
	return kind;
}

bool pt_lookup_racing(const struct pt *pt, vaddr_t va, struct pt_slot *slot, pt_careful_fn *load)
{
	unsigned level = pt_top(pt);
	paddr_t table = pt->root;
	pte_t val;

	for (;; level--) {
		const struct pt_cell *cell = pt->env->cells(table) + pt_index_at(pt, level, va);

		if (!load(cell, &val))
			return false;
		table = level ? pt->fmt->next(val, level) : PA_NONE;
		if (table == PA_NONE)
			break;
	}
	*slot = (struct pt_slot) { .va = pt_slot_va(pt, level, va),
				   .val = val,
				   .level = (u8)level,
				   .kind = pt_kind_of(pt, val, level),
				   .n = 1 };
	return true;
}

paddr_t pt_translate(const struct pt *pt, vaddr_t va)
{
	u64 offset = va & (pt_page_size(pt->fmt) - 1);
	struct pt_pos pos;

	pt_descend(pt, va, 0, &pos);
	if (pt_kind_of(pt, pos.val, pos.level) != PT_LEAF)
		return PA_NONE;
	return pt->fmt->pa(pos.val, pos.level, va) + offset;
}

struct pt_walker {
	const struct pt *pt;
	unsigned when;
	pt_visit_fn *visit;
	void *arg;
};

static unsigned when_of(enum pt_kind kind)
{
	static const u8 when[] = {
		[PT_INVALID] = PT_ON_OTHER,  [PT_TABLE] = PT_ON_TABLE,
		[PT_LEAF] = PT_ON_LEAF,      [PT_EMPTY] = 0,
		[PT_RESERVED] = PT_ON_OTHER,
	};

	return when[kind];
}

/* Leaves from cell i on that continue it, within the range and the table. */
static u32 run_of(const struct pt_walker *w, const struct pt_cell *cells, u32 i,
		  const struct pt_slot *s, u64 left)
{
	const struct pt_fmt *f = w->pt->fmt;
	u64 span = pt_span_at(w->pt, s->level);
	u32 max = min_u32(pt_entries(f, s->level) - i, left / span);
	pte_t stride;

	if (!(w->when & PT_BY_RUNS) || s->kind != PT_LEAF || max < 2 || !pt_in_step(f, 0, 2 * span))
		return 1; /* a cell beyond the window has another value and ends the run */
	stride = f->leaf(span, PT_R, s->level, 0) - f->leaf(0, PT_R, s->level, 0);
	return 1 + pt_count_linear(&cells[i + 1], max - 1, s->val + stride, stride);
}

static int walk_table(const struct pt_walker *w, const struct pt_cell *cells, unsigned level,
		      vaddr_t va, u64 left)
{
	const struct pt *pt = w->pt;
	int err = 0;
	u64 step;

	for (u32 i = pt_index_at(pt, level, va), n = 1; left && !err;
	     i += n, va += step, left -= step) {
		struct pt_slot slot = { .val = pt_cell_load(&cells[i]), .level = (u8)level };

		n = 1;
		step = pt_step(pt, level, 1, va, left);
		if (!slot.val)
			continue;
		slot.va = pt_slot_va(pt, level, va);
		slot.kind = pt->fmt->kind(slot.val, level);
		slot.n = n = run_of(w, cells, i, &slot, left);
		step = pt_step(pt, level, n, va, left);
		if (w->when & when_of(slot.kind))
			err = w->visit(&slot, w->arg);
		if (!err && slot.kind == PT_TABLE)
			err = walk_table(w, pt->env->cells(pt->fmt->next(slot.val, level)),
					 level - 1, va, step);
	}
	return err;
}

static void walk_event(const struct pt *pt, vaddr_t va, u64 len, unsigned kind)
{
	struct pt_event e = { .kind = (u8)kind, .va = va, .len = len, .pt = pt };

	if (!pt_tapped())
		return;
	pt_tap_run_before(&e);
	pt_tap_run_after(&e);
}

int pt_walk(const struct pt *pt, vaddr_t va, u64 len, unsigned when, pt_visit_fn *visit, void *arg)
{
	struct pt_walker w = { .pt = pt, .when = when, .visit = visit, .arg = arg };
	int err = pt_range_check(pt, va, len, NULL);

	if (err)
		return err;
	walk_event(pt, va, len, PT_EV_WALK_BEGIN);
	err = walk_table(&w, pt->env->cells(pt->root), pt_top(pt), va, len);
	walk_event(pt, va, len, PT_EV_WALK_END);
	return err;
}
