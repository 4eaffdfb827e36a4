/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/vmalloc/ioremap.c - see mm/vmalloc/ioremap.h.
 *
 * One table of mappings, searched from its beginning: drivers map when they start, not while they
 * work.  The lock is held over map and unmap, so a mapping in the table is complete.
 */
#include <kern/lock.h>
#include <lib/assert.h>
#include <mm/kernel/kpt.h>
#include <mm/kernel/writer.h>
#include <mm/vmalloc/ioremap.h>
#include <mm/vmalloc/vmalloc.h>

#define DEVICES_MAX 128 /* two for each of 32 PCI ports, and the rest */

static struct device_map {
	paddr_t pa;
	u64 len;
	vaddr_t va;
	u32 users; /* 0: the slot is free */
} maps[DEVICES_MAX];
static struct spinlock device_lock = SPINLOCK_INIT(LOCK_MOVABLE, "device mappings");

/* ---- the table ---- */

/* A driver that maps its registers twice, or two that share a page, get the same mapping. */
static struct device_map *map_of(paddr_t pa, u64 len)
{
	for (unsigned i = 0; i < DEVICES_MAX; i++)
		if (maps[i].users && pa >= maps[i].pa && pa + len <= maps[i].pa + maps[i].len)
			return &maps[i];
	return NULL;
}

static struct device_map *map_at(vaddr_t va)
{
	for (unsigned i = 0; i < DEVICES_MAX; i++)
		if (maps[i].users && va - maps[i].va < maps[i].len)
			return &maps[i];
	return NULL;
}

static struct device_map *free_slot(void)
{
	for (unsigned i = 0; i < DEVICES_MAX; i++)
		if (!maps[i].users)
			return &maps[i];
	return NULL;
}

/* The highest free addresses of `len` bytes and a guard page above them; 0: none. */
static vaddr_t highest_gap(u64 len)
{
	const struct va_region *r = &layout.r[REGION_DEVICE];
	u64 whole = len + page_size();
	vaddr_t top = r->va + r->len;

	for (unsigned i = 0; i < DEVICES_MAX && top - r->va >= whole; i++) {
		const struct device_map *m = &maps[i];

		if (!m->users || m->va >= top || m->va + m->len + page_size() <= top - whole)
			continue;
		top = m->va; /* it overlaps: place below it, and check all again */
		i = (unsigned)-1;
	}
	return top - r->va >= whole ? top - whole : 0;
}

/* ---- the tree ---- */

static int device_map(const struct device_map *m)
{
	enum pt_writer was;
	struct pt_plan plan;
	int err;

	vmalloc_enter(); /* placement=shared: under the tables of vmalloc */
	was = writer_enter(PT_WRITER_DEVICE);
	err = pt_plan(&kpt, &plan, PT_OP_MAP, m->va, m->len, 0, 0, NULL);
	if (!err)
		pt_map(&plan, m->pa, PT_R | PT_W | PT_DEVICE | PT_GLOBAL);
	pt_plan_end(&plan);
	writer_leave(was);
	vmalloc_leave();
	return err;
}

static void device_unmap(const struct device_map *m)
{
	enum pt_writer was;
	struct pt_gather g;
	struct pt_plan plan;

	vmalloc_enter();
	was = writer_enter(PT_WRITER_DEVICE);
	pt_plan_sure(&kpt, &plan, PT_OP_UNMAP, m->va, m->len);
	pt_gather_begin(&g, &kpt, NULL, 0);
	pt_unmap(&plan, &g);
	pt_gather_flush(&g); /* before the address or the registers get another use */
	pt_gather_release(&g);
	pt_plan_end(&plan);
	writer_leave(was);
	vmalloc_leave();
}

/* ---- registers ---- */

/* A mapping of whole pages, with one owner more than before; NULL: there is none. */
static struct device_map *take(paddr_t pa, u64 len)
{
	struct device_map *m = map_of(pa, len);

	if (m) {
		m->users++;
		return m;
	}
	m = free_slot();
	if (!m)
		return NULL;
	*m = (struct device_map) { .pa = pa, .len = len, .va = highest_gap(len) };
	if (!m->va || device_map(m))
		return NULL;
	m->users = 1;
	return m;
}

volatile void *ioremap(paddr_t pa, u64 len)
{
	paddr_t first = align_down(pa, page_size());
	struct device_map *m;
	vaddr_t va = 0;
	u64 flags;

	vmalloc_enter_first();
	flags = spin_lock_irqsave(&device_lock);
	m = take(first, align_up(pa + len, page_size()) - first);
	if (m)
		va = m->va + (pa - m->pa);
	spin_unlock_irqrestore(&device_lock, flags);
	vmalloc_leave_first();
	return m ? va_ptr(va) : NULL;
}

volatile void *kpt_map_device(paddr_t pa, u64 len)
{
	return ioremap(pa, len);
}

void iounmap(volatile void *p)
{
	struct device_map *m;
	u64 flags;

	vmalloc_enter_first();
	flags = spin_lock_irqsave(&device_lock);
	m = map_at((vaddr_t)(uintptr_t)p);
	ASSERT(m);
	if (m->users == 1)
		device_unmap(m);
	m->users--;
	spin_unlock_irqrestore(&device_lock, flags);
	vmalloc_leave_first();
}

u64 ioremap_pages(void)
{
	u64 pages = 0, flags = spin_lock_irqsave(&device_lock);

	for (unsigned i = 0; i < DEVICES_MAX; i++)
		pages += maps[i].users ? maps[i].len >> page_shift() : 0;
	spin_unlock_irqrestore(&device_lock, flags);
	return pages;
}

/* ---- frames ---- */

void *vmap(const paddr_t *pa, u64 n, enum pt_prot prot)
{
	vaddr_t va = vmalloc_va_alloc(n);

	if (va && vmalloc_map(va, pa, n, prot)) {
		vmalloc_va_free(va, n);
		va = 0;
	}
	return va ? va_ptr(va) : NULL;
}

void vunmap(void *p, u64 n)
{
	vmalloc_unmap(ptr_va(p), n);
	vmalloc_va_free(ptr_va(p), n);
}
