/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/vmalloc/vmalloc_large.c - maps by larger leaves, and walkers of the tree (see
 * mm/vmalloc/vmalloc.h).
 *
 * A page table stays when its pages are unmapped.  Before a larger leaf is stored, the empty table
 * must be unhooked and invalidated (table to leaf in one store is no legal change, S0-48).  A
 * walker may have read the pointer to that table, so no table is freed while a walker is inside
 * (S0-27).
 */
#include <arch/arch.h>
#include <kern/cpu.h>
#include <kern/lock.h>
#include <lib/assert.h>
#include <mm/kernel/kpt.h>
#include <mm/kernel/writer.h>
#include <mm/page/buddy.h>
#include <mm/pt/pt_tap.h>
#include <mm/vmalloc/vmalloc_internal.h>

/* Read-held by a walker; written by a map that unhooks a table. */
RWLOCK(walkers, LOCK_WALK, "walkers of the tree");

void vmalloc_walk_begin(void)
{
	read_lock(&walkers);
}

void vmalloc_walk_end(void)
{
	read_unlock(&walkers);
}

/* ---- exclusion of walkers and maps ---- */

static bool walkers_try_exclude(void)
{
	return write_trylock(&walkers);
}

static bool walkers_exclude(void)
{
	write_lock(&walkers);
	return true;
}

static void walkers_admit(void)
{
	write_unlock(&walkers);
}

static bool guard_none_enter(void)
{
	return true;
}

static void guard_none_leave(void)
{
}

const struct vmalloc_guard vmalloc_guards[] = {
	{ "inhibit", NULL, walkers_try_exclude, walkers_admit },
	{ "lock", NULL, walkers_exclude, walkers_admit },
	{ "none", "it frees tables that a walker may be inside", guard_none_enter,
	  guard_none_leave },
};
_Static_assert(ARRAY_SIZE(vmalloc_guards) == VMALLOC_GUARDS, "as in vmalloc.h");

static const struct vmalloc_guard *guard = &vmalloc_guards[0];

const struct vmalloc_guard *vmalloc_guard_selected(void)
{
	return guard;
}

void vmalloc_guard_select(const struct vmalloc_guard *g)
{
	guard = g;
}

/* ---- maps ---- */

/* The level of the largest leaves: where VA and PA are not in step, pages. */
static unsigned level_for(const struct pt *pt, vaddr_t va, paddr_t pa)
{
	return (va ^ pa) & (pt_span(pt->fmt, 1) - 1) ? 0 : 1;
}

/* Unhook the empty page tables of the slots that are wholly inside [va, va + len): only the caller
 * has addresses there, and no removal covers them.  A slot that keeps its table gets pages. */
static void clear_slots(struct pt *pt, vaddr_t va, u64 len, struct pt_gather *g)
{
	u64 span = pt_span(pt->fmt, 1);

	if (!guard->enter())
		return;
	vmalloc_enter(); /* the walk to the slot passes tables that a removal may free */
	for (vaddr_t at = align_up(va, span); at - va < len && len - (at - va) >= span; at += span)
		pt_free_slot(pt, at, 1, g);
	vmalloc_leave();
	guard->leave();
}

int vmalloc_map_large_in(struct pt *pt, vaddr_t va, paddr_t pa, u64 n, enum pt_prot prot)
{
	u64 len = n << page_shift();
	unsigned level = level_for(pt, va, pa);
	enum pt_writer was;
	struct pt_gather g;
	struct pt_plan plan;
	int err;

	pt_gather_begin(&g, pt, NULL, 0);
	vmalloc_enter_first(); /* the guard may be a lock */
	was = writer_enter(PT_WRITER_VMALLOC);
	if (level)
		clear_slots(pt, va, len, &g);
	pt_gather_flush(&g); /* before a leaf is stored there */
	vmalloc_enter();
	err = pt_plan(pt, &plan, PT_OP_MAP, va, len, level, this_cpu()->node, NULL);
	if (!err) {
		plan.contig = true;
		pt_map(&plan, pa, prot);
	}
	pt_plan_end(&plan);
	vmalloc_leave();
	writer_leave(was);
	vmalloc_leave_first();
	pt_gather_release(&g); /* no lock is held (ENGINE 5.2) */
	return err;
}

int vmalloc_map_large(vaddr_t va, paddr_t pa, u64 n, enum pt_prot prot)
{
	return vmalloc_map_large_in(&kpt, va, pa, n, prot);
}

/* ---- memory ---- */

/* Log2 pages of the largest leaf that one chunk of the buddy fills; 0: pages. */
static unsigned large_order(void)
{
	const struct pt_fmt *f = kpt.fmt;
	unsigned level1 = f->bits[0], run = kpt.caps & PT_CAP_CONTIG ? f->run[0] : 0;

	if (level1 <= BUDDY_MAX_ORDER && pt_leaf_ok(f, 1))
		return level1;
	return run <= BUDDY_MAX_ORDER ? run : 0;
}

/* A zeroed chunk, mapped; false: no such chunk, or no table. */
static bool populate_large(vaddr_t va, unsigned order, unsigned node, const char *owner)
{
	struct page *p = page_alloc_any(node, ZONE_NORMAL, order, owner);
	u64 bytes = page_size() << order;

	if (!p)
		return false;
	arch_zero(page_ptr(p), bytes);
	pt_tap_fill(page_pa(p), bytes);
	if (!vmalloc_map_large(va, page_pa(p), 1ul << order, PT_R | PT_W | PT_GLOBAL))
		return true;
	page_free(p, order);
	return false;
}

void *vmalloc_large(u64 pages, unsigned node, const char *owner)
{
	unsigned order = large_order();
	u64 unit = 1ul << order;
	vaddr_t va = vmalloc_va_alloc_aligned(pages, pages < unit ? 1 : unit);

	if (!va)
		return NULL;
	for (u64 done = 0, n; done < pages; done += n) {
		vaddr_t at = va + (done << page_shift());

		n = min_u64(unit, pages - done);
		if (order && n == unit && populate_large(at, order, node, owner))
			continue;
		if (vmalloc_populate(at, n, node, owner))
			continue;
		vmalloc_depopulate(va, done);
		vmalloc_va_free(va, pages);
		return NULL;
	}
	return va_ptr(va);
}

int vmalloc_unmap_whole(vaddr_t va, u64 n, struct why *why)
{
	struct pt_plan plan;
	struct pt_gather g;
	int err;

	vmalloc_enter();
	err = pt_plan(&kpt, &plan, PT_OP_UNMAP, va, n << page_shift(), 0, 0, why);
	pt_plan_end(&plan);
	if (!err) {
		vmalloc_clear(va, n, &g);
		vmalloc_finish(&g);
	}
	vmalloc_leave();
	return err;
}
