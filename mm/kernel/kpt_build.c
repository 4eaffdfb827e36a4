/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/kernel/kpt_build.c - build the kernel's tree and move this CPU onto it.
 *
 *   FRESH  the image, section by section, W^X; the guard under the boot stack stays a hole;
 *          where one root serves both halves: a table in every root slot of the kernel's
 *          regions, because the root must not change after it was copied (S1-33, X-05)
 *   LOAD   by the architecture's first switch
 *   LIVE   the linear map of boot memory, from the lowest range upwards; tables that
 *          do not fit into the boot pool are in the part that is mapped already
 *
 * With contig=on, runs wherever they are legal: boot memory is never removed (S0-38), so no unmap
 * cuts one, and blocks do not limit them.  They are made before the other CPUs start: the
 * capabilities that the tree uses are frozen by then, and a CPU that lacks one is parked
 * (ENGINE 1.6).
 *
 * The linear map contains neither no-map ranges, nor withheld memory, nor the image's text and
 * rodata, so read-only memory has no writable alias.
 */
#include <arch/arch.h>
#include <boot/boot.h>
#include <kern/args.h>
#include <kern/cpu.h>
#include <kern/lock.h>
#include <kern/log.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/kernel/kpt.h>
#include <mm/kernel/kpt_boot.h>
#include <mm/kernel/writer.h>
#include <mm/page/region.h>
#include <mm/pt/pt_tap.h>
#include <mm/vmalloc/vmalloc.h>

extern char boot_stack_guard[], boot_stack[];

#define RW (PT_R | PT_W | PT_GLOBAL)
#define RX (PT_R | PT_X | PT_GLOBAL)
#define RO (PT_R | PT_GLOBAL)

static INIT_CODE int kpt_build_map(vaddr_t va, paddr_t pa, u64 len, enum pt_prot prot,
				   unsigned max_level, bool contig, struct why *why)
{
	struct pt_plan plan;
	int err = pt_plan(&kpt, &plan, PT_OP_MAP, va, len, max_level, 0, why);

	if (err)
		return err;
	plan.contig = contig;
	pt_map(&plan, pa, prot);
	pt_plan_end(&plan);
	return 0;
}

/* ---- image ---- */

/*
 * Map the image by pages, for two reasons.  Boot-only code is unmapped later (kpt_discard_init),
 * and leaves are never split.  And an emulator may keep one range that covers all large entries of
 * its TLB: with a large leaf here and others in the linear map the range would cover nearly
 * everything, and each invalidation by address would empty the whole TLB
 * (tests/tlb/profile_facts.c).
 */
static INIT_CODE int map_image(struct why *why)
{
	const struct {
		const char *from, *to;
		enum pt_prot prot;
	} parts[] = {
		{ image_start, text_end, RX },
		{ rodata_start, rodata_end, RO },
		{ data_start, boot_stack_guard, RW },
		{ boot_stack, image_end, RW },
	};
	int err = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(parts) && !err; i++)
		if (parts[i].from != parts[i].to)
			err = kpt_build_map(ptr_va(parts[i].from), image_pa_of(parts[i].from),
					    (u64)(parts[i].to - parts[i].from), parts[i].prot, 0,
					    false, why);
	return err;
}

/* ---- root ---- */

/* Whether regions share tables depends on placement=, so a scheme is checked only now. */
static INIT_CODE const struct vmalloc_scheme *usable_or_default(const struct vmalloc_scheme *s)
{
	struct why why = { 0 };
	char reason[80] = "";

	if (vmalloc_scheme_usable(s, reason, sizeof(reason)))
		return s;
	refuse(&why, EINVAL, "vmalloc=%s: %s", s->s.name, reason);
	kprintf("boot: %s; the default is used\n", why.text);
	args_refuse(why.text);
	return vmalloc_scheme_find(arg_table[ARG_VMALLOC].dflt, NULL);
}

static INIT_CODE int init_tree(struct why *why)
{
	const struct pt_fmt *f = layout.fmt;
	const struct vmalloc_scheme *scheme = vmalloc_scheme_find(arg_text(NULL, ARG_VMALLOC), why);
	paddr_t root = kpt_boot_alloc();

	if (!scheme)
		return why->code;
	if (root == PA_NONE)
		return refuse(why, ENOMEM, "the boot pool has no page for the root");
	kpt_direct_init();
	pt_init(&kpt, "kernel", f, &kpt_env, root);
	kpt.global = true;
	kpt.own_lo = (u16)pt_index(f, f->levels - 1, layout.r[REGION_LINEAR].va);
	kpt.own_hi = (u16)pt_entries(f, f->levels - 1);
	vmalloc_select(usable_or_default(scheme));
	kpt.caps = kpt_boot_contig() ? cpus[0].caps & arch_caps_described() & PT_CAP_CONTIG : 0;
	return 0;
}

/* Formats with signed addresses have one root for both halves: other trees copy the slots. */
static INIT_CODE int settle_root(struct why *why)
{
	int err = 0;

	if (!layout.fmt->va_signed) {
		/* The slots of a root that holds leaves change at every add and remove. */
		kpt.root_append = layout.fmt->levels > 2;
		return 0;
	}
	for (unsigned i = 0; i < REGION_IMAGE && !err; i++)
		err = !layout.r[i].len
			      ? 0
			      : pt_fill_root(&kpt, layout.r[i].va, layout.r[i].len, 0, why);
	kpt.root_constant = !err;
	return err;
}

/* ---- linear map ---- */

/* A VA and its PA are congruent modulo 1 GiB (layout), so no leaf may be larger. */
static INIT_CODE unsigned linear_max_level(void)
{
	const struct pt_fmt *f = layout.fmt;
	unsigned level = f->levels - (kpt.root_constant ? 2u : 1u);

	if (!strcmp(arg_text(NULL, ARG_LEAF), "page"))
		return 0;
	while (level && (!pt_leaf_ok(f, level) || pt_span(f, level) > GiB))
		level--;
	return level;
}

/* Clip a hole [lo, hi) to addresses from pa on; record it if it begins before *from. */
static INIT_CODE void note_hole(paddr_t pa, paddr_t lo, paddr_t hi, paddr_t *from, paddr_t *to)
{
	lo = align_down(lo, page_size());
	hi = align_up(hi, page_size());
	if (hi <= pa || max_u64(lo, pa) >= *from)
		return;
	*from = max_u64(lo, pa);
	*to = hi;
}

/* The first hole of [pa, end): no-map memory, or the read-only part of the image. */
static INIT_CODE void first_hole(paddr_t pa, paddr_t end, paddr_t *from, paddr_t *to)
{
	const struct mem_range *r;

	*from = *to = end;
	for (unsigned n = 0; (r = region_nth(MEM_RESERVED, n)); n++)
		if (r->kind == MEM_NOMAP)
			note_hole(pa, r->pa, r->pa + r->len, from, to);
	note_hole(pa, image_pa_of(image_start), image_pa_of(rodata_end), from, to);
}

static INIT_CODE int map_linear_piece(paddr_t pa, paddr_t end, unsigned max_level, struct why *why)
{
	int err = 0;

	while (pa < end && !err) {
		paddr_t from, to;

		first_hole(pa, end, &from, &to);
		if (from > pa)
			err = kpt_build_map(linear_va(pa), pa, from - pa, RW, max_level,
					    kpt_boot_contig(), why);
		pa = to;
	}
	return err;
}

/* Map piece by piece: the tables of a piece may be stored in those before it. */
static INIT_CODE int map_linear_range(const struct mem_range *r, paddr_t lowest, struct why *why)
{
	unsigned max_level = linear_max_level();
	u64 piece = max_level ? GiB : 128 * MiB;
	paddr_t pa = align_up(r->pa, page_size()), end = align_down(r->pa + r->len, page_size()),
		stop;
	int err = 0;

	for (; pa < end && !err; pa = stop) {
		stop = min_u64(end, align_down(pa, piece) + piece);
		err = map_linear_piece(pa, stop, max_level, why);
		kpt_boot_mapped(lowest, stop);
	}
	return err;
}

/* RAM that this geometry cannot reach is logged and left out; the rest of the machine is usable. */
static INIT_CODE void drop_unreachable(void)
{
	const struct mem_range *r;
	paddr_t reach;
	u64 len;

	layout_mappable(&reach, &len);
	reach += len;
	while ((r = region_find(MEM_RAM, reach, 0 - reach))) {
		paddr_t pa = max_u64(r->pa, reach);

		len = r->pa + r->len - pa;
		kprintf("boot: RAM at %s is beyond the linear map of %s and left out\n",
			range_text(pa, len).text, layout.fmt->name);
		if (region_remove(pa, len, r->kind, NULL))
			break;
	}
}

static INIT_CODE int map_linear(struct why *why)
{
	const struct mem_range *r, *first = region_nth(MEM_RAM, 0);
	int err = 0;

	for (unsigned n = 0; !err && (r = region_nth(MEM_RAM, n)); n++)
		err = map_linear_range(r, first->pa, why);
	return err;
}

_Static_assert(CPUS_MAX <= PT_TAP_CPUS, "a tap has room for each CPU");

static void who_stores(struct pt_event *e)
{
	const struct cpu *cpu = this_cpu();

	e->cpu = cpu->nr;
	e->writer = cpu->writer;
	e->locks = locks_held() | cpu->lent;
}

INIT_CODE int kpt_build(struct why *why)
{
	int err = init_tree(why);

	pt_tap_who = who_stores;
	writer_enter(PT_WRITER_BOOT); /* until boot is over */
	drop_unreachable();
	err = err ? err : map_image(why);
	err = err ? err : settle_root(why);
	if (err)
		return err;
	pt_root_load(&kpt, this_cpu()->nr, arch_first_switch);
	return map_linear(why);
}
