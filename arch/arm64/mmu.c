/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/mmu.c - TCR, TTBR and the change of regime, for every VMSAv8-64 geometry.
 *
 * The kernel's half is TTBR1.  TTBR0 is closed (EPD0, an empty table) but for two uses.  While a
 * CPU uses an address space (mm/study/aspace.h) it has that root, in the kernel's geometry.  During
 * a change of regime it maps one page of code at its physical address: always 4K pages and 48 bits,
 * which is independent of what TTBR1 uses; only IPS and DS are shared by both (Arm ARM D8,
 * TCR_EL1).
 */
#include <arch/arch.h>
#include <boot/boot.h>
#include <errata.h>
#include <kern/cpu.h>
#include <lib/assert.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mmu.h>
#include <regs.h>
#include <sysreg.h>

_Static_assert(offsetof(struct boot_info, fdt_pa) == 0, "boot/arm64.S");
_Static_assert(offsetof(struct boot_info, image_pa) == 8, "boot/arm64.S");
_Static_assert(offsetof(struct boot_info, image_len) == 16, "boot/arm64.S");
_Static_assert(offsetof(struct boot_info, hwid) == 24, "boot/arm64.S");
_Static_assert(offsetof(struct boot_info, entry_counter) == 32, "boot/arm64.S");
_Static_assert(offsetof(struct boot_info, entry_el) == 40, "boot/arm64.S");
_Static_assert(offsetof(struct boot_info, entry) == 48, "boot/arm64.S");

#define TCR_EPD0 BIT(7)
#define TCR_T1SZ_SHIFT 16
#define TCR_CACHED1 (1ul << 24 | 1ul << 26 | 3ul << 28) /* IRGN1, ORGN1 WB; SH1 inner */
#define TCR_TG1_SHIFT 30
#define TCR_DS BIT(59)
#define TCR_REGIME1 (TCR_DS | 0x3ful << TCR_T1SZ_SHIFT | 3ul << TCR_TG1_SHIFT)
#define TCR_TG0_SHIFT 14
#define TCR_REGIME0 (0x3ful | 3ul << TCR_TG0_SHIFT) /* T0SZ, TG0 */
#define TTBR_ASID_SHIFT 48
#define TTBR_BADDR 0x0000fffffffffffeul /* bits 47:1; CnP is bit 0 */

/* ---- ID registers ---- */

static unsigned pa_range(void)
{
	unsigned range = SYSREG_READ(id_aa64mmfr0_el1) & 15;

	return range < 6 ? range : 6;
}

unsigned arch_pa_bits(void)
{
	static const u8 bits[] = { 32, 36, 40, 42, 44, 48, 52 };

	return bits[pa_range()];
}

unsigned arch_asid_bits(void)
{
	return id_field(SYSREG_READ(id_aa64mmfr0_el1), 4) == 2 ? 16 : 8;
}

void arch_mmu_describe(char *buf, size_t size)
{
	snprintf(buf, size, "PA %u, ASID %u", arch_pa_bits(), arch_asid_bits());
}

const struct pt_fmt *arch_default_geometry(void)
{
	return pt_fmt_find("arm64-4k-48");
}

/* One row for each granule: the ID field for its pages and for addresses beyond 48 bits. */
static const struct granule {
	const char *field;
	u8 page_shift, at, tg1, tg0;
	bool is_signed; /* TGran16 alone is unsigned: 0 means absent there */
	int present, lpa2;
} granules[] = {
	{ "TGran4", 12, 28, 2, 0, true, 0, 1 },
	{ "TGran16", 14, 20, 1, 2, false, 1, 2 },
	{ "TGran64", 16, 24, 3, 1, true, 0, 127 /* beyond 48 bits by VARange instead */ },
};

static const struct granule *granule_of(const struct pt_fmt *fmt)
{
	for (unsigned i = 0; i < ARRAY_SIZE(granules); i++)
		if (granules[i].page_shift == fmt->page_shift)
			return &granules[i];
	return NULL;
}

static bool lva_ok(const struct granule *g, int field, char *reason, size_t size)
{
	unsigned va_range = id_field(SYSREG_READ(ID_AA64MMFR2_EL1), 16);

	if (g->page_shift == 16) {
		snprintf(reason, size, "needs ID_AA64MMFR2_EL1.VARange >= 1, it is %u", va_range);
		return va_range >= 1;
	}
	snprintf(reason, size, "needs ID_AA64MMFR0_EL1.%s >= %d (LPA2), it is %d", g->field,
		 g->lpa2, field);
	return field >= g->lpa2;
}

bool arch_geometry_ok(const struct pt_fmt *fmt, char *reason, size_t size)
{
	const struct granule *g = granule_of(fmt);
	u64 mmfr0 = SYSREG_READ(id_aa64mmfr0_el1);
	int field;

	if (strncmp(fmt->name, "arm64-", 6) || !g) {
		snprintf(reason, size, "%s is not a format this CPU walks", fmt->name);
		return false;
	}
	field = g->is_signed ? id_field_signed(mmfr0, g->at) : (int)id_field(mmfr0, g->at);
	if (field < g->present) {
		snprintf(reason, size, "needs ID_AA64MMFR0_EL1.%s >= %d, it is %d", g->field,
			 g->present, field);
		return false;
	}
	return fmt->va_bits <= 48 || lva_ok(g, field, reason, size);
}

/* ---- register values ---- */

static bool uses_ds(const struct pt_fmt *fmt)
{
	return fmt->va_bits > 48 && fmt->page_shift != 16;
}

/* IPS: the output size of the CPU; 52 bits exist only for 64K pages and with DS. */
static u64 ips(const struct pt_fmt *fmt)
{
	unsigned range = pa_range();

	return range > 5 && fmt->page_shift != 16 && !uses_ds(fmt) ? 5 : range;
}

static u64 tcr_for(const struct pt_fmt *fmt)
{
	u64 tcr = ARM_TCR_LOW | TCR_CACHED1;

	tcr |= (u64)(64 - fmt->va_bits) << TCR_T1SZ_SHIFT;
	tcr |= (u64)granule_of(fmt)->tg1 << TCR_TG1_SHIFT;
	tcr |= ips(fmt) << ARM_TCR_IPS_SHIFT;
	tcr |= (u64)(arch_asid_bits() == 16) << ARM_TCR_AS_SHIFT;
	return tcr | (uses_ds(fmt) ? TCR_DS : 0);
}

/* PA[51:48] are in bits 5:2 when the output size is 52 bits (Arm ARM, TTBR1_EL1.BADDR). */
static u64 ttbr_for(const struct pt *pt)
{
	u64 high = pt->root >> 48 & 15;

	ASSERT(!high || ips(pt->fmt) == 6);
	return (pt->root & TTBR_BADDR) | high << 2;
}

static paddr_t root_of(u64 ttbr)
{
	if ((SYSREG_READ(tcr_el1) >> ARM_TCR_IPS_SHIFT & 7) == 6)
		return (ttbr & TTBR_BADDR & ~63ul) | (ttbr >> 2 & 15) << 48;
	return ttbr & TTBR_BADDR;
}

paddr_t arch_current_root(void)
{
	return root_of(SYSREG_READ(ttbr1_el1));
}

/* ---- the identity page ---- */

#define ID_LEVELS 4
#define ID_CELLS 512

static u64 identity[ID_LEVELS][ID_CELLS] __attribute__((section(".noinit"), aligned(4096)));
static const u64 closed[ID_CELLS]
	__attribute__((aligned(4096))); /* TTBR0 while the low half is closed */

/*
 * Built again when DS changes: bits 9:8 are shareability without DS and address bits with it.  Not
 * a tree of the engine: it maps only the code page of idmap.S and is walked only while that runs.
 */
static paddr_t identity_build(bool ds)
{
	paddr_t page = align_down(image_pa_of(idmap_start), 4096);
	static int built =
		-1; /* CPUs that park at the same time share it, so it is not rewritten */
	u64 leaf = page | 3 | (ds ? 0 : 3ul << 8) | BIT(7) | BIT(10) | BIT(54); /* RX, AF, UXN */

	if (built == ds)
		return image_pa_of(identity[ID_LEVELS - 1]);
	ASSERT_OP(page, <, BIT(48));
	arch_zero(identity, sizeof(identity));
	identity[0][page >> 12 & (ID_CELLS - 1)] = leaf;
	for (unsigned l = 1; l < ID_LEVELS; l++)
		identity[l][page >> (12 + 9 * l) & (ID_CELLS - 1)] =
			image_pa_of(identity[l - 1]) | 3;
	arch_pt_visible(); /* these stores before any walk that TTBR0 starts */
	built = ds;
	return image_pa_of(identity[ID_LEVELS - 1]);
}

struct mmu_regs mmu_regs_for(const struct pt *pt)
{
	return (struct mmu_regs) {
		.tcr = tcr_for(pt->fmt),
		.ttbr1 = ttbr_for(pt),
		.ttbr0 = identity_build(uses_ds(pt->fmt)),
		.mair = ARM_MAIR,
		.sctlr = SYSREG_READ(sctlr_el1),
	};
}

/* ---- loading ---- */

/*
 * Unshown (isb): set_ttbr0() executes another ISB before the first access through the half. By the
 * manual a CPU's own TLBI is complete for that CPU only after DSB and a context synchronization
 * (D8.17.8, R_BLDZX), and the half must not be opened before.
 */
static void invalidate_here(void)
{
	/* after the change that made entries wrong (the caller's ISB); after DSB and ISB it is
	 * complete for this CPU, too (Arm ARM D8.17.8, R_BLDZX), before the half is opened */
	__asm__ volatile("tlbi vmalle1\n\tdsb nsh\n\tisb" ::: "memory");
}

/*
 * `low`: size and granule of the half, of TCR_REGIME0.  They and EPD0 may be cached in a TLB (Arm
 * ARM, TCR_EL1), so no walk happens between a change and the invalidation.
 * Unshown (isb): this machine's TLB holds no field of TCR_EL1, and invalidate_here() removes each
 * entry that a walk between the steps makes. By the manual EPD0 and T0SZ may be cached (TCR_EL1),
 * and such a walk reads any address.
 */
static void set_ttbr0(u64 ttbr0, u64 low, bool open)
{
	u64 tcr = SYSREG_READ(tcr_el1) | TCR_EPD0;

	SYSREG_WRITE(tcr_el1, tcr);
	isb(); /* no new walk of the old table ... */
	SYSREG_WRITE(ttbr0_el1, ttbr0);
	tcr = (tcr & ~TCR_REGIME0) | low;
	SYSREG_WRITE(tcr_el1, tcr);
	isb(); /* ... and no walk of the new one before old entries are invalidated */
	invalidate_here();
	if (open) {
		SYSREG_WRITE(tcr_el1, tcr & ~TCR_EPD0);
		isb(); /* the new half takes effect before its first use */
	}
}

void mmu_close_low_half(void)
{
	set_ttbr0(image_pa_of(closed), ARM_TCR_LOW & TCR_REGIME0, false);
}

void arch_first_switch(const struct pt *pt)
{
	struct mmu_regs regs = mmu_regs_for(pt);
	u64 daif = SYSREG_READ(daif);

	/* An exception between two regimes would find no vectors. */
	__asm__ volatile("msr daifset, #15" ::: "memory");
	set_ttbr0(regs.ttbr0, ARM_TCR_LOW & TCR_REGIME0, true);
	mmu_switch(&regs, image_pa_of(idmap_switch));
	mmu_close_low_half();
	SYSREG_WRITE(daif, daif);
}

typedef void leave_fn(u64 x0, u64 x1);

void mmu_leave(paddr_t code, u64 x0, u64 x1)
{
	__asm__ volatile("msr daifset, #15" ::: "memory");
	set_ttbr0(identity_build(SYSREG_READ(tcr_el1) & TCR_DS), ARM_TCR_LOW & TCR_REGIME0, true);
	((leave_fn *)va_ptr(code))(x0, x1);
	__builtin_unreachable();
}

void arch_reenter(paddr_t entry, u64 hwid, paddr_t fdt)
{
	(void)hwid; /* MPIDR_EL1 has it */
	mmu_leave(image_pa_of(idmap_leave), fdt, entry);
}

void arch_halt_untranslated(void)
{
	mmu_leave(image_pa_of(idmap_halt), 0, 0);
}

const char *arch_cannot_reenter(void)
{
	if (spin_table_misses_lines())
		return "cache lines of CPUs differ, and waiting CPUs keep the contents of their "
		       "caches";
	return NULL; /* identity_build(): the early map does not reach it either */
}

static bool is_loaded(const struct pt *pt)
{
	return arch_current_root() == pt->root &&
	       !((SYSREG_READ(tcr_el1) ^ tcr_for(pt->fmt)) & TCR_REGIME1);
}

/* A secondary CPU arrives from idmap.S with the root already loaded. */
void arch_root_load(const struct pt *pt)
{
	if (!is_loaded(pt))
		arch_first_switch(pt);
}

/* ---- the low half: address spaces ---- */

static u64 low_half_of(const struct pt_fmt *fmt)
{
	return (u64)(64 - fmt->va_bits) | (u64)granule_of(fmt)->tg0 << TCR_TG0_SHIFT;
}

/*
 * Root and ASID are one register (TCR_EL1.A1 = 0), so no walk sees one without the other, and
 * entries under another ASID cannot be hit: nothing is invalidated.  With the kernel's ASID the
 * half is closed in between, because entries of the last space have the same one.  It is also
 * closed where a walk may cache one root's entries under the other's ASID (errata.h).
 */
void arch_space_load(const struct pt *pt)
{
	u64 low = low_half_of(pt->fmt), tcr = SYSREG_READ(tcr_el1);
	u64 ttbr0 = ttbr_for(pt) | (u64)pt->asid << TTBR_ASID_SHIFT;

	if (!pt->asid || errata_asid_root() || (tcr & (TCR_EPD0 | TCR_REGIME0)) != low) {
		set_ttbr0(ttbr0, low, true);
		return;
	}
	SYSREG_WRITE(ttbr0_el1, ttbr0);
	isb(); /* before the first access through the space */
}

void arch_space_leave(const struct pt *kernel)
{
	(void)kernel; /* its half has a register of its own */
	mmu_close_low_half();
}

void arch_space_sync(unsigned asid)
{
	(void)asid; /* the storing CPU completed its stores (DSB), and an ISB followed the load */
}

paddr_t arch_space_root(unsigned *asid)
{
	u64 ttbr0 = SYSREG_READ(ttbr0_el1);

	*asid = (unsigned)(ttbr0 >> TTBR_ASID_SHIFT);
	return SYSREG_READ(tcr_el1) & TCR_EPD0 ? PA_NONE : root_of(ttbr0);
}

/* ---- barriers for struct pt_env ---- */

void arch_pt_publish(void)
{
	/* a table's or frame's contents before the cell that shows it, for every walker: two stores
	 * of one CPU are otherwise observed in any order (Arm ARM B2.3) */
	__asm__ volatile("dmb ishst" ::: "memory");
}

/*
 * Unshown (isb): the mutant insn-visible-without-isb (tests/mutants/image.txt) shows it: boot.wx
 * fails by seeds 1 to 3, because this machine translates ahead of a DSB.
 */
void arch_pt_visible(void)
{
	/* the store to the cell completes before this CPU walks (Arm ARM D8, "Ordering of memory
	 * accesses from translation table walks"), and before it fetches through the new leaf */
	__asm__ volatile("dsb ishst\n\tisb" ::: "memory");
}
