/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/kernel/kpt.c - the kernel's tree: the engine's environment on this machine, and mappings at
 * run time.
 *
 * Tables inside the image are accessed through the image mapping, all others through the linear
 * map, so the engine works before the linear map exists, and never changes a mapping that it needs.
 */
#include <arch/arch.h>
#include <boot/boot.h>
#include <kern/cpu.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <mm/hotplug/memory_block.h>
#include <mm/kernel/kpt.h>
#include <mm/kernel/kpt_boot.h>
#include <mm/live/live_split.h>

struct pt kpt;

/* ---- struct pt_env ---- */

static struct pt_cell *env_cells(paddr_t table)
{
	u64 in_image = table - boot_info.image_pa;

	return in_image < boot_info.image_len ? va_ptr(IMAGE_VA + in_image) : pa_ptr(table);
}

/* The two rules of env_cells(), while the image and the linear map are where they are. */
static struct pt_direct direct;

void kpt_direct_init(void)
{
	direct = (struct pt_direct) { .lo = boot_info.image_pa, .len = boot_info.image_len };
	direct.inside = (u64)(uintptr_t)env_cells(direct.lo) - direct.lo;
	direct.outside = (u64)(uintptr_t)pa_ptr(layout.phys_base) - layout.phys_base;
}

static struct pt_link *env_link(paddr_t table)
{
	return kpt_boot_open ? kpt_boot_link(table) : &pa_page(table)->table;
}

static paddr_t env_pa(struct pt_link *l)
{
	return kpt_boot_open ? kpt_boot_pa(l) : page_pa(container_of(l, struct page, table));
}

static paddr_t env_alloc(struct pt *pt, unsigned node)
{
	(void)pt;
	return kpt_boot_open ? kpt_boot_alloc() : table_alloc_raw(node);
}

static u32 env_alloc_list(struct pt *pt, unsigned node, u32 nr, struct pt_link **list)
{
	struct pt_link *link;
	paddr_t table;

	(void)pt;
	if (!kpt_boot_open)
		return table_alloc_list(node, nr, list);
	table = kpt_boot_alloc();
	if (table == PA_NONE)
		return 0;
	link = kpt_boot_link(table);
	link->next = *list;
	*list = link;
	return 1;
}

static void env_zero(struct pt_cell *cells)
{
	if (!kpt_boot_open) /* kpt_boot_alloc() has zeroed the table */
		arch_zero(cells, page_size());
}

static void env_free(struct pt *pt, paddr_t table)
{
	(void)pt;
	if (kpt_boot_open)
		kpt_boot_free(table);
	else
		table_free(table);
}

/* By size, not by order (S0-37): a span may be several chunks that were merged. */
static void free_chunks(paddr_t pa, u32 nr)
{
	while (nr) {
		struct page *p = pa_page(pa);
		unsigned order = page_order(p);

		ASSERT_OP(1u << order, <=, nr);
		page_free(p, order);
		pa += page_size() << order;
		nr -= 1u << order;
	}
}

#define FREE_BATCH 32

static void env_free_list(struct pt *pt, struct pt_link *list)
{
	struct page *batch[FREE_BATCH];
	unsigned n = 0;

	if (list && kpt_tables_late && !kpt_boot_open) {
		kpt_tables_late(list);
		return;
	}
	while (list) {
		struct pt_link *next = list->next;

		if (kpt_boot_open) {
			pt->env->free(pt, env_pa(list));
		} else {
			batch[n++] = container_of(list, struct page, table);
			if (n == FREE_BATCH || !next) {
				table_free_bulk(batch, n);
				n = 0;
			}
		}
		list = next;
	}
}

static void env_free_span(struct pt *pt, const struct pt_span *s)
{
	(void)pt;
	switch (s->provenance) {
	case PAGE_BUDDY:
		free_chunks(s->pa, s->nr);
		break;
	case PAGE_ALTMAP:
		/* The frames belong to the removed block and are not freed. */
		break;
	default:
		assert_failed(__FILE__, __LINE__, "frames of a class that is not freed by spans",
			      s->pa, s->provenance);
	}
}

static bool is_offline(paddr_t pa)
{
	const struct block *b = block_find(pa >> page_shift());

	return b && !b->boot && b->state == BLOCK_OFFLINE;
}

/*
 * No CPU accesses an offline block, so its linear map may be invalid for a moment.  The mapping of
 * memory in use may be, where CPUs that fault wait in a published window (mm/live/live_split.h).
 * Everything else (image, stacks, tables, boot memory, its struct pages) is never made invalid to
 * change it (ENGINE 4).
 */
static bool env_may_break(struct pt *pt, vaddr_t va, u64 len)
{
	const struct va_region *r = &layout.r[REGION_LINEAR];
	paddr_t pa = linear_pa(va), end = pa + len;

	(void)pt;
	if (live_split_may_break(va, len))
		return true;
	if (va - r->va >= r->len || len > r->len - (va - r->va))
		return false;
	for (; pa < end; pa = align_down(pa, layout.block_bytes) + layout.block_bytes)
		if (!is_offline(pa))
			return false;
	return true;
}

const struct pt_env kpt_env = {
	.cells = env_cells,
	.link = env_link,
	.pa = env_pa,
	.alloc = env_alloc,
	.zero = env_zero,
	.alloc_list = env_alloc_list,
	.free = env_free,
	.free_list = env_free_list,
	.free_span = env_free_span,
	.publish = arch_pt_publish,
	.visible = arch_pt_visible,
	.inval = tlb_invalidate,
	.may_break = env_may_break,
	.direct = &direct,
};

void kpt_load(void)
{
	pt_root_load(&kpt, this_cpu()->nr, arch_root_load);
}

static const struct newmap_scheme *newmap;

void kpt_newmap_select(const struct newmap_scheme *s)
{
	newmap = s;
	kpt.eager = s->broadcast;
	kpt.unfenced = s->unfenced;
	kpt.bounded = s->bounded;
}

const struct newmap_scheme *kpt_newmap_selected(void)
{
	return newmap;
}

/* ---- boot-only code ---- */

/*
 * Unmapped until the next boot: the linear map does not map text, so there is no alias.  The frames
 * stay part of the image and keep their contents, because a restart runs this code again.
 */
void kpt_discard_init(void)
{
	vaddr_t va = ptr_va(init_start);
	u64 len = (u64)(init_end - init_start);
	struct pt_gather g;
	struct pt_plan plan;
	struct why why = { 0 };
	int err;

	if (!len)
		return;
	err = pt_plan(&kpt, &plan, PT_OP_UNMAP, va, len, 0, 0, &why);
	ASSERT_OP(err, ==, 0); /* mapped by pages at boot, so no edge can split a leaf */
	pt_gather_begin(&g, &kpt, NULL, 0);
	pt_unmap(&plan, &g);
	pt_gather_flush(&g);
	pt_gather_release(&g);
	pt_plan_end(&plan);
}
