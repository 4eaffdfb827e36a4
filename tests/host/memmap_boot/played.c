/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/memmap_boot/played.c - see played.h. */
#include "played.h"
#include <kern/cpu.h>
#include <mm/kernel/kpt_boot.h>
#include <mm/memmap/memmap.h>
#include <mm/page/buddy_late.h>
#include <want.h>

#define LEAF(level) pt_span(layout.fmt, level)

struct played played;
u64 played_base = 0x40000000;

/* Aligned to the largest leaf, and not to twice as much. */
static _Alignas(1 << 21) char room[(512 << 10) + MEMMAP_PAGES * PAGE];
static paddr_t next_frame;
static unsigned frame_node; /* of the last one */

static struct page *first_page(void)
{
	return (struct page *)(room + (512 << 10));
}

struct page *played_page(u64 i)
{
	return first_page() + i;
}

void played_begin(unsigned leaf_ok, unsigned levels)
{
	static struct pt_fmt fmt;

	fmt = (struct pt_fmt) { .page_shift = 12, .bits = { 3, 2, 2, 9 } };
	fmt.levels = (u8)levels;
	fmt.leaf_ok = (u8)leaf_ok;
	memset(&played, 0, sizeof(played));
	memset(room, 0x5a, sizeof(room));
	memset(played.frame, 0xff, sizeof(played.frame));
	next_frame = 512 << 10;
	layout.fmt = kpt.fmt = &fmt;
	layout.phys_base = BASE;
	layout.block_bytes = BLOCK;
	layout.r[REGION_VMEMMAP] =
		(struct va_region) { .va = ptr_va(first_page()), .len = MEMMAP_PAGES * PAGE };
	played.leaf = "auto";
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
	return played.leaf;
}

bool arg_flag(const struct args *a, enum arg_id id)
{
	WANT(!a && id == ARG_CONTIG);
	return played.contig;
}

/* ---- the registry ---- */
static const struct mem_range *ranges(enum region_kind array)
{
	WANT(array == MEM_RAM || array == MEM_RESERVED);
	return array == MEM_RAM ? played.ram : played.reserved;
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
	WANT(align == PAGE && played.begins == 1);
	for (unsigned i = 0; i < 4 && played.free[i].len; i++)
		fn(BASE + played.free[i].pa, played.free[i].len, played.free[i].node, arg);
}

/* Half of the previous request, in whole pages; large frames are aligned as large leaves must be.
 */
static void check_ask(u64 len, u64 align)
{
	u64 leaf = LEAF(played.level);

	if (played.last_ask)
		WANT(len == (played.last_ask / PAGE + 1) / 2 * PAGE && played.last_ask > PAGE);
	WANT(align == (len >= leaf ? leaf : PAGE));
	WANT(len && len % PAGE == 0);
}

paddr_t region_alloc(u64 len, u64 align, unsigned node, paddr_t limit)
{
	paddr_t pa;

	WANT(!limit);
	check_ask(len, align);
	played.asks++;
	played.last_ask = len;
	if ((played.frame_most && len > played.frame_most) ||
	    (played.frames_most && played.frames >= played.frames_most))
		return PA_NONE;
	played.frames++;
	played.last_ask = 0;
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
	if (++played.plans == played.plan_fails)
		return refuse(why, EEXIST, "mapped");
	played.open_plans++;
	return 0;
}

void pt_map(struct pt_plan *p, paddr_t pa, enum pt_prot prot)
{
	u64 leaf = LEAF(played.level);

	WANT(p->pt && prot == (PT_R | PT_W | PT_GLOBAL) && p->contig == played.contig);
	WANT(p->max_level == ((p->va ^ pa) % leaf ? 0 : played.level));
	for (u64 at = 0; at < p->len; at += PAGE) {
		unsigned i = slot_of(p->va + at);

		WANT(played.frame[i] == PA_NONE);
		played.frame[i] = pa + at;
		played.node[i] = (u8)p->run_max;
		WANT(frame_node == p->run_max); /* frames and tables of the same node */
	}
}

void pt_plan_end(struct pt_plan *p)
{
	WANT(p->pt);
	p->pt = NULL;
	played.open_plans--;
}

void kpt_boot_trim(void)
{
	WANT(!played.open_plans);
	played.trims++;
}

void kpt_boot_close(void)
{
	played_at_close();
	played.closes++;
}

/* ---- late windows ---- */
void late_begin(void)
{
	WANT(!played.nr_late);
	played.begins++;
}

bool late_run(pfn_t pfn, u64 nr, unsigned node)
{
	if (played.refuses_late || played.nr_late == 4)
		return false;
	played.late[played.nr_late] = pfn;
	played.late_nr[played.nr_late] = nr;
	played.late_node[played.nr_late++] = node;
	return true;
}

bool late_nth(unsigned n, pfn_t *pfn, u64 *nr)
{
	if (n >= played.nr_late)
		return false;
	*pfn = played.late[n];
	*nr = played.late_nr[n];
	return true;
}
