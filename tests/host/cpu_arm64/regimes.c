/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/cpu_arm64/regimes.c - the geometries that arch/arm64/mmu.c supports on a CPU with
 * given ID registers, the reason of each refusal, and TCR_EL1 and TTBR1_EL1 for each.  From the Arm
 * ARM, D24.2: ID_AA64MMFR0_EL1.{PARange, ASIDBits, TGran16, TGran64, TGran4},
 * ID_AA64MMFR2_EL1.VARange, TCR_EL1, TTBR1_EL1.
 */
#include "machine.h"
#include <arch/arch.h>
#include <boot/boot.h>
#include <mmu.h>
#include <string.h>

/* TGran4 31:28, TGran64 27:24 (15: absent), TGran16 23:20 (0: absent), ASIDBits 7:4, PARange. */
#define MMFR0(g4, g64, g16, asid, pa)                                                              \
	((u64)(g4) << 28 | (u64)(g64) << 24 | (u64)(g16) << 20 | (asid) << 4 | (pa))

static const struct {
	u64 mmfr0, va_range;
	const char *geometry, *reason; /* NULL: it runs */
} geometries[] = {
	{ MMFR0(0, 0, 1, 2, 5), 0, "arm64-4k-48", NULL },
	{ MMFR0(0, 15, 0, 2, 5), 0, "arm64-4k-39", NULL },
	{ MMFR0(15, 0, 1, 2, 5), 0, "arm64-4k-48", "needs ID_AA64MMFR0_EL1.TGran4 >= 0, it is -1" },
	{ MMFR0(15, 0, 1, 2, 5), 0, "arm64-4k-52", "needs ID_AA64MMFR0_EL1.TGran4 >= 0, it is -1" },
	{ MMFR0(0, 0, 1, 2, 5), 1, "arm64-4k-52",
	  "needs ID_AA64MMFR0_EL1.TGran4 >= 1 (LPA2), it is 0" },
	{ MMFR0(1, 0, 1, 2, 6), 0, "arm64-4k-52", NULL },
	{ MMFR0(0, 0, 1, 2, 5), 0, "arm64-16k-48", NULL },
	{ MMFR0(0, 0, 1, 2, 5), 0, "arm64-16k-36", NULL },
	{ MMFR0(0, 0, 0, 2, 5), 0, "arm64-16k-47", "needs ID_AA64MMFR0_EL1.TGran16 >= 1, it is 0" },
	{ MMFR0(1, 0, 1, 2, 6), 1, "arm64-16k-52",
	  "needs ID_AA64MMFR0_EL1.TGran16 >= 2 (LPA2), it is 1" },
	{ MMFR0(0, 0, 2, 2, 6), 0, "arm64-16k-52", NULL },
	{ MMFR0(0, 0, 15, 2, 5), 0, "arm64-16k-48", NULL },
	{ MMFR0(0, 0, 1, 2, 5), 0, "arm64-64k-48", NULL },
	{ MMFR0(0, 15, 1, 2, 5), 0, "arm64-64k-42",
	  "needs ID_AA64MMFR0_EL1.TGran64 >= 0, it is -1" },
	{ MMFR0(0, 0, 1, 2, 6), 0, "arm64-64k-52", "needs ID_AA64MMFR2_EL1.VARange >= 1, it is 0" },
	{ MMFR0(0, 0, 1, 2, 6), 1, "arm64-64k-52", NULL },
	{ MMFR0(1, 0, 2, 2, 6), 1, "riscv-sv39", "riscv-sv39 is not a format this CPU walks" },
};

/* Geometries outside the list: 8 KiB pages, which VMSAv8-64 lacks; 49 bits, which need LPA2.
 */
static void made_up(void)
{
	struct pt_fmt pages = *pt_fmt_find("arm64-4k-48"), wide = pages;
	char reason[100] = "";

	pages.page_shift = 13;
	wide.va_bits = 49;
	*reg_of("id_aa64mmfr0_el1") = MMFR0(0, 0, 1, 2, 5);
	*reg_of("S3_0_C0_C7_2") = 0;
	WANT(!arch_geometry_ok(&pages, reason, sizeof(reason)));
	WANT_TEXT(reason, "arm64-4k-48 is not a format this CPU walks");
	WANT(!arch_geometry_ok(&wide, reason, sizeof(reason)));
	WANT_TEXT(reason, "needs ID_AA64MMFR0_EL1.TGran4 >= 1 (LPA2), it is 0");
	*reg_of("id_aa64mmfr0_el1") = MMFR0(1, 0, 1, 2, 6);
	WANT(arch_geometry_ok(&wide, reason, sizeof(reason)));
}

void test_geometries(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(geometries); i++) {
		const struct pt_fmt *f = pt_fmt_find(geometries[i].geometry);
		char reason[100] = "";

		*reg_of("id_aa64mmfr0_el1") = geometries[i].mmfr0;
		*reg_of("S3_0_C0_C7_2") = geometries[i].va_range << 16;
		WANT(f && arch_geometry_ok(f, reason, sizeof(reason)) == !geometries[i].reason);
		if (geometries[i].reason)
			WANT_TEXT(reason, geometries[i].reason);
	}
	made_up();
	WANT_TEXT(arch_default_geometry()->name, "arm64-4k-48");
}

/* Cached, inner shareable walks of both halves; T0SZ 16, TG0 4K. */
#define TCR_BASE 0x35003510ul
#define TCR(t1sz, tg1, ips, as, ds)                                                                \
	(TCR_BASE | (u64)(t1sz) << 16 | (u64)(tg1) << 30 | (u64)(ips) << 32 | (u64)(as) << 36 |    \
	 (u64)(ds) << 59)

static const struct {
	const char *geometry;
	unsigned asid, pa; /* ASIDBits, PARange */
	u64 tcr;
	paddr_t root;
	u64 ttbr1;
} regimes[] = {
	{ "arm64-4k-48", 2, 5, TCR(16, 2, 5, 1, 0), 0x812345000, 0x812345000 },
	{ "arm64-4k-48", 0, 2, TCR(16, 2, 2, 0, 0), 0x812345000, 0x812345000 },
	{ "arm64-4k-39", 2, 6, TCR(25, 2, 5, 1, 0), 0x812345000, 0x812345000 },
	{ "arm64-4k-39", 2, 7, TCR(25, 2, 5, 1, 0), 0x812345000, 0x812345000 },
	{ "arm64-4k-52", 2, 6, TCR(12, 2, 6, 1, 1), 0x9000812345000, 0x0000812345000 | 9 << 2 },
	{ "arm64-4k-52", 2, 7, TCR(12, 2, 6, 1, 1), 0x9000812345000, 0x0000812345000 | 9 << 2 },
	{ "arm64-16k-48", 2, 5, TCR(16, 1, 5, 1, 0), 0x812344000, 0x812344000 },
	{ "arm64-16k-48", 2, 6, TCR(16, 1, 5, 1, 0), 0x812344000, 0x812344000 },
	{ "arm64-16k-52", 2, 6, TCR(12, 1, 6, 1, 1), 0xf000812344000, 0x0000812344000 | 15 << 2 },
	{ "arm64-64k-42", 2, 4, TCR(22, 3, 4, 1, 0), 0x812340000, 0x812340000 },
	{ "arm64-64k-48", 2, 6, TCR(16, 3, 6, 1, 0), 0x1000812340000, 0x0000812340000 | 1 << 2 },
	{ "arm64-64k-52", 2, 5, TCR(12, 3, 5, 1, 0), 0x812340000, 0x812340000 },
};

/* No geometry of the list has 49 bits, which need DS. */
static void widest_without_lpa2(void)
{
	struct pt_fmt wide = *pt_fmt_find("arm64-4k-48");
	struct pt pt = { .fmt = &wide, .root = 0x812345000 };

	*reg_of("id_aa64mmfr0_el1") = MMFR0(1, 0, 2, 2, 6);
	WANT(mmu_regs_for(&pt).tcr == TCR(16, 2, 5, 1, 0));
	wide.va_bits = 49;
	WANT(mmu_regs_for(&pt).tcr == TCR(15, 2, 6, 1, 1));
}

void test_regimes(void)
{
	static const u8 pa_bits[] = { 32, 36, 40, 42, 44, 48, 52, 52 };
	char text[40];

	boot_info.image_pa = 0x40210000 - (ptr_va(idmap_start) - 0xffffffff80000000ul);
	for (unsigned i = 0; i < ARRAY_SIZE(regimes); i++) {
		struct pt pt = { .fmt = pt_fmt_find(regimes[i].geometry), .root = regimes[i].root };
		struct mmu_regs r;

		*reg_of("id_aa64mmfr0_el1") = MMFR0(1, 0, 2, regimes[i].asid, (u64)regimes[i].pa);
		*reg_of("sctlr_el1") = 0x1234 + i;
		r = mmu_regs_for(&pt);
		WANT(r.tcr == regimes[i].tcr && r.ttbr1 == regimes[i].ttbr1);
		WANT(r.mair == 0x4400ff && r.sctlr == 0x1234 + i);
		*reg_of("tcr_el1") = r.tcr;
		*reg_of("ttbr1_el1") = r.ttbr1 | 7ul << 48 | 1;
		WANT(arch_current_root() == pt.root);
		WANT(arch_pa_bits() == pa_bits[regimes[i].pa]);
		WANT(arch_asid_bits() == (regimes[i].asid ? 16 : 8));
	}
	widest_without_lpa2();
	text[0] = 0;
	arch_mmu_describe(text, sizeof(text));
	WANT_TEXT(text, "PA 52, ASID 16");
}
