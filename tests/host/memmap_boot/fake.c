/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/memmap_boot/fake.c - see fake.h. */
#include "fake.h"
#include <kern/cpu.h>
#include <mm/kernel/kpt_boot.h>
#include <mm/memmap/memmap.h>
#include <mm/page/buddy_late.h>
#include <want.h>

#define LEAF(level) pt_span(layout.fmt, level)

struct fake fake;
u64 fake_base = 0x40000000;

/* Aligned to the largest leaf, and not to twice as much. */
static _Alignas(1 << 21) char room[(512 << 10) + MEMMAP_PAGES * PAGE];
static paddr_t next_frame;
static unsigned frame_node; /* of the last one */

static struct page *first_page(void)
{
	return (struct page *)(room + (512 << 10));
}

struct page *fake_page(u64 i)
{
	return first_page() + i;
}

void fake_begin(unsigned leaf_ok, unsigned levels)
{
	static struct pt_fmt fmt;

	fmt = (struct pt_fmt) { .page_shift = 12, .bits = { 3, 2, 2, 9 } };
	fmt.levels = (u8)levels;
	fmt.leaf_ok = (u8)leaf_ok;
	memset(&fake, 0, sizeof(fake));
	memset(room, 0x5a, sizeof(room));
	memset(fake.frame, 0xff, sizeof(fake.frame));
	next_frame = 512 << 10;
	layout.fmt = kpt.fmt = &fmt;
	layout.phys_base = BASE;
	layout.block_bytes = BLOCK;
	layout.r[REGION_VMEMMAP] =
		(struct va_region) { .va = ptr_va(first_page()), .len = MEMMAP_PAGES * PAGE };
	fake.leaf = "auto";
}

u64 memmap_bytes(u64 pages)
{
	return align_up(pages * 64, PAGE);
}

vaddr_t memmap_va(pfn_t pfn)
{
	return layout.r[REGION_VMEMMAP].va + (pfn - BASE / PAGE) * 64;
}

const char *arg_text(const struct args *a, enum arg_id id)
{
	WANT(!a && id == ARG_LEAF);
	return fake.leaf;
}

bool arg_flag(const struct args *a, enum arg_id id)
{
	WANT(!a && id == ARG_CONTIG);
	return fake.contig;
}

/* ---- the registry ---- */
static const struct mem_range *ranges(enum region_kind array)
{
	WANT(array == MEM_RAM || array == MEM_RESERVED);
	return array == MEM_RAM ? fake.ram : fake.reserved;
}

static const struct mem_range *moved(const struct mem_range *r)
{
	static struct mem_range out[8];
	static unsigned turn;
	struct mem_range *o = &out[turn++ % 8];

	*o = *r;
	o->pa += BASE;
	return o;
}

const struct mem_range *region_nth(enum region_kind array, unsigned n)
{
	const struct mem_range *r = &ranges(array)[n];

	return r->len ? moved(r) : NULL;
}

const struct mem_range *region_find(enum region_kind array, paddr_t pa, u64 len)
{
	for (const struct mem_range *r = ranges(array); r->len; r++)
		if (BASE + r->pa < pa + len && pa < BASE + r->pa + r->len)
			return moved(r);
	return NULL;
}

void region_each_free(u64 align, void (*fn)(paddr_t, u64, unsigned, void *), void *arg)
{
	WANT(align == PAGE && fake.begins == 1);
	for (unsigned i = 0; i < 4 && fake.free[i].len; i++)
		fn(BASE + fake.free[i].pa, fake.free[i].len, fake.free[i].node, arg);
}

/* Half of the previous request, in whole pages; large frames are aligned as large leaves must be.
 */
static void check_ask(u64 len, u64 align)
{
	u64 leaf = LEAF(fake.level);

	if (fake.last_ask)
		WANT(len == (fake.last_ask / PAGE + 1) / 2 * PAGE && fake.last_ask > PAGE);
	WANT(align == (len >= leaf ? leaf : PAGE));
	WANT(len && len % PAGE == 0);
}

paddr_t region_alloc(u64 len, u64 align, unsigned node, paddr_t limit)
{
	paddr_t pa;

	WANT(!limit);
	check_ask(len, align);
	fake.asks++;
	fake.last_ask = len;
	if ((fake.frame_most && len > fake.frame_most) ||
	    (fake.frames_most && fake.frames >= fake.frames_most))
		return PA_NONE;
	fake.frames++;
	fake.last_ask = 0;
	pa = align_up(next_frame, align);
	if (pa % (2 * align) == 0)
		pa += align; /* aligned no better than requested */
	next_frame = pa + len;
	frame_node = node;
	return pa;
}

/* ---- the tree ---- */
static unsigned slot_of(vaddr_t va)
{
	u64 i = (va - layout.r[REGION_VMEMMAP].va) / PAGE;

	WANT(va % PAGE == 0 && i < MEMMAP_PAGES);
	return i < MEMMAP_PAGES ? (unsigned)i : 0;
}

int pt_plan(struct pt *pt, struct pt_plan *p, enum pt_op op, vaddr_t va, u64 len,
	    unsigned max_level, unsigned node, struct why *why)
{
	*p = (struct pt_plan) { .pt = pt, .op = op, .va = va, .len = len };
	p->max_level = (u8)max_level;
	p->run_max = node;
	WANT(pt == &kpt && op == PT_OP_MAP && len && len % PAGE == 0);
	if (++fake.plans == fake.plan_fails)
		return refuse(why, EEXIST, "mapped");
	fake.open_plans++;
	return 0;
}

void pt_map(struct pt_plan *p, paddr_t pa, enum pt_prot prot)
{
	u64 leaf = LEAF(fake.level);

	WANT(p->pt && prot == (PT_R | PT_W | PT_GLOBAL) && p->contig == fake.contig);
	WANT(p->max_level == ((p->va ^ pa) % leaf ? 0 : fake.level));
	for (u64 at = 0; at < p->len; at += PAGE) {
		unsigned i = slot_of(p->va + at);

		WANT(fake.frame[i] == PA_NONE);
		fake.frame[i] = pa + at;
		fake.node[i] = (u8)p->run_max;
		WANT(frame_node == p->run_max); /* frames and tables of the same node */
	}
}

void pt_plan_end(struct pt_plan *p)
{
	WANT(p->pt);
	p->pt = NULL;
	fake.open_plans--;
}

void kpt_boot_trim(void)
{
	WANT(!fake.open_plans);
	fake.trims++;
}

void kpt_boot_close(void)
{
	fake_at_close();
	fake.closes++;
}

/* ---- late windows ---- */
void late_begin(void)
{
	WANT(!fake.nr_late);
	fake.begins++;
}

bool late_run(pfn_t pfn, u64 nr, unsigned node)
{
	if (fake.refuses_late || fake.nr_late == 4)
		return false;
	fake.late[fake.nr_late] = pfn;
	fake.late_nr[fake.nr_late] = nr;
	fake.late_node[fake.nr_late++] = node;
	return true;
}

bool late_nth(unsigned n, pfn_t *pfn, u64 *nr)
{
	if (n >= fake.nr_late)
		return false;
	*pfn = fake.late[n];
	*nr = fake.late_nr[n];
	return true;
}
