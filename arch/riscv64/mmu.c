/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/mmu.c - satp: which depths this machine walks, loading a root, the first switch.
 *
 * The entry code found the deepest mode by trying (boot/riscv64.S): a satp write with a mode that
 * is not implemented has no effect at all (privileged spec, "satp"), and a machine with Sv57 has
 * Sv48, one with Sv48 has Sv39 (the sections "Sv57" and "Sv48").  The device tree's mmu-type is no
 * evidence.
 */
#include "trap.h"
#include <arch/arch.h>
#include <boot/boot.h>
#include <lib/assert.h>
#include <lib/printf.h>
#include <mm/pt/pt.h>

#define SATP_PPN 0xffffffffffful
#define SATP_MODE_SHIFT 60
#define MODE_OF_LEVELS(levels) ((levels) + 5u) /* Sv39 8, Sv48 9, Sv57 10 */

u64 mmu_deepest_mode = 8; /* in .data: written by the entry code */

static void fence_all(void)
{
	__asm__ volatile("sfence.vma" ::: "memory");
}

u64 mmu_satp(const struct pt *pt)
{
	return (u64)MODE_OF_LEVELS(pt->fmt->levels) << SATP_MODE_SHIFT |
	       ((u64)pt->asid & SATP_ASID_MASK) << SATP_ASID_SHIFT | pt->root >> 12;
}

const struct pt_fmt *arch_default_geometry(void)
{
	const struct pt_fmt *f = pt_fmt_find(mmu_deepest_mode >= 9 ? "riscv-sv48" : "riscv-sv39");

	ASSERT(f);
	return f;
}

u64 mmu_trampoline(unsigned levels)
{
	return (u64)MODE_OF_LEVELS(levels) << SATP_MODE_SHIFT | early_root(levels) >> 12;
}

/* Can the lower half of that mode map the page of switch.S at its physical address? */
static bool idmap_reaches(unsigned levels)
{
	return !(image_pa_of(idmap_start) >> (11 + 9 * levels));
}

static bool is_sv_format(const struct pt_fmt *f)
{
	for (unsigned l = 0; l < f->levels; l++)
		if (f->bits[l] != 9)
			return false;
	return f->va_signed && f->page_shift == 12 && f->levels >= 3 && f->levels <= 5;
}

bool arch_geometry_ok(const struct pt_fmt *f, char *reason, size_t size)
{
	if (!is_sv_format(f)) {
		snprintf(reason, size, "satp.MODE has no value for %s", f->name);
		return false;
	}
	if (MODE_OF_LEVELS(f->levels) > mmu_deepest_mode) {
		snprintf(reason, size, "satp.MODE refuses %u (%s), the deepest it takes is %u",
			 MODE_OF_LEVELS(f->levels), f->name, (unsigned)mmu_deepest_mode);
		return false;
	}
	if (!idmap_reaches(f->levels)) {
		snprintf(reason, size, "the image is at 0x%lx, for which %s has no lower half",
			 boot_info.image_pa, f->name);
		return false;
	}
	return true;
}

void arch_root_load(const struct pt *pt)
{
	u64 satp = mmu_satp(pt);

	fence_all(); /* this hart's stores to the tables before their first walk */
	csr_write(satp, satp);
	fence_all(); /* no translation cached from another root under this ASID is used again */
	ASSERT_OP(csr_read(satp), ==, satp);
}

static unsigned current_levels(void)
{
	return (unsigned)(csr_read(satp) >> SATP_MODE_SHIFT) - MODE_OF_LEVELS(0);
}

/* Only a change between Bare and paged takes effect at once, so a change of depth uses Bare in
 * between. */
void arch_first_switch(const struct pt *pt)
{
	u64 satp = mmu_satp(pt), flags = arch_irq_save();

	if (csr_read(satp) >> SATP_MODE_SHIFT == satp >> SATP_MODE_SHIFT) {
		arch_root_load(pt);
	} else {
		ASSERT_OP(csr_read(satp), ==, mmu_trampoline(current_levels()));
		mmu_switch_mode(mmu_trampoline(pt->fmt->levels), image_pa_of(idmap_change), satp);
	}
	ASSERT_OP(csr_read(satp), ==, satp);
	arch_irq_restore(flags);
}

void arch_reenter(paddr_t entry, u64 hwid, paddr_t fdt)
{
	mmu_leave(hwid, fdt, entry, mmu_trampoline(current_levels()), image_pa_of(idmap_leave));
}

const char *arch_cannot_reenter(void)
{
	return idmap_reaches(current_levels()) ? NULL
					       : "the image is beyond the lower half of this mode";
}

void arch_halt_untranslated(void)
{
	if (arch_cannot_reenter())
		arch_halt();
	arch_reenter(image_pa_of(idmap_halt), 0, 0);
}

paddr_t arch_current_root(void)
{
	return (csr_read(satp) & SATP_PPN) << 12;
}

/* A PPN has 44 bits in every mode; how many of them a bus decodes is not visible from here. */
unsigned arch_pa_bits(void)
{
	return 56;
}

/* ASID is WARL: write ones, see which stick (privileged spec, satp). */
unsigned arch_asid_bits(void)
{
	u64 flags = arch_irq_save(), old = csr_read(satp), asid;
	unsigned bits = 0;

	csr_write(satp, old | SATP_ASID_MASK << SATP_ASID_SHIFT);
	asid = csr_read(satp) >> SATP_ASID_SHIFT & SATP_ASID_MASK;
	csr_write(satp, old);
	fence_all(); /* nothing cached meanwhile under the other ASID is used again */
	arch_irq_restore(flags);
	for (; asid; asid >>= 1)
		bits += asid & 1;
	return bits;
}

void arch_mmu_describe(char *buf, size_t size)
{
	snprintf(buf, size, "PA %u, ASID %u", arch_pa_bits(), arch_asid_bits());
}

/* ---- page-table barriers ---- */
void arch_pt_publish(void)
{
	/* a table's or frame's contents before the cell that shows it, for every walker: RVWMO has
	 * no store to store order of its own */
	__asm__ volatile("fence w, w" ::: "memory");
}

void arch_pt_visible(void)
{
	/*
	 * Stores to cells before this hart's later walks; without Svvptc an EMPTY cell may have
	 * been cached, so it must be the fence and not a barrier.  Other harts: LAZY (ENGINE 4).
	 */
	fence_all();
}
