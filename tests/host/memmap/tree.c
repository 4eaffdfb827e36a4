/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/memmap/tree.c - the tree of the struct pages, the gather and the taps; see fake.h.
 */
#include "fake.h"
#include <mm/vmalloc/vmalloc.h>
#include <want.h>

#define CELL_W 2ul /* of a leaf */

static char when_mapped[FRAMES][PAGE], when_filled[FRAMES][PAGE];

const struct remove_scheme fake_remover;

const struct page *fake_when_mapped(u32 frame)
{
	return (const struct page *)when_mapped[frame];
}

const struct page *fake_when_filled(u32 frame)
{
	return (const struct page *)when_filled[frame];
}

static unsigned slot_of(vaddr_t va)
{
	u64 i = (va - layout.r[REGION_VMEMMAP].va) / PAGE;

	WANT(i < VM_PAGES);
	return i < VM_PAGES ? (unsigned)i : 0;
}

/* ---- plans ---- */
int pt_plan(struct pt *pt, struct pt_plan *p, enum pt_op op, vaddr_t va, u64 len,
	    unsigned max_level, unsigned node, struct why *why)
{
	WANT(pt == &kpt && len && va % PAGE == 0 && len % PAGE == 0 && len <= VM_PAGES * PAGE);
	WANT(op == PT_OP_UNMAP || (op == PT_OP_MAP && node == NODE));
	*p = (struct pt_plan) { .op = op, .va = va, .len = len, .max_level = (u8)max_level };
	fake.planned_level = max_level;
	if (++fake.plans == fake.plan_fails)
		return refuse(why, EBUSY, "not this one");
	p->pt = pt;
	fake.open_plans++;
	return 0;
}

void pt_plan_end(struct pt_plan *p)
{
	fake.open_plans -= p->pt != NULL;
	p->pt = NULL;
}

/* ---- maps ---- */
static void map(const struct pt_plan *p, vaddr_t va, u64 len, paddr_t pa, bool same, bool rw)
{
	WANT(p->pt == &kpt && p->op == PT_OP_MAP && len && (va | len | pa) % PAGE == 0);
	WANT(va - p->va < p->len && va - p->va + len <= p->len);
	for (u64 at = 0; at < len && len <= p->len; at += PAGE) {
		u32 frame = (u32)((pa - BASE) / PAGE + (same ? 0 : at / PAGE));
		unsigned i = slot_of(va + at);

		WANT(!fake.map[i].there && frame < FRAMES);
		if (frame >= FRAMES)
			return;
		memcpy(when_mapped[frame], fake_frame(frame), PAGE);
		fake_map(i, frame, rw);
	}
}

void pt_map_part(struct pt_plan *p, vaddr_t va, u64 len, paddr_t pa, enum pt_prot prot)
{
	WANT(prot == (PT_R | PT_W | PT_GLOBAL));
	map(p, va, len, pa, false, true);
}

void pt_map_same(struct pt_plan *p, vaddr_t va, u64 len, paddr_t frame, enum pt_prot prot)
{
	WANT(prot == (PT_R | PT_GLOBAL) && !fake.planned_level);
	map(p, va, len, frame, true, false);
}

void pt_tap_run_fill(paddr_t pa, u64 len)
{
	u64 frame = (pa - BASE) / PAGE;

	WANT(len == PAGE && frame < FRAMES && !fake.filled[frame % FRAMES]);
	if (frame >= FRAMES)
		return;
	fake.filled[frame] = true;
	memcpy(when_filled[frame], fake_frame((u32)frame), PAGE);
}

/* ---- walks ---- */
static pte_t cell(const struct mapped *m)
{
	return m->there ? (BASE + m->frame * PAGE) | 1 | (m->rw ? CELL_W : 0) : 0;
}

static paddr_t cell_pa(pte_t val, unsigned level, vaddr_t va)
{
	return (val & ~(PAGE - 1)) + align_down(va & (pt_span(layout.fmt, level) - 1), PAGE);
}

static enum pt_prot cell_prot(pte_t val, unsigned level)
{
	(void)level;
	return PT_R | PT_GLOBAL | (val & CELL_W ? PT_W : 0);
}

const struct pt_fmt *fake_fmt(unsigned leaf_ok)
{
	static struct pt_fmt fmt = { .levels = 4,
				     .page_shift = 12,
				     .bits = { 2, 1, 2, 9 },
				     .pa = cell_pa,
				     .prot = cell_prot };

	fmt.leaf_ok = (u8)leaf_ok;
	return &fmt;
}

enum pt_kind pt_lookup(const struct pt *pt, vaddr_t va, struct pt_slot *slot)
{
	const struct mapped *m = &fake.map[slot_of(va)];

	*slot = (struct pt_slot) { .va = align_down(va, PAGE), .val = cell(m), .n = 1 };
	slot->kind = pt == &kpt && m->there ? PT_LEAF : PT_EMPTY;
	return slot->kind;
}

paddr_t pt_translate(const struct pt *pt, vaddr_t va)
{
	const struct mapped *m = &fake.map[slot_of(va)];

	WANT(pt == &kpt);
	return m->there ? BASE + m->frame * PAGE + va % PAGE : PA_NONE;
}

/* Pages from this one on that are mapped in step, `most` of them. */
static unsigned in_step(unsigned i, u64 most)
{
	const struct mapped *m = &fake.map[i];
	unsigned n = 1;

	while (n < most && m[n].there && m[n].frame == m->frame + n && m[n].rw == m->rw)
		n++;
	return n;
}

static struct pt_slot run_at(unsigned i, u64 left)
{
	u64 leaf = pt_span(layout.fmt, fake.level) / PAGE;
	struct pt_slot s = { .va = layout.r[REGION_VMEMMAP].va + i * PAGE, .kind = PT_LEAF };
	unsigned n = in_step(i, min_u64(left, fake.run_most * leaf));

	s.val = cell(&fake.map[i]);
	s.level = n >= leaf && !((i | fake.map[i].frame) % leaf) ? (u8)fake.level : 0;
	s.n = s.level ? (u32)(n / leaf) : n;
	return s;
}

int pt_walk(const struct pt *pt, vaddr_t va, u64 len, unsigned when, pt_visit_fn *visit, void *arg)
{
	unsigned i = slot_of(va);
	u64 left = len / PAGE;
	int err = 0;

	WANT(pt == &kpt && when == (PT_ON_LEAF | PT_BY_RUNS) && len && (va | len) % PAGE == 0);
	for (u64 n; left && !err && i < VM_PAGES; i += (unsigned)n, left -= n) {
		struct pt_slot s = run_at(i, left);

		n = fake.map[i].there ? s.n * pt_span(layout.fmt, s.level) / PAGE : 1;
		if (fake.map[i].there)
			err = visit(&s, arg);
	}
	return err;
}

/* ---- the gather ---- */
void pt_gather_begin(struct pt_gather *g, struct pt *pt, struct pt_span *spans, u32 max)
{
	WANT(pt == &kpt);
	*g = (struct pt_gather) { .pt = pt, .spans = spans, .max_spans = max };
	fake.gathers++;
}

int pt_gather_span(struct pt_gather *g, paddr_t pa, u32 nr, enum pt_provenance from)
{
	struct pt_span *last = g->nr_spans ? &g->spans[g->nr_spans - 1] : NULL;

	WANT(g->pt && nr);
	g->flushed = false;
	if (last && last->provenance == from && last->pa + last->nr * PAGE == pa) {
		last->nr += nr;
		return 0;
	}
	if (g->nr_spans == g->max_spans)
		return -ENOMEM;
	g->spans[g->nr_spans++] = (struct pt_span) { pa, nr, (u8)from };
	return 0;
}

void pt_gather_flush(struct pt_gather *g)
{
	WANT(g->pt);
	g->flushed = true;
	fake.flushes++;
}

static void check_unmapped(const struct pt_span *s)
{
	for (unsigned i = VM_OLD; i < VM_PAGES; i++)
		WANT(!fake.map[i].there ||
		     (BASE / PAGE + fake.map[i].frame) - s->pa / PAGE >= s->nr);
}

void pt_gather_release(struct pt_gather *g)
{
	WANT(g->pt && g->flushed);
	for (u32 i = 0; i < g->nr_spans && fake.nr_freed < CHUNKS; i++) {
		check_unmapped(&g->spans[i]);
		fake.freed[fake.nr_freed++] = g->spans[i];
	}
	g->nr_spans = 0;
	g->pt = NULL;
	fake.gathers--;
}

void vmalloc_remove(const struct remove_scheme *scheme, enum region_id id, vaddr_t va, u64 len,
		    struct pt_gather *g)
{
	unsigned i = slot_of(va);

	WANT(scheme == &fake_remover && id == REGION_VMEMMAP && g->pt == &kpt);
	WANT(len && va % PAGE == 0 && i + len / PAGE <= VM_PAGES);
	for (u64 n = 0; n < len / PAGE && i + n < VM_PAGES; n++)
		fake_unmap(i + (unsigned)n);
	fake.removes++;
	pt_gather_flush(g);
}
