/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/model/machine.c - physical memory, the window of kernel addresses, the tap that
 * keeps it consistent with the page tables, and boot.
 */
#define _GNU_SOURCE
#include "model.h"
#include <kern/args.h>
#include <kern/cpu.h>
#include <lib/assert.h>
#include <mm/kernel/kpt_boot.h>
#include <mm/pt/pt_tap.h>
#include <mm/vmalloc/vmalloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define PHYS_BASE 0x40000000ul
#define PHYS_LEN (4 * GiB) /* sparse */

static int phys_fd;
static char *phys;
struct rng model_rng = { 0x5eed0001 };

void *model_phys(paddr_t pa)
{
	return phys + (pa - PHYS_BASE);
}

/* ---- the window ---- */

static void window(vaddr_t va, u64 len, paddr_t pa)
{
	bool on = pa != PA_NONE;
	void *p;
	int flags = MAP_FIXED | MAP_NORESERVE | (on ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS);

	if (on && len <= MiB) /* struct pages of small blocks are written at once */
		flags |= MAP_POPULATE;
	p = mmap(va_ptr(va), len, on ? PROT_READ | PROT_WRITE : PROT_NONE, flags, on ? phys_fd : -1,
		 on ? (off_t)(pa - PHYS_BASE) : 0);

	if (p == MAP_FAILED)
		model_fail(__FILE__, __LINE__, "mmap of %#lx+%#lx failed", va, len);
}

static void after(const struct pt_event *e)
{
	const struct pt_fmt *f = layout.fmt;

	if (e->kind != PT_EV_SET || e->pt != &kpt)
		return;
	if (e->new && f->kind(e->new, e->level) == PT_LEAF)
		window(e->va, e->len, e->pa);
	else if (!e->new) /* a leaf, or a table with those that it holds */
		window(e->va, e->len, PA_NONE);
}

static const struct pt_tap mirror = { .name = "mirror", .after = after };
PT_TAP(mirror, mirror);

bool model_readable(const void *p)
{
	char c;
	struct iovec to = { &c, 1 }, from = { (void *)(uintptr_t)p, 1 };

	return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == 1;
}

static void make_window(void)
{
	u64 len = 1ul << layout.fmt->half_bits;
	char *p = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	WANT(p != MAP_FAILED, "window");
	host_va_offset = (u64)(uintptr_t)p - (0 - len);
}

static void make_phys(void)
{
	phys_fd = memfd_create("phys", 0);
	WANT(!ftruncate(phys_fd, PHYS_LEN), "memfd");
	phys = mmap(NULL, PHYS_LEN, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, phys_fd, 0);
	WANT(phys != MAP_FAILED, "phys");
}

/* ---- boot ---- */

static void build_tree(void)
{
	struct why why = { 0 };
	struct pt_plan plan;
	paddr_t root;

	window(linear_va(MODEL_RAM), MODEL_RAM_LEN, MODEL_RAM); /* to write the first tables */
	kpt_boot_mapped(MODEL_RAM, MODEL_RAM + MODEL_RAM_LEN);
	root = region_alloc(page_size(), page_size(), 0, 0);
	arch_zero(pa_ptr(root), page_size());
	kpt_direct_init();
	pt_init(&kpt, "kernel", layout.fmt, &kpt_env, root);
	kpt.global = true;
	vmalloc_select(vmalloc_scheme_find(arg_text(NULL, ARG_VMALLOC), &why));
	pt_tap_enable("mirror", true);
	OK(pt_plan(&kpt, &plan, PT_OP_MAP, linear_va(MODEL_RAM), MODEL_RAM_LEN, 1, 0, why));
	pt_map(&plan, MODEL_RAM, PT_R | PT_W | PT_GLOBAL);
	pt_plan_end(&plan);
}

static void give(paddr_t pa, u64 len, unsigned node, void *arg)
{
	(void)arg;
	buddy_give(pa >> page_shift(), len >> page_shift(), node, ZONE_NORMAL);
}

void model_boot(struct model_shape shape)
{
	paddr_t at = shape.at ? shape.at : MODEL_HOT;

	OK(layout_init(pt_fmt_find("fake-3"), shape.disjoint, MODEL_RAM, 0, why));
	if (shape.section)
		layout.section_bytes = shape.section;
	layout.block_bytes = shape.block ? shape.block : layout.section_bytes;
	make_window();
	make_phys();
	OK(region_add(MODEL_RAM, MODEL_RAM_LEN, MEM_RAM, 0, why));
	OK(region_add(at, shape.hot, MEM_WITHHELD, 1, why));
	build_tree();
	OK(memmap_boot(why));
	tlb_select(tlb_scheme_find("model", NULL));
	kpt_load();
	OK(block_table_init(why));
	memmap_boot_write(true);
	region_each_free(page_size(), give, NULL);
	region_close_boot();
	OK(vmalloc_init(why));
	hotplug_init();
	model_audit();
}

/* ---- the platform ---- */

struct taken {
	paddr_t pa;
	u64 len;
};

static int take_away(const struct pt_slot *s, void *arg)
{
	const struct taken *t = arg;
	paddr_t pa = layout.fmt->pa(s->val, s->level, s->va);

	if (pa - t->pa < t->len)
		window(s->va, pt_span(layout.fmt, s->level), PA_NONE);
	return 0;
}

bool model_eject(paddr_t pa, u64 len)
{
	const struct va_region *r = &layout.r[REGION_VMEMMAP];
	struct taken t = { pa, len };

	if (hotplug_may_release(pa, len, NULL))
		return false;
	pt_walk(&kpt, r->va, r->len, PT_ON_LEAF, take_away, &t);
	return true;
}
