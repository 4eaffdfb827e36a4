/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/vmalloc/vmalloc_scheme.c - mutual exclusion of vmalloc and hot-remove, by the scheme of
 * vmalloc= (mm/vmalloc/vmalloc.h).
 */
#include <lib/assert.h>
#include <mm/kernel/kpt.h>
#include <mm/pt/pt.h>
#include <mm/vmalloc/vmalloc.h>

/* Written by the boot CPU, and by `compare` while no CPU maps or removes. */
static const struct vmalloc_scheme *selected;

void vmalloc_select(const struct vmalloc_scheme *s)
{
	ASSERT(s);
	selected = s;
	kpt.may_free = s->may_free;
}

const struct vmalloc_scheme *vmalloc_selected(void)
{
	return selected;
}

void vmalloc_enter(void)
{
	if (selected->enter)
		selected->enter();
}

void vmalloc_leave(void)
{
	if (selected->leave)
		selected->leave();
}

void vmalloc_enter_first(void)
{
	if (selected->first)
		selected->enter();
}

void vmalloc_leave_first(void)
{
	if (selected->first)
		selected->leave();
}

void vmalloc_remove(const struct remove_scheme *scheme, enum region_id id, vaddr_t va, u64 len,
		    struct pt_gather *gather)
{
	const struct va_region *region = &layout.r[id];
	struct pt_plan plan;
	struct remove_job job = { .pt = gather->pt,
				  .plan = &plan,
				  .floor = region->va,
				  .ceiling = region->va + region->len,
				  .gather = gather };

	pt_plan_sure(gather->pt, &plan, PT_OP_UNMAP, va, len);
	if (selected->remove_enter)
		selected->remove_enter();
	scheme->run(&job);
	if (selected->remove_leave)
		selected->remove_leave();
	pt_plan_end(&plan);
}
