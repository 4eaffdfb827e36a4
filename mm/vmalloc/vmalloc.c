/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/vmalloc/vmalloc.c - mappings of limited lifetime: stacks, movable pages (see
 * mm/vmalloc/vmalloc.h).
 *
 * One bit a page of address space; the search runs downwards from the last place, so that under
 * placement=shared the first users are next to the vmemmap.  A run of 2^n pages, up to BATCH, is
 * aligned to its size, which the overflow check of a stack needs.  Freed addresses are reused late:
 * so a stale translation is more likely to be noticed.
 */
#include <arch/arch.h>
#include <kern/cpu.h>
#include <kern/lock.h>
#include <lib/assert.h>
#include <lib/fail.h>
#include <mm/kernel/kpt.h>
#include <mm/kernel/writer.h>
#include <mm/page/buddy.h>
#include <mm/pt/pt_tap.h>
#include <mm/vmalloc/vmalloc_internal.h>

#define BATCH 16

static struct spinlock lock = SPINLOCK_INIT(LOCK_VMALLOC, "vmalloc");
static u64 *bits;    /* set = in use, guards included */
static u64 nr_pages; /* of VA */
static u64 hint;     /* search below this page first */
static u64 in_use;

/* ---- address space ---- */

static bool taken(u64 page)
{
	return bits[page / 64] >> (page % 64) & 1;
}

static void mark(u64 page, u64 n, bool use)
{
	for (; n; n--, page++) {
		if (use)
			bits[page / 64] |= 1ul << (page % 64);
		else
			bits[page / 64] &= ~(1ul << (page % 64));
	}
}

/* The highest used page of [first, first + n), or 0: page 0 is never allocated. */
static u64 highest_taken(u64 first, u64 n)
{
	for (u64 page = first + n; page-- > first;)
		if (taken(page))
			return page;
	return 0;
}

/* The highest free run of n pages that ends at or below `top`, its address a multiple of `align`
 * pages; 0 when there is none. */
static u64 search(u64 top, u64 n, u64 align)
{
	u64 skew = layout.r[REGION_VMALLOC].va >> page_shift();

	while (top > n) {
		u64 first = align_down(top - n + skew, align) - skew, used;

		if (!first || first > top)
			break;
		used = highest_taken(first, n);
		if (!used)
			return first;
		top = used;
	}
	return 0;
}

static u64 alignment_of(u64 pages)
{
	return is_pow2(pages) && pages <= BATCH ? pages : 1;
}

/* Allocate a run of n pages; returns the first, 0: there is none. */
static u64 take_run(u64 n, u64 align)
{
	u64 flags = spin_lock_irqsave(&lock), first;

	first = search(hint, n, align);
	if (!first)
		first = search(nr_pages, n, align);
	if (first) {
		mark(first, n, true);
		hint = first;
		in_use += n;
	}
	spin_unlock_irqrestore(&lock, flags);
	return first;
}

vaddr_t vmalloc_va_alloc_aligned(u64 pages, u64 align)
{
	u64 n = pages + 1, first;

	if (!pages || n > nr_pages || fail_here(FAIL_VMALLOC))
		return 0;
	first = take_run(n, align);
	if (!first && vmalloc_purge())
		first = take_run(n, align);
	return first ? layout.r[REGION_VMALLOC].va + (first << page_shift()) : 0;
}

vaddr_t vmalloc_va_alloc(u64 pages)
{
	return vmalloc_va_alloc_aligned(pages, alignment_of(pages));
}

void vmalloc_va_free(vaddr_t va, u64 pages)
{
	u64 first = (va - layout.r[REGION_VMALLOC].va) >> page_shift(), flags;

	ASSERT_OP(first + pages, <, nr_pages);
	flags = spin_lock_irqsave(&lock);
	ASSERT(taken(first) && taken(first + pages));
	mark(first, pages + 1, false);
	in_use -= pages + 1;
	spin_unlock_irqrestore(&lock, flags);
}

u64 vmalloc_in_use(void)
{
	return in_use;
}

int vmalloc_init(struct why *why)
{
	u64 bytes = layout.r[REGION_VMALLOC].len >> page_shift() >> 3;
	unsigned order = 0;
	struct page *p;

	while (page_size() << order < bytes)
		order++;
	p = page_alloc_any(0, ZONE_NORMAL, order, "vmalloc bitmap");
	if (!p)
		return refuse(why, ENOMEM, "no %lu KiB of contiguous memory for the vmalloc bitmap",
			      (bytes / KiB));
	bits = page_ptr(p);
	arch_zero(bits, page_size() << order);
	nr_pages = layout.r[REGION_VMALLOC].len >> page_shift();
	hint = nr_pages;
	in_use = 0;
	return 0;
}

/* ---- mappings ---- */

/* The number of pages from the i-th on that are physically contiguous. */
static u64 contiguous(const paddr_t *pa, u64 i, u64 n)
{
	u64 k = 1;

	while (i + k < n && pa[i + k] == pa[i] + (k << page_shift()))
		k++;
	return k;
}

static int plan_and_map(struct pt *pt, vaddr_t va, const paddr_t *pa, u64 n, enum pt_prot prot,
			unsigned node)
{
	unsigned shift = page_shift();
	struct pt_plan plan;
	int err = pt_plan(pt, &plan, PT_OP_MAP, va, n << shift, 0, node, NULL);

	if (err)
		return err;
	for (u64 i = 0, k; i < n; i += k) {
		k = contiguous(pa, i, n);
		pt_map_part(&plan, va + (i << shift), k << shift, pa[i], prot);
	}
	pt_plan_end(&plan);
	return 0;
}

int vmalloc_map_in(struct pt *pt, vaddr_t va, const paddr_t *pa, u64 n, enum pt_prot prot)
{
	struct cpu *cpu = this_cpu();
	enum pt_writer was;
	int err;

	vmalloc_enter();
	was = writer_enter_on(cpu, PT_WRITER_VMALLOC);
	err = plan_and_map(pt, va, pa, n, prot, cpu->node);
	writer_leave_on(cpu, was);
	vmalloc_leave();
	return err;
}

int vmalloc_map(vaddr_t va, const paddr_t *pa, u64 n, enum pt_prot prot)
{
	return vmalloc_map_in(&kpt, va, pa, n, prot);
}

/* Cannot fail: a range is unmapped whole, so no edge splits a leaf and no table is needed. */
static void clear_area(vaddr_t va, u64 n, struct pt_gather *g)
{
	struct pt_plan plan;

	pt_plan_sure(&kpt, &plan, PT_OP_UNMAP, va, n << page_shift());
	pt_gather_begin(g, &kpt, NULL, 0);
	pt_unmap(&plan, g);
	pt_plan_end(&plan);
}

static void finish_gather(struct pt_gather *g)
{
	pt_gather_flush(g);
	pt_gather_release(g);
}

void vmalloc_clear(vaddr_t va, u64 n, struct pt_gather *g)
{
	enum pt_writer was;

	vmalloc_enter();
	was = writer_enter(PT_WRITER_VMALLOC);
	clear_area(va, n, g);
	writer_leave(was);
	vmalloc_leave();
}

void vmalloc_finish(struct pt_gather *g)
{
	enum pt_writer was = writer_enter(PT_WRITER_VMALLOC);

	finish_gather(g);
	writer_leave(was);
}

void vmalloc_unmap(vaddr_t va, u64 n)
{
	struct cpu *cpu = this_cpu();
	enum pt_writer was;
	struct pt_gather g;

	vmalloc_enter();
	was = writer_enter_on(cpu, PT_WRITER_VMALLOC);
	clear_area(va, n, &g);
	finish_gather(&g);
	writer_leave_on(cpu, was);
	vmalloc_leave();
}

/* ---- memory ---- */

static void free_frames(const paddr_t *pa, u64 n)
{
	for (u64 i = 0; i < n; i++)
		page_free(pa_page(pa[i]), 0);
}

static struct page *frame_of(unsigned node, const char *owner)
{
	struct page *p = page_alloc_any(node, ZONE_NORMAL, 0, owner);

	if (!p && vmalloc_purge())
		p = page_alloc_any(node, ZONE_NORMAL, 0, owner);
	return p;
}

static u64 take_frames(paddr_t *pa, u64 n, unsigned node, const char *owner)
{
	for (u64 i = 0; i < n; i++) {
		struct page *p = frame_of(node, owner);

		if (!p)
			return i;
		arch_zero(page_ptr(p), page_size());
		pa[i] = page_pa(p);
		pt_tap_fill(pa[i], page_size());
	}
	return n;
}

/* Allocate and map memory for n <= BATCH pages of address space; false: no memory, nothing is
 * mapped. */
static bool populate(vaddr_t va, u64 n, unsigned node, const char *owner)
{
	paddr_t pa[BATCH];
	u64 got = take_frames(pa, n, node, owner);

	if (got == n && !vmalloc_map(va, pa, n, PT_R | PT_W | PT_GLOBAL))
		return true;
	free_frames(pa, got);
	return false;
}

/* The chunks that are mapped at [va, va + n pages), linked by their struct pages.  Read from the
 * tree before the unmap. */
static void chunks_of(vaddr_t va, u64 n, struct list *chunks)
{
	list_init(chunks);
	for (u64 i = 0; i < n;) {
		struct page *p = pa_page(pt_translate(&kpt, va + (i << page_shift())));

		list_add_tail(chunks, &p->lru);
		i += 1ul << page_order(p);
	}
}

void vmalloc_free_chunks(struct list *chunks)
{
	while (!list_empty(chunks)) {
		struct page *p = list_entry(chunks->next, struct page, lru);

		list_del(&p->lru);
		page_free(p, page_order(p));
	}
}

/* Frames are freed after the invalidation is complete. */
void vmalloc_depopulate(vaddr_t va, u64 n)
{
	struct list chunks;

	if (!n)
		return;
	chunks_of(va, n, &chunks);
	vmalloc_unmap(va, n);
	vmalloc_free_chunks(&chunks);
}

bool vmalloc_populate(vaddr_t va, u64 pages, unsigned node, const char *owner)
{
	for (u64 done = 0, n; done < pages; done += n) {
		n = min_u64(BATCH, pages - done);
		if (populate(va + (done << page_shift()), n, node, owner))
			continue;
		vmalloc_depopulate(va, done);
		return false;
	}
	return true;
}

void *vmalloc(u64 pages, unsigned node, const char *owner)
{
	vaddr_t va = vmalloc_va_alloc(pages);

	if (!va)
		return NULL;
	if (vmalloc_populate(va, pages, node, owner))
		return va_ptr(va);
	vmalloc_va_free(va, pages);
	return NULL;
}

void vfree(void *p, u64 pages)
{
	vaddr_t va = ptr_va(p);
	struct list chunks;

	if (vmalloc_lazy_max) {
		chunks_of(va, pages, &chunks);
		vmalloc_defer(va, pages, &chunks);
		return;
	}
	vmalloc_depopulate(va, pages);
	vmalloc_va_free(va, pages);
}
