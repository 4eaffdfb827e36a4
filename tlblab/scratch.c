/* SPDX-License-Identifier: BSD-2-Clause */
/* tlblab/scratch.c - the scratch range, its frames and its tables; see lab.h. */
#include <arch/arch.h>
#include <kern/trap.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <mm/vmalloc/vmalloc.h>
#include <tlblab/lab.h>

#define PAGES_WITHOUT_SPAN 512
#define CODE_BYTES 64
#define MARK 0x3a41526b00000000ul

static const u64 tags[LAB_FRAMES] = { 0x01d0000000000000ul, 0x11e3000000000000ul,
				      0x17a9000000000000ul };

u64 lab_word(unsigned frame, u64 word)
{
	return frame < LAB_FRAMES ? tags[frame] | word : MARK | word;
}

enum outcome lab_outcome(int kind, u64 value, u64 word)
{
	static const u8 of[] = { SAW_OLD, SAW_NEW, SAW_TRAP, SAW_MARK };

	if (kind)
		return SAW_FAULT;
	for (unsigned f = 0; f < ARRAY_SIZE(of); f++)
		if (value == lab_word(f, word))
			return of[f];
	return SAW_OTHER;
}

/* ---- opening and closing ---- */

static bool frames_get(struct lab *l)
{
	for (unsigned f = 0; f < LAB_FRAMES; f++) {
		u64 *word;

		l->frame[f] = page_alloc_any(0, ZONE_NORMAL, 0, "tlb lab");
		if (!l->frame[f])
			return false;
		word = page_ptr(l->frame[f]);
		for (u64 w = 0; w < page_size() / 8; w++)
			word[w] = lab_word(f, w);
	}
	return true;
}

static unsigned large_order(void)
{
	return layout.fmt->bits[0];
}

static void large_get(struct lab *l)
{
	u64 *word;

	if (!l->span || large_order() > BUDDY_MAX_ORDER || !pt_leaf_ok(layout.fmt, 1))
		return;
	l->large = page_alloc_any(0, ZONE_NORMAL, large_order(), "tlb lab");
	if (!l->large)
		return;
	word = page_ptr(l->large);
	for (u64 p = 0; p < BIT(large_order()); p++)
		for (u64 w = 0; w < page_size() / 8; w++)
			*word++ = lab_word(FRAME_OLD, w);
}

static void addresses_get(struct lab *l)
{
	u64 in_table = pt_entries(layout.fmt, 0);

	l->pages = 2 * in_table;
	l->va = vmalloc_va_alloc(l->pages);
	if (l->va) {
		l->span_len = pt_span(layout.fmt, 1);
		l->span = align_up(l->va, l->span_len);
		return;
	}
	l->pages = PAGES_WITHOUT_SPAN;
	l->va = vmalloc_va_alloc(l->pages);
}

bool lab_open(struct lab *l, bool large)
{
	memset(l, 0, sizeof(*l));
	l->newmap = kpt_newmap_selected();
	kpt_newmap_select(newmap_scheme_find("fence-local", NULL));
	addresses_get(l);
	if (!l->va || !frames_get(l)) {
		lab_close(l);
		return false;
	}
	if (large)
		large_get(l);
	return true;
}

void lab_close(struct lab *l)
{
	for (unsigned f = 0; f < LAB_FRAMES; f++)
		if (l->frame[f])
			page_free(l->frame[f], 0);
	if (l->large)
		page_free(l->large, large_order());
	if (l->va)
		vmalloc_va_free(l->va, l->pages);
	kpt_newmap_select(l->newmap);
	memset(l, 0, sizeof(*l));
}

/* ---- pages ---- */

bool lab_plant;

static void flush_mode(enum lab_flush f, bool plant)
{
	tlb_omit = f == FLUSH_NONE || (f == FLUSH_ALL && plant);
	tlb_local_only = f == FLUSH_LOCAL;
}

bool lab_map(struct lab *l, vaddr_t va, unsigned frame)
{
	paddr_t pa = page_pa(l->frame[frame]);

	return vmalloc_map(va, &pa, 1, PT_R | PT_W | PT_GLOBAL) == 0;
}

void lab_unmap(vaddr_t va, enum lab_flush f)
{
	flush_mode(f, lab_plant);
	vmalloc_unmap(va, 1);
	flush_mode(FLUSH_ALL, false);
}

void lab_protect(vaddr_t page, enum pt_prot prot, enum lab_flush f)
{
	struct pt_gather g;
	struct pt_plan plan;

	if (pt_plan(&kpt, &plan, PT_OP_PROTECT, page, page_size(), 0, 0, NULL))
		return;
	pt_gather_begin(&g, &kpt, NULL, 0);
	pt_protect(&plan, prot, &g);
	flush_mode(f, lab_plant);
	pt_gather_flush(&g);
	flush_mode(FLUSH_ALL, false);
	pt_gather_release(&g);
	pt_plan_end(&plan);
}

static NOINLINE void returns_at_once(void)
{
	__asm__ volatile("" ::: "memory");
}

void lab_write_code(struct page *p)
{
	memcpy(page_ptr(p), (const void *)(uintptr_t)returns_at_once, CODE_BYTES);
	arch_sync_code(ptr_va(page_ptr(p)), CODE_BYTES);
}

void lab_flush_omitted(const struct lab *l)
{
	const struct pt_inval all = {
		.lo = l->va,
		.hi = l->va + (l->pages << page_shift()),
		.levels = (u8)(BIT(layout.fmt->levels) - 1),
		.walk = true,
		.asid = kpt.asid,
		.global = true,
	};

	tlb_invalidate(&kpt, &all);
}

void lab_invalidate(vaddr_t va, u64 pages, u32 asid, bool global)
{
	const struct pt_inval range = { .lo = va,
					.hi = va + (pages << page_shift()),
					.levels = 1,
					.asid = asid,
					.global = global };

	tlb_invalidate(&kpt, &range);
}

vaddr_t lab_random_page(const struct lab *l, struct rng *r)
{
	return l->va + (rng_below(r, l->pages) << page_shift());
}

u64 lab_random_word(struct rng *r)
{
	return rng_below(r, page_size() / 8);
}

/* ---- level 1 ---- */

/* An empty table that is still hooked would turn a large leaf into pages. */
static void drop_table(struct lab *l)
{
	struct pt_gather g;

	lab_unhook(l, &g, FLUSH_ALL);
	lab_table_release(&g);
}

bool lab_map_large(struct lab *l, enum pt_prot prot)
{
	struct pt_plan plan;

	drop_table(l);
	if (pt_plan(&kpt, &plan, PT_OP_MAP, l->span, l->span_len, 1, this_cpu()->node, NULL))
		return false;
	pt_map(&plan, page_pa(l->large), prot);
	pt_plan_end(&plan);
	return true;
}

void lab_unmap_large(struct lab *l, enum lab_flush f)
{
	flush_mode(f, lab_plant);
	vmalloc_unmap(l->span, l->span_len >> page_shift());
	flush_mode(FLUSH_ALL, false);
}

struct found {
	paddr_t table;
};

static int keep_table(const struct pt_slot *slot, void *arg)
{
	struct found *f = arg;

	if (slot->level == 1)
		f->table = layout.fmt->next(slot->val, 1);
	return 0;
}

paddr_t lab_table(const struct lab *l)
{
	struct found f = { PA_NONE };

	pt_walk(&kpt, l->span, l->span_len, PT_ON_TABLE, keep_table, &f);
	return f.table;
}

void lab_unhook(struct lab *l, struct pt_gather *g, enum lab_flush f)
{
	pt_gather_begin(g, &kpt, NULL, 0);
	pt_free_empty(&kpt, l->span, l->span_len, l->span, l->span + l->span_len, g);
	flush_mode(f, lab_plant);
	pt_gather_flush(g);
	flush_mode(FLUSH_ALL, false);
}

void lab_remove(struct lab *l, vaddr_t va, struct pt_gather *g)
{
	struct pt_plan plan;
	int err = pt_plan(&kpt, &plan, PT_OP_UNMAP, va, page_size(), 0, 0, NULL);

	ASSERT_OP(err, ==, 0); /* cannot fail: one page leaf of the lab */
	pt_gather_begin(g, &kpt, NULL, 0);
	pt_unmap(&plan, g);
	pt_free_empty(&kpt, l->span, l->span_len, l->span, l->span + l->span_len, g);
	pt_gather_flush(g);
	pt_plan_end(&plan);
}

void lab_table_release(struct pt_gather *g)
{
	pt_gather_release(g);
}

void lab_table_fill(struct lab *l, paddr_t table, unsigned frame, enum pt_prot prot)
{
	paddr_t target = page_pa(l->frame[frame]);
	u64 *word = pa_ptr(table);

	for (u64 i = 0; i < page_size() / 8; i++)
		word[i] = layout.fmt->leaf(target, prot, 0, 0);
	arch_mb();
}

void lab_table_zero(paddr_t table)
{
	arch_zero(pa_ptr(table), page_size());
	arch_mb();
}
