/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/kpt_build/fake.c - see fake.h. */
#include "fake.h"
#include <arch/arch.h>
#include <asserts.h>
#include <boot/boot.h>
#include <fakes/log.h>
#include <kern/lock.h>
#include <kern/log.h>
#include <lib/printf.h>
#include <mm/kernel/kpt_boot.h>
#include <mm/vmalloc/vmalloc.h>
#include <stdarg.h>
#include <stdlib.h>

#define RW (PT_R | PT_W | PT_GLOBAL)

struct fake fake;
const struct pt_env kpt_env;
void (*pt_tap_who)(struct pt_event *);

const struct arg arg_table[ARG_NR] = { [ARG_VMALLOC] = { .dflt = "one" } };
const struct vmalloc_scheme schemes[2] = { { .s.name = "one" }, { .s.name = "two" } };

/* The image: text, rodata, data, the guard of the boot stack, the stack and the rest. */
_Alignas(4096) char image[16 * 4096];
#define EDGE(name, page) ".globl " #name "\n" #name " = image + " #page " * 4096\n"
__asm__(EDGE(image_start, 0) EDGE(text_end, 3) EDGE(rodata_start, 3) EDGE(rodata_end, 5)
		EDGE(data_start, 6) EDGE(boot_stack_guard, 9) EDGE(boot_stack, 10)
			EDGE(image_end, 16));

u16 locks_held(void)
{
	return 0x21;
}

/* ---- arguments and schemes ---- */
void args_refuse(const char *sentence)
{
	snprintf(fake.refused, sizeof(fake.refused), "%s", sentence);
}

const char *arg_text(const struct args *a, enum arg_id id)
{
	WANT(!a && (id == ARG_VMALLOC || id == ARG_LEAF));
	return id == ARG_LEAF ? fake.leaf : fake.vmalloc;
}

bool arg_flag(const struct args *a, enum arg_id id)
{
	WANT(!a && id == ARG_CONTIG);
	return fake.contig;
}

const struct vmalloc_scheme *vmalloc_scheme_find(const char *name, struct why *why)
{
	for (unsigned i = 0; i < 2; i++)
		if (!strcmp(name, schemes[i].s.name))
			return &schemes[i];
	refuse(why, EINVAL, "no such scheme");
	return NULL;
}

bool vmalloc_scheme_usable(const struct vmalloc_scheme *s, char *reason, size_t size)
{
	WANT(size >= 40);
	if (!fake.usable)
		snprintf(reason, size, "not %s here", s->s.name);
	return fake.usable;
}

void vmalloc_select(const struct vmalloc_scheme *s)
{
	fake.selected = s;
}

u32 arch_caps_described(void)
{
	return PT_CAP_CONTIG | PT_CAP_BBM2;
}

/* ---- the registry ---- */

const struct mem_range *region_nth(enum region_kind kind, unsigned n)
{
	WANT(kind == MEM_RAM || kind == MEM_RESERVED);
	if (kind == MEM_RAM)
		return n < fake.nr_ram ? &fake.ram[n] : NULL;
	return n < fake.nr_reserved ? &fake.reserved[n] : NULL;
}

const struct mem_range *region_find(enum region_kind kind, paddr_t pa, u64 len)
{
	WANT(kind == MEM_RAM);
	for (unsigned i = 0; i < fake.nr_ram; i++) {
		const struct mem_range *r = &fake.ram[i];

		if (r->pa + r->len > pa && r->pa - pa + r->len - 1 < len + r->len - 1)
			return r;
	}
	return NULL;
}

/* The end of one range. */
int region_remove(paddr_t pa, u64 len, enum region_kind kind, struct why *why)
{
	WANT(!why);
	if (fake.sticks)
		return -ENOMEM;
	for (unsigned i = 0; i < fake.nr_ram; i++) {
		struct mem_range *r = &fake.ram[i];

		if (pa < r->pa || pa + len != r->pa + r->len || r->kind != kind)
			continue;
		fake.removed++;
		r->len = pa - r->pa;
		if (!r->len)
			*r = fake.ram[--fake.nr_ram];
		return 0;
	}
	WANT(!"a range that there is");
	return -ENOENT;
}

void layout_mappable(paddr_t *pa, u64 *len)
{
	*pa = BASE;
	*len = REACH - BASE;
}

/* ---- tables ---- */

paddr_t kpt_boot_alloc(void)
{
	return fake.no_root ? PA_NONE : ROOT_PA;
}

static bool in_ram(paddr_t pa)
{
	for (unsigned i = 0; i < fake.nr_ram; i++)
		if (pa >= fake.ram[i].pa && pa + PAGE <= fake.ram[i].pa + fake.ram[i].len)
			return true;
	return false;
}

/* A range that is reported as mapped is mapped, except holes. */
void kpt_boot_mapped(paddr_t lo, paddr_t hi)
{
	unsigned bad = 0;

	WANT(lo == fake.ram[0].pa && hi > fake.mapped_hi && hi <= REACH);
	if (lo < BASE || hi > REACH)
		exit(1);
	for (paddr_t pa = (lo + PAGE - 1) & ~(PAGE - 1); pa < hi; pa += PAGE)
		bad += in_ram(pa) && !fake_hole(pa) && !fake.count[(pa - BASE) / PAGE];
	WANT(!bad || fake.fail_plan); /* boot ends there */
	fake.mapped_lo = lo;
	fake.mapped_hi = hi;
}

void kpt_direct_init(void)
{
	WANT(layout.fmt && !fake.fills); /* before the tree that uses it */
}

void pt_init(struct pt *pt, const char *name, const struct pt_fmt *f, const struct pt_env *env,
	     paddr_t root)
{
	WANT(pt == &kpt && !strcmp(name, "kernel") && f == layout.fmt && env == &kpt_env);
	*pt = (struct pt) { .name = name, .fmt = f, .env = env, .root = root };
}

int pt_fill_root(struct pt *pt, vaddr_t va, u64 len, unsigned node, struct why *why)
{
	WANT(pt == &kpt && !pt->root_constant && !node && fake.images == 4 && !fake.loads);
	if (++fake.fills == fake.fail_fill)
		return refuse(why, ENOMEM, "no table for the root");
	if (fake.fills <= REGION_NR) {
		fake.fill_va[fake.fills - 1] = va;
		fake.fill_len[fake.fills - 1] = len;
	}
	return 0;
}

int pt_plan(struct pt *pt, struct pt_plan *p, enum pt_op op, vaddr_t va, u64 len,
	    unsigned max_level, unsigned node, struct why *why)
{
	*p = (struct pt_plan) { .op = op, .va = va, .len = len, .max_level = (u8)max_level };
	WANT(pt == &kpt && pt->root && op == PT_OP_MAP && !node);
	WANT(len && len % PAGE == 0 && va % PAGE == 0);
	if (++fake.plans == fake.fail_plan)
		return refuse(why, ENOMEM, "no table");
	if (!len || len % PAGE || va % PAGE || want_failed > 1000)
		exit(1);
	p->pt = pt;
	fake.open++;
	return 0;
}

void pt_plan_end(struct pt_plan *p)
{
	WANT(p->pt == &kpt);
	p->pt = NULL;
	fake.open--;
}

/* Parts of the image, in this order. */
static const struct {
	unsigned from, to;
	enum pt_prot prot;
} parts[] = {
	{ 0, 3, PT_R | PT_X | PT_GLOBAL },
	{ 3, 5, PT_R | PT_GLOBAL },
	{ 6, 9, RW },
	{ 10, 16, RW },
};

static void map_image_part(const struct pt_plan *p, paddr_t pa, enum pt_prot prot)
{
	unsigned i = fake.images++;

	WANT(i < 4 && !fake.loads && !p->max_level && !p->contig);
	if (i >= 4)
		exit(1);
	WANT(p->va == ptr_va(image + parts[i].from * PAGE));
	WANT(p->len == (parts[i].to - parts[i].from) * PAGE);
	WANT(pa == IMAGE_PA + parts[i].from * PAGE && prot == parts[i].prot);
}

void pt_map(struct pt_plan *p, paddr_t pa, enum pt_prot prot)
{
	WANT(p->pt == &kpt && cpus[0].writer == PT_WRITER_BOOT);
	if (!p->pt)
		exit(1);
	if (p->va - LINEAR >= 4 * GiB) {
		map_image_part(p, pa, prot);
		return;
	}
	WANT(fake.loads == 1 && prot == RW && pa - BASE == p->va - LINEAR);
	WANT(p->max_level == fake.max_level && p->contig == fake.contig);
	WANT(pa / fake.piece == (pa + p->len - 1) / fake.piece);
	/* The pieces before it were reported: its tables may be there. */
	WANT(!fake.mapped_hi || fake.mapped_hi / fake.piece == pa / fake.piece ||
	     !in_ram(pa / fake.piece * fake.piece - PAGE) ||
	     fake.mapped_hi == pa / fake.piece * fake.piece);
	for (u64 at = 0; at < p->len && pa + at < REACH; at += PAGE)
		fake.count[(pa + at - BASE) / PAGE]++;
}

void arch_first_switch(const struct pt *pt)
{
	WANT(pt == &kpt);
}

void pt_root_load(struct pt *pt, unsigned cpu, void (*load)(const struct pt *))
{
	WANT(pt == &kpt && cpu == cpus[0].nr && load == arch_first_switch);
	WANT(fake.images == 4 && !fake.open);
	fake.loads++;
}

/* ---- one case ---- */

bool fake_hole(paddr_t pa)
{
	if (pa + PAGE > IMAGE_PA && pa < IMAGE_PA + 5 * PAGE)
		return true;
	for (unsigned i = 0; i < fake.nr_reserved; i++) {
		const struct mem_range *r = &fake.reserved[i];

		if (r->kind == MEM_NOMAP && pa + PAGE > r->pa && pa < r->pa + r->len)
			return true;
	}
	return false;
}

void fake_begin(const struct pt_fmt *f)
{
	memset(&fake, 0, sizeof(fake));
	fake_log_clear();
	memset(&kpt, 0, sizeof(kpt));
	layout.fmt = f;
	layout.phys_base = BASE;
	for (unsigned i = 0; i < REGION_NR; i++)
		layout.r[i] = (struct va_region) { .va = LINEAR + i * 64 * TiB / 8,
						   .len = (i + 1) * GiB };
	layout.r[REGION_SHADOW].len = GiB;
	boot_info.image_pa = IMAGE_PA - (paddr_t)(uintptr_t)image + 0xffffffff80000000ul;
	fake.vmalloc = "two";
	fake.leaf = "auto";
	fake.usable = true;
	fake.piece = GiB;
	pt_tap_who = NULL;
	cpus[0] = (struct cpu) { .nr = 3, .caps = PT_CAP_CONTIG | PT_CAP_PBMT };
}
