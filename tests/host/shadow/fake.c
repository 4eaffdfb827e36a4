/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/shadow/fake.c - see fake.h. */
#include "fake.h"
#include <asserts.h>
#include <mm/hotplug/hotplug.h>
#include <mm/kernel/shadow.h>
#include <string.h>

#define FRAMES 2048
#define PAGE 4096ul
#define SHADOW 0xdf00000000000000ul

struct fake fake;

static _Alignas(4096) char ram[FRAMES * PAGE]; /* at PA 0: only frames of the shadow are in it */
static struct page pages[FRAMES];
static bool used[FRAMES];
static unsigned next_frame;
static struct block block;

static paddr_t leaf_pa(pte_t val, unsigned level, vaddr_t va)
{
	(void)va;
	WANT(!level);
	return val;
}

void fake_begin(void)
{
	static const struct pt_fmt fmt = { .page_shift = 12, .pa = leaf_pa };

	memset(&fake, 0, sizeof(fake));
	fake.frames_most = FRAMES;
	memset(ram, 0x5a, sizeof(ram));
	memset(used, 0, sizeof(used));
	next_frame = 0;
	kpt.fmt = layout.fmt = &fmt;
	layout.phys_base = 0;
	layout.block_bytes = BLOCK;
	layout.r[REGION_LINEAR].va = ptr_va(ram);
	layout.r[REGION_VMEMMAP].va = ptr_va(pages);
	layout.r[REGION_SHADOW] = (struct va_region) { .va = SHADOW, .len = SHADOW_PAGES * PAGE };
	cpus[0].writer = PT_WRITER_MIGRATE; /* any earlier writer */
	block = (struct block) { .node = BLOCK_NODE };
}

/* ---- frames ---- */

/* Scattered ones alternate between two nodes; those of the upper half are of an added block. */
static struct page *pick(void)
{
	unsigned i = next_frame++;

	i = fake.scattered == 1 ? i * 2 % FRAMES + i * 2 / FRAMES
	    : fake.scattered    ? FRAMES - 1 - i
				: i;
	WANT(!used[i]);
	used[i] = true;
	pages[i].flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_USED, 0, fake.scattered ? i / 64 & 1 : 0);
	return &pages[i];
}

unsigned page_alloc_bulk(unsigned node, enum zone_id zone, unsigned order, struct page **out,
			 unsigned n, const char *owner)
{
	unsigned got = 0;

	WANT(zone == ZONE_NORMAL && owner == shadow_owner && !order && n && n <= 128);
	fake.asked_node = node;
	for (; got < n && fake.frames_out < fake.frames_most; got++) {
		out[got] = pick();
		fake.frames_out++;
	}
	return got;
}

struct block *block_find(pfn_t pfn)
{
	static struct block boot = { .boot = true };

	return pfn < FRAMES / 4 ? NULL : pfn < FRAMES / 2 ? &boot : &block;
}

static bool is_boot(pfn_t pfn)
{
	return pfn < FRAMES / 2;
}

void page_free_bulk(struct page *const *p, unsigned n)
{
	WANT(n && n <= 128 && !fake.owed);
	for (unsigned i = 0; i < n; i++) {
		unsigned at = (unsigned)(p[i] - pages);

		WANT(used[at]);
		WANT(page_node(p[i]) == page_node(p[0]));
		WANT(is_boot(at) == is_boot((pfn_t)(p[0] - pages)));
		for (unsigned v = 0; v < SHADOW_PAGES; v++)
			WANT(fake.frame[v] != p[i]);
		used[at] = false;
		fake.frames_out--;
	}
}

/* ---- the tree ---- */

static unsigned slot_of(vaddr_t va)
{
	WANT(va >= SHADOW && va < SHADOW + SHADOW_PAGES * PAGE && va % PAGE == 0);
	return (unsigned)((va - SHADOW) / PAGE);
}

int pt_plan(struct pt *pt, struct pt_plan *p, enum pt_op op, vaddr_t va, u64 len,
	    unsigned max_level, unsigned node, struct why *why)
{
	(void)node;
	*p = (struct pt_plan) { .pt = pt, .op = op, .va = va, .len = len };
	WANT(pt == &kpt && !max_level);
	if (!len || len % PAGE)
		return refuse(why, EINVAL, "empty");
	for (unsigned i = slot_of(va); i <= slot_of(va + len - PAGE); i++)
		if (op == PT_OP_MAP && fake.frame[i])
			return refuse(why, EEXIST, "mapped");
	fake.plans++;
	return 0;
}

void pt_plan_sure(struct pt *pt, struct pt_plan *p, enum pt_op op, vaddr_t va, u64 len)
{
	WANT(op == PT_OP_UNMAP && !pt_plan(pt, p, op, va, len, 0, 0, NULL));
}

void pt_plan_end(struct pt_plan *p)
{
	fake.plans -= p->pt && fake.plans;
	p->pt = NULL;
}

void pt_map_part(struct pt_plan *p, vaddr_t va, u64 len, paddr_t pa, enum pt_prot prot)
{
	WANT(p->op == PT_OP_MAP && va >= p->va && va + len <= p->va + p->len);
	WANT(prot == (PT_R | PT_W | PT_GLOBAL) && cpus[0].writer == PT_WRITER_SHADOW);
	fake.mapped_runs++;
	for (u64 at = 0; at < len; at += PAGE) {
		unsigned i = slot_of(va + at);

		WANT(!fake.frame[i]);
		fake.frame[i] = pa_page(pa + at);
		WANT(used[(pa + at) / PAGE]);
		for (unsigned b = 0; b < PAGE; b++)
			if (ram[pa + at + b])
				WANT(!"a frame is not zeroed");
	}
}

int pt_walk(const struct pt *pt, vaddr_t va, u64 len, unsigned when, pt_visit_fn *visit, void *arg)
{
	WANT(pt == &kpt && when == PT_ON_LEAF);
	for (u64 at = 0; at < len; at += PAGE) {
		const struct page *p = fake.frame[slot_of(va + at)];
		struct pt_slot s = { .va = va + at };

		if (!p)
			continue;
		s.val = page_pa(p);
		visit(&s, arg);
	}
	return 0;
}

paddr_t pt_translate(const struct pt *pt, vaddr_t va)
{
	const struct page *p = fake.frame[slot_of(va)];

	WANT(pt == &kpt);
	return p ? page_pa(p) : PA_NONE;
}

void pt_gather_begin(struct pt_gather *g, struct pt *pt, struct pt_span *store, u32 most)
{
	(void)store;
	(void)most;
	*g = (struct pt_gather) { .pt = pt };
	fake.gathers++;
}

void pt_unmap(struct pt_plan *p, struct pt_gather *g)
{
	WANT(p->op == PT_OP_UNMAP && g->pt && cpus[0].writer == PT_WRITER_SHADOW);
	for (u64 at = 0; at < p->len; at += PAGE)
		fake.frame[slot_of(p->va + at)] = NULL;
	g->owed = fake.owed = true;
}

void pt_free_empty(struct pt *pt, vaddr_t va, u64 len, vaddr_t floor, vaddr_t ceiling,
		   struct pt_gather *g)
{
	WANT(pt == &kpt && g->owed && slot_of(va) <= slot_of(va + len - PAGE));
	WANT(floor == SHADOW && ceiling == SHADOW + SHADOW_PAGES * PAGE);
}

void pt_gather_flush(struct pt_gather *g)
{
	WANT(cpus[0].writer == PT_WRITER_SHADOW);
	g->owed = fake.owed = false;
}

void pt_gather_release(struct pt_gather *g)
{
	WANT(!g->owed);
	g->pt = NULL;
	fake.gathers--;
}

/* ---- the rest ---- */

bool hotplug_write_held(void)
{
	return true;
}

const struct mem_range *region_nth(enum region_kind kind, unsigned n)
{
	WANT(kind == MEM_RAM);
	return n < fake.nr_ram ? &fake.ram[n] : NULL;
}

bool layout_is_mappable(paddr_t pa, u64 len)
{
	for (unsigned i = 0; i < fake.nr_ram; i++)
		if (fake.ram[i].pa == pa && fake.ram[i].len == len)
			return i < fake.unmappable;
	return false;
}
