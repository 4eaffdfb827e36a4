/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/gup/gup_tree.c - see tests/gup/gup_tree.h. */
#include <arch/arch.h>
#include <lib/assert.h>
#include <lib/atomic.h>
#include <lib/hash.h>
#include <lib/init.h>
#include <lib/string.h>
#include <mm/kernel/kpt.h>
#include <tests/gup/gup_tree.h>

enum { CHECK_BITS = 10, PLACE_BITS = 4, GENERATION_BITS = 6 };
#define FRAMES (1u << (PLACE_BITS + GENERATION_BITS))
#define KEY 0x5eedface

struct gup_tree gup_tree;
static u32 refs[FRAMES] NOINIT; /* atomic: references of the frame, by generation and place; 0: not
				   owned */

_Static_assert(GUP_PAGES <= 1 << PLACE_BITS, "the bits of a place can hold its number");

/* ---- frames ---- */

static u32 check_of(u32 which)
{
	return (u32)hash_u64(KEY, which) & ((1u << CHECK_BITS) - 1);
}

static u32 which_frame(u32 generation, unsigned place)
{
	return (generation << PLACE_BITS | place) & (FRAMES - 1);
}

static paddr_t frame_of(u32 which)
{
	return (paddr_t)(which << CHECK_BITS | check_of(which)) << gup_tree.pt.fmt->page_shift;
}

/* The number of a frame; FRAMES: the value is no frame. */
static u32 which_of(paddr_t frame)
{
	u64 pfn = frame >> gup_tree.pt.fmt->page_shift;
	u32 which = (u32)(pfn >> CHECK_BITS) & (FRAMES - 1);

	return frame_of(which) == frame ? which : FRAMES;
}

paddr_t gup_frame(unsigned place)
{
	return frame_of(which_frame(gup_tree.generation, place));
}

bool gup_frame_ok(unsigned place, paddr_t frame)
{
	u32 which = which_of(frame);

	return which < FRAMES && (which & ((1u << PLACE_BITS) - 1)) == place;
}

bool gup_value_ok(unsigned place, pte_t val, unsigned level)
{
	const struct pt_fmt *f = gup_tree.pt.fmt;
	paddr_t frame;

	if (!val)
		return true;
	if (level || f->kind(val, level) != PT_LEAF)
		return false;
	frame = f->pa(val, level, gup_va(place));
	return gup_frame_ok(place, frame) && f->leaf(frame, PT_R | PT_W, 0, 0) == val;
}

/* A frame without an owner cannot be taken.  Junk is taken: the caller detects it. */
bool gup_frame_take(paddr_t frame)
{
	u32 which = which_of(frame), was;

	if (which == FRAMES)
		return true;
	was = atomic_load_relaxed(&refs[which]);
	do
		if (!was)
			return false;
	while (!atomic_cas_seq_cst(&refs[which], &was, was + 1));
	return true;
}

void gup_frame_give(paddr_t frame)
{
	u32 which = which_of(frame);

	if (which < FRAMES)
		atomic_fetch_sub_seq_cst(&refs[which], 1);
}

u64 gup_frames_held(void)
{
	u64 sum = 0;

	for (u32 i = 0; i < FRAMES; i++)
		sum += atomic_load_relaxed(&refs[i]);
	return sum;
}

/* ---- tables ---- */

static unsigned index_of(paddr_t table)
{
	for (unsigned i = 0; i < GUP_TABLES; i++)
		if (gup_tree.table[i] == table)
			return i;
	return GUP_TABLES;
}

bool gup_cell_gone(const struct pt_cell *cell)
{
	vaddr_t va = align_down((vaddr_t)(uintptr_t)cell, page_size());
	unsigned i = index_of(linear_pa(va));

	return i < GUP_TABLES && atomic_load_relaxed(&gup_tree.gone[i]);
}

static void release_table(struct table_free *f, paddr_t table)
{
	unsigned i = index_of(table);
	u64 *word = pa_ptr(table);

	(void)f;
	ASSERT_OP(i, <, GUP_TABLES);
	atomic_store_relaxed(&gup_tree.gone[i], true);
	for (u64 n = 0; n < page_size() / sizeof(*word); n++)
		atomic_store_relaxed(&word[n], GUP_POISON);
}

static paddr_t gup_table_alloc(struct pt *pt, unsigned node)
{
	(void)pt, (void)node;
	for (unsigned n = 0; n < GUP_TABLES; n++) {
		unsigned i = gup_tree.next++ % GUP_TABLES;

		if (!atomic_load_relaxed(&gup_tree.gone[i]))
			continue;
		arch_zero(pa_ptr(gup_tree.table[i]), page_size());
		atomic_store_relaxed(&gup_tree.gone[i], false);
		return gup_tree.table[i];
	}
	return PA_NONE;
}

/* A gather passes the table to the scheme; a table of a plan was never visible. */
static void gup_table_gathered(struct pt *pt, paddr_t table)
{
	(void)pt;
	if (gup_tree.mapped)
		table_free_one(&gup_tree.tables, table);
	else
		release_table(NULL, table);
}

static struct pt_cell *gup_cells(paddr_t table)
{
	return pa_ptr(table);
}

static void gup_inval(struct pt *pt, const struct pt_inval *inval)
{
	(void)pt, (void)inval; /* no TLB has entries of this tree */
}

/* ---- tables that share pages ---- */

#define SLOTS 256

/* The engine's link of each fragment in use; only the boot CPU allocates tables. */
static struct frag_slot {
	struct pt_link link;
	paddr_t pa; /* 0: unused */
} slots[SLOTS] NOINIT;

static struct frag_slot *slot_of(paddr_t pa)
{
	for (unsigned i = 0; i < SLOTS; i++)
		if (slots[i].pa == pa)
			return &slots[i];
	return NULL;
}

static struct pt_link *slot_link(paddr_t pa)
{
	struct frag_slot *s = slot_of(pa);

	ASSERT(s);
	return &s->link;
}

static paddr_t slot_pa(struct pt_link *link)
{
	return container_of(link, struct frag_slot, link)->pa;
}

/* Poison all but the bytes of a list node: one scheme has the fragment on its list already. */
static void frag_poison(void *fragment)
{
	struct frag_slot *s = slot_of(linear_pa(ptr_va(fragment)));
	u64 *word = fragment;

	for (u64 i = 2; i < gup_tree.space.class->bytes / sizeof(*word); i++)
		atomic_store_relaxed(&word[i], GUP_POISON);
	if (s)
		s->pa = 0;
}

static const struct frag_class tables_2k = { .bytes = 2048, .dtor = frag_poison };

static paddr_t frag_table_alloc(struct pt *pt, unsigned node)
{
	struct frag_slot *s = slot_of(0);
	void *f = s ? frag_alloc(&gup_tree.space) : NULL;

	(void)pt, (void)node;
	if (!f)
		return PA_NONE;
	s->pa = linear_pa(ptr_va(f));
	return s->pa;
}

static void frag_table_free(struct pt *pt, paddr_t pa)
{
	bool ok = gup_tree.mapped ? frag_defer(&gup_tree.space, pa_ptr(pa))
				  : frag_free(&gup_tree.space, pa_ptr(pa));

	(void)pt;
	ASSERT(ok);
}

bool gup_tree_take(struct test_run *t)
{
	memset(&gup_tree, 0, sizeof(gup_tree));
	for (unsigned i = 0; i < GUP_TABLES; i++) {
		paddr_t table = table_alloc(0);

		if (table == PA_NONE) {
			gup_tree_give();
			test_skip(t, "no memory for the tables");
			return false;
		}
		gup_tree.table[i] = table;
	}
	return true;
}

void gup_tree_give(void)
{
	for (unsigned i = 0; i < GUP_TABLES; i++)
		if (gup_tree.table[i])
			table_free(gup_tree.table[i]);
	memset(gup_tree.table, 0, sizeof(gup_tree.table));
}

static void gup_begin(const struct pt_fmt *fmt)
{
	struct gup_tree *g = &gup_tree;

	for (unsigned i = 0; i < GUP_TABLES; i++)
		g->gone[i] = true;
	memset(refs, 0, sizeof(refs));
	g->next = 0;
	g->mapped = false;
	memset(&g->tables, 0, sizeof(g->tables));
	g->env = kpt_env;
	g->env.cells = gup_cells;
	g->env.direct = NULL;
	g->env.alloc = gup_table_alloc;
	g->env.free = gup_table_gathered;
	g->env.free_list = NULL;
	g->env.alloc_list = NULL;
	g->env.zero = NULL;
	g->env.inval = gup_inval;
	pt_init(&g->pt, "gup", fmt, &g->env, gup_table_alloc(NULL, 0));
	g->pt.state = PT_LIVE;
}

void gup_tree_begin(const struct tables_scheme *how)
{
	gup_begin(kpt.fmt);
	table_free_begin(&gup_tree.tables, how, release_table);
}

bool gup_frag_begin(struct test_run *t, const struct frag_scheme *how)
{
	struct gup_tree *g = &gup_tree;

	memset(slots, 0, sizeof(slots));
	gup_begin(pt_fmt_find("frag-2k"));
	g->env.alloc = frag_table_alloc;
	g->env.free = frag_table_free;
	g->env.link = slot_link;
	g->env.pa = slot_pa;
	frag_space_begin(&g->space, &tables_2k, how, NULL);
	g->anchor[0] = frag_alloc(&g->space);
	g->anchor[1] = NULL;
	return CHECK(t, g->anchor[0] != NULL);
}

void gup_frag_anchor(void)
{
	gup_tree.anchor[1] = frag_alloc(&gup_tree.space);
}

void gup_frag_end(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(gup_tree.anchor); i++)
		if (gup_tree.anchor[i])
			ASSERT(frag_free(&gup_tree.space, gup_tree.anchor[i]));
	frag_barrier();
	frag_space_end(&gup_tree.space);
}

vaddr_t gup_va(unsigned place)
{
	const struct pt_fmt *f = gup_tree.pt.fmt;

	/* the lowest address, whose entries are the first of their tables */
	return -(1ul << f->half_bits) + place * pt_page_size(f);
}

static u64 range_len(void)
{
	return GUP_PAGES * pt_page_size(gup_tree.pt.fmt);
}

void gup_map(void)
{
	struct gup_tree *g = &gup_tree;
	struct pt_plan plan;

	g->generation++;
	ASSERT_OP(pt_plan(&g->pt, &plan, PT_OP_MAP, gup_va(0), range_len(), 0, 0, NULL), ==, 0);
	for (unsigned i = 0; i < GUP_PAGES; i++) {
		atomic_store_relaxed(&refs[which_frame(g->generation, i)], 1);
		pt_map_part(&plan, gup_va(i), pt_page_size(g->pt.fmt), gup_frame(i), PT_R | PT_W);
	}
	pt_plan_end(&plan);
	g->mapped = true;
}

void gup_unmap(void)
{
	struct gup_tree *g = &gup_tree;
	struct pt_gather gather;
	struct pt_plan plan;

	pt_gather_begin(&gather, &g->pt, NULL, 0);
	pt_plan_sure(&g->pt, &plan, PT_OP_UNMAP, gup_va(0), range_len());
	pt_unmap(&plan, &gather);
	pt_plan_end(&plan);
	pt_free_empty(&g->pt, gup_va(0), range_len(), 0, 0, &gather);
	pt_gather_flush(&gather);
	for (unsigned i = 0; i < GUP_PAGES; i++)
		gup_frame_give(gup_frame(i));
	pt_gather_release(&gather);
	if (g->tables.how)
		table_free_finish(&g->tables);
	g->mapped = false;
}
