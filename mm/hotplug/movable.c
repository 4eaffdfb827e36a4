/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/movable.c - allocate, pin and free movable pages: each is one live mapping in the
 * vmalloc region.  mm/hotplug/movable_evacuate.c moves them; mm/live/break_window.c handles faults
 * meanwhile.
 */
#include <kern/cpu.h>
#include <lib/atomic.h>
#include <mm/hotplug/movable_internal.h>
#include <mm/vmalloc/vmalloc.h>

struct spinlock movable_lock = SPINLOCK_INIT(LOCK_MOVABLE, "movable");
static u64 in_use; /* atomic: stored under movable_lock, read without it */

static int no_memory(unsigned node, struct why *why)
{
	return refuse(why, ENOMEM, "no free page in zone Movable of node %u", node);
}

static int movable_map(struct movable *m, struct page *p, struct why *why)
{
	paddr_t pa = page_pa(p);
	vaddr_t va = vmalloc_va_alloc(1);

	if (!va)
		return refuse(why, ENOMEM, "the vmalloc region is full");
	if (vmalloc_map(va, &pa, 1, PT_R | PT_W | PT_GLOBAL)) {
		vmalloc_va_free(va, 1);
		return refuse(why, ENOMEM, "no page table for a movable page");
	}
	m->va = va;
	return 0;
}

/* Map the page and make it movable.  Under movable_lock since before its allocation, so that an
 * offline never finds a page that is neither free nor movable. */
static int adopt(struct movable *m, struct page *p, const char *owner, struct why *why)
{
	int err = movable_map(m, p, why);

	if (err) {
		page_free(p, 0);
		return err;
	}
	m->owner = owner;
	m->page = p;
	m->code = false;
	p->private = (u64)(uintptr_t)m;
	atomic_store_relaxed(&in_use, in_use + 1);
	return 0;
}

/* Take movable_lock, to map or unmap a page as well: vmalloc= may require the hotplug lock before
 * it.
 */
static u64 lock_to_map(void)
{
	vmalloc_enter_first();
	return spin_lock_irqsave(&movable_lock);
}

static void unlock_mapped(u64 flags)
{
	spin_unlock_irqrestore(&movable_lock, flags);
	vmalloc_leave_first();
}

int movable_alloc(struct movable *m, unsigned node, const char *owner, struct why *why)
{
	u64 flags = lock_to_map();
	struct page *p = page_alloc(node, ZONE_MOVABLE, 0, owner);
	int err = p ? adopt(m, p, owner, why) : no_memory(node, why);

	unlock_mapped(flags);
	return err;
}

int movable_alloc_in(struct movable *m, pfn_t lo, pfn_t hi, const char *owner, struct why *why)
{
	const struct block *b = block_find(lo);
	struct page *p;
	u64 flags;
	int err;

	if (!b || b->state != BLOCK_ONLINE)
		return refuse(why, ENXIO, "page 0x%lx is not online", lo);
	flags = lock_to_map();
	p = b->zone == ZONE_MOVABLE ? page_alloc_in(lo, hi, owner) : NULL;
	err = p ? adopt(m, p, owner, why) : no_memory(b->node, why);
	unlock_mapped(flags);
	return err;
}

void movable_free(struct movable *m)
{
	u64 flags = lock_to_map();
	struct page *p = m->page;

	ASSERT(p && page_movable(p) == m);
	ASSERT(!page_pinned(p));
	vmalloc_unmap(m->va, 1);
	vmalloc_va_free(m->va, 1);
	m->page = NULL;
	atomic_store_relaxed(&in_use, in_use - 1);
	page_free(p, 0);
	unlock_mapped(flags);
}

void movable_to_code(struct movable *m)
{
	u64 flags = lock_to_map();
	paddr_t pa = page_pa(m->page);

	vmalloc_enter();         /* until the page is mapped again no removal frees its table */
	vmalloc_unmap(m->va, 1); /* no CPU can write to it from here on */
	cpu_sync_code(ptr_va(page_ptr(m->page)), page_size());
	m->code = true;
	ASSERT_OP(vmalloc_map(m->va, &pa, 1, PT_R | PT_X | PT_GLOBAL), ==, 0);
	vmalloc_leave();
	unlock_mapped(flags);
}

static void count_users(struct movable *m, int change)
{
	u64 flags = spin_lock_irqsave(&movable_lock);

	m->page->refcount += (u32)change;
	ASSERT_OP(m->page->refcount, >=, 1);
	spin_unlock_irqrestore(&movable_lock, flags);
}

void movable_pin(struct movable *m)
{
	count_users(m, 1);
}

void movable_unpin(struct movable *m)
{
	count_users(m, -1);
}

u64 movable_in_use(void)
{
	return atomic_load_relaxed(&in_use);
}
