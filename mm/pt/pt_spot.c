/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/pt_spot.c - clear one page leaf and store it again with another frame, for migration.
 *
 * Both steps use the same cell; walking to it twice and planning twice would cost more than copying
 * the page, so a spot is found once.  Its table must stay while the spot is held: the caller owns
 * the leaf, and no table of its region is freed meanwhile (mm/vmalloc/vmalloc.h).
 */
#include <mm/pt/pt_impl.h>

static int find_by_walk(const struct pt *pt, struct pt_spot *spot)
{
	struct pt_pos pos;

	pt_descend(pt, spot->va, 0, &pos);
	if (pos.level != 0)
		return -ENOENT;
	spot->cell = &pos.cells[pos.index];
	spot->old = pt_cell_peek(spot->cell);
	return 0;
}

static bool is_lone_page(const struct pt *pt, pte_t v)
{
	return pt_kind_of(pt, v, 0) == PT_LEAF && !pt->fmt->run_shift(v, 0);
}

/*
 * Most spots of a batch are in one table, and their leaves differ in address alone: then neither a
 * walk nor a call of the format is needed.  spot[0] has been found; returns how many there are with
 * it, n at most.  Not inline: it needs every register.
 */
static NOINLINE unsigned find_beside(const struct pt *pt, const vaddr_t *va, unsigned n,
				     struct pt_spot *spot)
{
	const pte_t old = spot->old, alike = ~pt->fmt->pa_mask[0];
	const unsigned page = pt->shift[0], table = pt->shift[1];
	const vaddr_t lo = align_down(spot->va, 1ul << table), *const first = va;
	struct pt_cell *const cells = spot->cell - pt_index_at(pt, 0, spot->va);

	for (const vaddr_t *end = va++ + n; va < end; va++) {
		vaddr_t at = *va & ~0ul << page;

		if ((at - lo) >> table)
			break;
		spot++;
		spot->va = at;
		spot->cell = cells + ((at - lo) >> page);
		spot->old = pt_cell_peek(spot->cell);
		if ((old ^ spot->old) & alike)
			break;
	}
	return (unsigned)(va - first);
}

int pt_spots_find(struct pt *pt, const vaddr_t *va, unsigned n, struct pt_spot *spot)
{
	for (unsigned i = 0; i < n; i += find_beside(pt, va + i, n - i, spot + i)) {
		spot[i].va = pt_slot_va(pt, 0, va[i]);
		if (find_by_walk(pt, &spot[i]) || !is_lone_page(pt, spot[i].old))
			return -ENOENT;
	}
	return 0;
}

/* The addresses of n >= 1 spots and all between them. */
static void hull_of(const struct pt *pt, const struct pt_spot *spot, unsigned n, struct pt_run *r)
{
	vaddr_t lo = spot->va, hi = lo;

	for (unsigned i = 1; i < n; i++) {
		lo = min_u64(lo, spot[i].va);
		hi = max_u64(hi, spot[i].va);
	}
	r->va = lo;
	r->n = (u32)((hi - lo) >> pt->shift[0]) + 1;
}

void pt_spots_break(struct pt *pt, const struct pt_spot *spot, unsigned n, struct pt_gather *g)
{
	struct pt_run hull = { .old = spot->old };

	hull_of(pt, spot, n, &hull);
	pt_set_spots(pt, spot, NULL, n, &hull, g);
	g->nr_leaves += n;
}

void pt_spots_make(struct pt *pt, const struct pt_spot *spot, const paddr_t *pa, unsigned n)
{
	struct pt_run hull = { .va = spot->va, .n = 1, .ordered = true };
	u64 len;
	u32 duty;

	if (pt_tapped() || pt->eager)
		hull_of(pt, spot, n, &hull); /* only they use the addresses */
	len = (u64)hull.n << pt->shift[0];
	pt_publish_data(pt, hull.va, len);
	duty = pt_set_spots(pt, spot, pa, n, &hull, NULL);
	pt_visible(pt, hull.va, len, duty);
}

void pt_spots_put(struct pt *pt, const struct pt_spot *spot, const pte_t *v, unsigned n)
{
	struct pt_run hull = { 0 };
	u32 duty = 0;

	hull_of(pt, spot, n, &hull);
	for (unsigned i = 0; i < n; i++) {
		struct pt_run r = { .cells = spot[i].cell, .va = spot[i].va, .n = 1 };

		r.new = v[i];
		r.pa = pt->fmt->pa(v[i], 0, spot[i].va);
		duty |= pt_set_run(pt, &r, NULL);
	}
	pt_visible(pt, hull.va, (u64)hull.n << pt->shift[0], duty);
}
