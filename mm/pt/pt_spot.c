/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/pt_spot.c - clear one page leaf and store it again with another frame, for migration.
 *
 * Both steps use the same cell; walking to it twice and planning twice would cost more than copying
 * the page, so a spot is found once.  Its table must stay while the spot is held: the caller owns
 * the leaf, and no table of its region is freed meanwhile (mm/vmalloc.h).
 */
#include <mm/pt/pt_impl.h>

/* Most spots of a batch lie in one table: then no walk is needed.  NULL: another table. */
static struct pt_cell *cell_near(const struct pt *pt, const struct pt_spot *near, vaddr_t va)
{
	if (!near || pt_slot_va(pt, 1, near->va) != pt_slot_va(pt, 1, va))
		return NULL;
	return near->cell + ((s64)(va - near->va) >> pt->shift[0]);
}

int pt_spot_find(struct pt *pt, vaddr_t va, const struct pt_spot *near, struct pt_spot *spot)
{
	struct pt_pos pos;

	spot->va = pt_slot_va(pt, 0, va);
	spot->cell = cell_near(pt, near, spot->va);
	if (!spot->cell) {
		pt_descend(pt, va, 0, &pos);
		if (pos.level != 0)
			return -ENOENT;
		spot->cell = &pos.cells[pos.index];
	}
	spot->old = pt_cell_peek(spot->cell);
	return pt_kind_of(pt, spot->old, 0) == PT_LEAF && !pt->fmt->run_shift(spot->old, 0)
		       ? 0
		       : -ENOENT;
}

void pt_spot_break(struct pt *pt, const struct pt_spot *spot, struct pt_gather *g)
{
	struct pt_run r = { .cells = spot->cell, .va = spot->va, .n = 1, .old = spot->old };

	pt_set_run(pt, &r, g);
	g->nr_leaves++;
}

static u32 make(struct pt *pt, const struct pt_spot *spot, paddr_t pa)
{
	struct pt_run r = { .cells = spot->cell, .va = spot->va, .n = 1, .pa = pa };

	r.ordered = true;
	r.prot = pt->fmt->prot(spot->old, 0);
	r.new = pt->fmt->leaf(pa, r.prot, 0, 0);
	return pt_set_run(pt, &r, NULL);
}

void pt_spots_make(struct pt *pt, const struct pt_spot *spot, const paddr_t *pa, unsigned n)
{
	vaddr_t lo = spot->va, hi = lo;
	u32 duty = 0;
	u64 len;

	for (unsigned i = 1; i < n; i++) {
		lo = min_u64(lo, spot[i].va);
		hi = max_u64(hi, spot[i].va);
	}
	len = hi - lo + pt_page_size(pt->fmt);
	pt_contents(pt, lo, len);
	for (unsigned i = 0; i < n; i++)
		duty |= make(pt, &spot[i], pa[i]);
	pt_visible(pt, lo, len, duty);
}
