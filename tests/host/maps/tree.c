/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/maps/tree.c - see fake.h: the tree, its plans and its gathers. */
#include "fake.h"
#include <stdlib.h>

static struct entry vm[VM_PAGES], device[DEVICE_PAGES], linear[FRAMES];
static struct entry *const parts[PARTS] = { vm, device, linear };
static const unsigned most[PARTS] = { VM_PAGES, DEVICE_PAGES, FRAMES };
static const enum region_id region[PARTS] = { REGION_VMALLOC, REGION_DEVICE, REGION_LINEAR };
static const struct pt_gather *slot_by[VM_PAGES / SLOT + 1]; /* unhooked, not yet invalidated */
static bool fresh_table;                                     /* a gather has a table */

struct pt other_tree;

static enum pt_prot prot_of(pte_t val, unsigned level)
{
	(void)level;
	return (enum pt_prot)(val & 0xfff);
}

static paddr_t pa_of(pte_t val, unsigned level, vaddr_t va)
{
	(void)level, (void)va;
	return val & ~0xffful;
}

struct pt_fmt fake_fmt = {
	.page_shift = 12, .levels = 4, .bits = { 4, 9, 9, 9 }, .prot = prot_of, .pa = pa_of
};

/* No file under test uses an address that is in no region. */
static struct entry *find(vaddr_t va)
{
	for (unsigned p = 0; p < PARTS; p++) {
		const struct va_region *r = &layout.r[region[p]];
		u64 i = (va - r->va) / PAGE;

		if (i < most[p] && va - r->va < r->len && va % PAGE == 0)
			return &parts[p][i];
	}
	printf("# FAIL %s:%d: 0x%lx is no page of a region\n", __FILE__, __LINE__, va);
	exit(1);
}

struct entry *fake_at(vaddr_t va)
{
	return find(va & ~(PAGE - 1));
}

static void check_range(vaddr_t va, u64 len)
{
	WANT(len && len % PAGE == 0);
	if (!len || len % PAGE)
		exit(1);
	find(va);
	find(va + len - PAGE);
}

static unsigned slot_nr(vaddr_t va)
{
	return (unsigned)((va - (VM & ~(SLOT * PAGE - 1))) / (SLOT * PAGE));
}

/* ---- what there is ---- */

unsigned fake_mapped(enum part p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < most[p] && i < layout.r[region[p]].len / PAGE; i++)
		n += parts[p][i].state != EMPTY;
	return n;
}

void fake_check_frame_free(paddr_t pa)
{
	unsigned bad = 0;

	for (unsigned i = 0; i < VM_PAGES; i++)
		bad += vm[i].state != EMPTY && vm[i].pa == pa;
	WANT(!bad);
}

void fake_tree_begin(void)
{
	memset(vm, 0, sizeof(vm));
	memset(device, 0, sizeof(device));
	memset(slot_by, 0, sizeof(slot_by));
	fresh_table = false;
	for (unsigned i = 0; i < FRAMES; i++)
		linear[i] = (struct entry) { i * PAGE, MAPPED, 0, RW_PROT, NULL };
	kpt = other_tree = (struct pt) { .fmt = &fake_fmt };
}

/* ---- plans ---- */

static bool splits(vaddr_t va, u64 len)
{
	const struct entry *a = find(va), *b = find(va + len - PAGE);
	u64 in = SLOT * PAGE - 1;

	return (a->state == MAPPED && a->level && va & in) ||
	       (b->state == MAPPED && b->level && (va + len) & in);
}

int pt_plan(struct pt *pt, struct pt_plan *p, enum pt_op op, vaddr_t va, u64 len,
	    unsigned max_level, unsigned node, struct why *why)
{
	*p = (struct pt_plan) { .op = op, .va = va, .len = len, .max_level = (u8)max_level };
	WANT(pt == fake.tree && fake.section);
	check_range(va, len);
	WANT(node == fake.node || op == PT_OP_UNMAP || op == PT_OP_EXISTING);
	if (++fake.nr_plans == fake.fail_plan)
		return refuse(why, ENOMEM, "no table");
	if (op == PT_OP_UNMAP && splits(va, len))
		return refuse(why, EBUSY, "an edge splits a leaf");
	for (u64 at = 0; op == PT_OP_MAP && at < len; at += PAGE) {
		WANT(find(va + at)->state != STALE); /* the address was freed too early */
		if (find(va + at)->state == MAPPED)
			return refuse(why, EEXIST, "mapped");
	}
	p->pt = pt;
	p->nr = op == PT_OP_MAP || op == PT_OP_APPLY;
	fake.plans++;
	return 0;
}

void pt_plan_sure(struct pt *pt, struct pt_plan *p, enum pt_op op, vaddr_t va, u64 len)
{
	*p = (struct pt_plan) { .pt = pt, .op = op, .va = va, .len = len };
	WANT(pt == fake.tree && (fake.section || fake.writer == PT_WRITER_DIRECT));
	check_range(va, len);
	WANT(op != PT_OP_UNMAP || !splits(va, len));
	for (u64 at = 0; at < len; at += PAGE)
		WANT((find(va + at)->state == MAPPED) == (op != PT_OP_MAP));
	fake.plans++;
}

/* A plan is ended by the writer that made it. */
void pt_plan_end(struct pt_plan *p)
{
	if (p->pt) {
		WANT(p->pt == fake.tree);
		WANT(!p->nr || this_cpu()->writer == fake.writer);
		fake.plans--;
	}
	p->pt = NULL;
}

/* ---- changes ---- */

static void check_change(const struct pt_plan *p, enum pt_op op, vaddr_t va, u64 len)
{
	WANT(p->pt == fake.tree && p->op == op);
	if (p->pt != fake.tree)
		exit(1);
	WANT(va >= p->va && len <= p->len && va - p->va <= p->len - len);
	check_range(va, len);
	WANT(this_cpu()->writer == fake.writer);
	WANT(fake.section || fake.writer == PT_WRITER_DIRECT);
	WANT(fake.writer != PT_WRITER_DEVICE || fake_locked("device mappings"));
}

void pt_map_part(struct pt_plan *p, vaddr_t va, u64 len, paddr_t pa, enum pt_prot prot)
{
	u64 in = SLOT * PAGE - 1;

	check_change(p, PT_OP_MAP, va, len);
	for (u64 at = 0; at < len; at += PAGE) {
		struct entry *e = find(va + at);
		u64 of = (va + at) & ~in;
		bool whole = of >= va && of + in < va + len && !((va ^ pa) & in);

		WANT(e->state == EMPTY);
		*e = (struct entry) { pa + at, MAPPED, 0, prot, NULL };
		if (p->max_level && whole && !fake.table[slot_nr(of)]) {
			e->level = 1;
			WANT(!slot_by[slot_nr(of)]); /* its table was not invalidated */
		}
		WANT(fake_filled(pa + at));
	}
	fake.parts++;
	fake.contig += p->contig;
}

void pt_map(struct pt_plan *p, paddr_t pa, enum pt_prot prot)
{
	pt_map_part(p, p->va, p->len, pa, prot);
}

void pt_unmap(struct pt_plan *p, struct pt_gather *g)
{
	check_change(p, PT_OP_UNMAP, p->va, p->len);
	WANT(g->pt == fake.tree);
	for (u64 at = 0; at < p->len; at += PAGE) {
		find(p->va + at)->state = STALE;
		find(p->va + at)->by = g;
	}
	g->owed = true;
	g->flushed = false;
	g->nr_leaves += (u32)(p->len / PAGE);
}

void pt_protect(struct pt_plan *p, enum pt_prot prot, struct pt_gather *g)
{
	check_change(p, PT_OP_PROTECT, p->va, p->len);
	WANT(g->pt == fake.tree);
	for (u64 at = 0; at < p->len; at += PAGE)
		find(p->va + at)->prot = prot;
	g->owed = true;
	g->flushed = false;
}

int pt_apply(struct pt_plan *p, pt_apply_fn *fn, void *arg, struct pt_gather *g, struct why *why)
{
	struct pt_page_entry e = { .va = p->va, .mapped = true };

	check_change(p, p->op, p->va, p->len);
	WANT(p->op == PT_OP_APPLY || p->op == PT_OP_EXISTING);
	WANT(g->pt == fake.tree);
	g->owed = true;
	g->flushed = false;
	fake.applied = p->op;
	if (fn(&e, arg))
		return refuse(why, EPERM, "the function refuses");
	return 0;
}

bool pt_free_slot(struct pt *pt, vaddr_t va, unsigned level, struct pt_gather *g)
{
	unsigned s = slot_nr(va);

	WANT(pt == fake.tree && level == 1 && va % (SLOT * PAGE) == 0 && fake.section);
	WANT(!fake_reads("walkers of the tree")); /* S0-27 */
	WANT(this_cpu()->writer == fake.writer && g->pt == fake.tree);
	fake.slots_freed++;
	if (!fake.table[s])
		return false;
	fake.table[s] = false;
	slot_by[s] = g;
	fresh_table = g->owed = true;
	g->flushed = false;
	return true;
}

/* ---- gathers ---- */

void pt_gather_begin(struct pt_gather *g, struct pt *pt, struct pt_span *store, u32 spans)
{
	WANT(!store && !spans && pt == fake.tree);
	*g = (struct pt_gather) { .pt = pt };
	fake.gathers++;
}

static void change_gather(const struct pt_gather *from, const struct pt_gather *to)
{
	for (unsigned p = 0; p < PARTS; p++)
		for (unsigned i = 0; i < most[p]; i++) {
			struct entry *e = &parts[p][i];

			if (e->state != STALE || e->by != from)
				continue;
			e->by = to;
			e->state = to ? STALE : EMPTY;
		}
}

void pt_gather_move(struct pt_gather *to, struct pt_gather *from)
{
	WANT(to->pt == fake.tree && from->pt == fake.tree && to != from);
	WANT(fake_locked("vmalloc lazy"));
	change_gather(from, to);
	to->owed |= from->owed;
	to->flushed &= !from->owed;
	from->pt = NULL;
	fake.gathers--;
}

void pt_gather_flush(struct pt_gather *g)
{
	WANT(g->pt == fake.tree && this_cpu()->writer == fake.writer);
	WANT(!fake_locked("vmalloc lazy"));
	change_gather(g, NULL);
	for (unsigned s = 0; s < sizeof(slot_by) / sizeof(slot_by[0]); s++)
		if (slot_by[s] == g)
			slot_by[s] = NULL;
	fake.flushes += g->owed;
	g->owed = false;
	g->flushed = true;
}

/* Readers are waited for where there is a table: no lock is held then (ENGINE 5.2). */
void pt_gather_release(struct pt_gather *g)
{
	WANT(g->pt == fake.tree && g->flushed && !g->owed);
	WANT(!fresh_table || (!fake.section && !fake_any_lock()));
	fresh_table = false;
	g->pt = NULL;
	fake.gathers--;
}

/* ---- reading ---- */

enum pt_kind pt_lookup(const struct pt *pt, vaddr_t va, struct pt_slot *slot)
{
	const struct entry *e = fake_at(va);

	WANT(pt == &kpt);
	*slot = (struct pt_slot) { .va = va & ~(PAGE - 1), .val = e->pa | e->prot, .n = 1 };
	slot->kind = e->state == MAPPED ? PT_LEAF : PT_EMPTY;
	return slot->kind;
}

paddr_t pt_translate(const struct pt *pt, vaddr_t va)
{
	const struct entry *e = fake_at(va);

	WANT(pt == fake.tree);
	return e->state == MAPPED ? e->pa | (va & (PAGE - 1)) : PA_NONE;
}
