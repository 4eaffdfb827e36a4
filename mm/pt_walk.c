/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt_walk.c - reading a tree: one address, or every cell of a range.
 *
 * Each cell is loaded once and the decision rests on that value (S0-22).  A walker of shared tables
 * holds the hotplug lock for read; the engine itself takes no lock.
 */
#include <mm/pt_impl.h>

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
					   .kind = kind };
	return kind;
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

struct walk {
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

static int walk_table(const struct walk *w, const struct pt_cell *cells, unsigned level, vaddr_t va,
		      u64 left)
{
	const struct pt *pt = w->pt;
	int err = 0;
	u64 step;

	for (u32 i = pt_index_at(pt, level, va); left && !err; i++, va += step, left -= step) {
		struct pt_slot slot = { .val = pt_cell_load(&cells[i]), .level = (u8)level };

		step = pt_step(pt, level, 1, va, left);
		if (!slot.val)
			continue;
		slot.va = pt_slot_va(pt, level, va);
		slot.kind = pt->fmt->kind(slot.val, level);
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

	if (!pt_taps_on)
		return;
	pt_tap_run_before(&e);
	pt_tap_run_after(&e);
}

int pt_walk(const struct pt *pt, vaddr_t va, u64 len, unsigned when, pt_visit_fn *visit, void *arg)
{
	struct walk w = { .pt = pt, .when = when, .visit = visit, .arg = arg };
	int err = pt_range_check(pt, va, len, NULL);

	if (err)
		return err;
	walk_event(pt, va, len, PT_EV_WALK_BEGIN);
	err = walk_table(&w, pt->env->cells(pt->root), pt_top(pt), va, len);
	walk_event(pt, va, len, PT_EV_WALK_END);
	return err;
}
