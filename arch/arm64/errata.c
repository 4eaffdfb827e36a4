/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/errata.c - rows of published errata.  One affected CPU is enough: a broadcast waits
 * for all of them.
 *
 * Repeat TLBI: TLBI; DSB may complete before accesses that used the invalidated entry are observed
 * everywhere (the invalidation itself is correct).  Arm's remedy is one further broadcast TLBI,
 * any, and DSB.  Cortex-A55 2441007, Cortex-A510 2441009, Cortex-A76 1286807, Falkor 1009, and
 * CVE-2025-10263 (4118414 and the like numbers of other cores).
 *
 * Clean and invalidate: on an early Cortex-A53 a clean of a line by address may end with older data
 * of another CPU in place of newer data.  The remedy is to clean and invalidate it.  819472 (r0p0,
 * r0p1), 824069, 826319, 827319 (to r0p2).  Revisions as Linux has them (Documentation/arch/arm64/
 * silicon-errata.rst, arch/arm64/kernel/cpu_errata.c).  855873 (r0p3, r0p4): a clean that hits may
 * lose what another CPU's eviction writes at that time; the remedy is the same, and some firmware
 * applies its own (CPUACTLR_EL1.ENDCCASCI).
 *
 * Counter: counter.c.  A machine that needs a row is recognised by its core or by a property of the
 * tree's timer (arm,arch_timer.yaml), which ACPI does not have.
 *
 * Lost acknowledge: irq_gicv3.c.  Device load and device store: arch_inline.h.
 *
 * Early clean: the interconnect SI L1 may answer a clean that it combines with a write-back before
 * the data is in memory; Arm's remedy is a second loop over the same lines (Linux's
 * ARM64_ERRATUM_4311569).  No register identifies the interconnect, so the user applies it by
 * errata=+early-clean.
 *
 * ASID and root: mmu.c.  On Falkor v1 a walk during a write of TTBR that changes both may cache an
 * entry under the wrong ASID (1003).  Qualcomm's remedy is a reserved ASID while the root changes
 * (Linux 4.11); no TLBI removes what walks cache under it, so entries outlive their tables.  Here
 * no walk can begin (TCR_EL1.EPD0) and all entries are invalidated, as for the kernel's ASID.
 *
 * HCR_EL2 write: el1.inc.  PAR_EL1 read: boot/arm64.S.  Both run before any row is known, and have
 * the barriers on every CPU.
 *
 * No row, because the kernel does nothing that triggers them: Cortex-A55 1024718 and AmpereOne
 * AC03_CPU_38 (hardware updates of entries, TCR_EL1.HA and HD, are off), 1165522, 1319367,
 * 1319537 and 1530923 (AT while guests are switched), Cortex-A57 834220 (stage 2), Carmel
 * (TTBR.CnP).  Falkor 1041 needs an ISB before the MMU is switched off: idmap.S has it on every
 * CPU.
 *
 * 835769 and 843419 of Cortex-A53 are avoided by the compiler and the linker: tools/hotplate lint
 * a53 checks the image.
 */
#include <arch/arch.h>
#include <counter.h>
#include <cpu.h>
#include <errata.h>
#include <kern/cpu_id.h>
#include <kern/errata.h>
#include <sysreg.h>

static const struct midr_range repeat_tlbi[] = {
	{ 0x41d05, 0x00, 0xff }, /* Cortex-A55 */
	{ 0x41d46, 0x00, 0x11 }, /* Cortex-A510 to r1p1 */
	{ 0x51800, 0x00, 0x00 }, /* Falkor v1 */
	{ 0x51804, 0xce, 0xfe }, /* Kryo 4xx Gold */
	{ 0x41d0b, 0x00, 0xff }, /* Cortex-A76 */
	{ 0x41d0e, 0x00, 0xff }, /* Cortex-A76AE */
	{ 0x41d0d, 0x00, 0xff }, /* Cortex-A77 */
	{ 0x41d41, 0x00, 0xff }, /* Cortex-A78 */
	{ 0x41d42, 0x00, 0xff }, /* Cortex-A78AE */
	{ 0x41d4b, 0x00, 0xff }, /* Cortex-A78C */
	{ 0x41d47, 0x00, 0xff }, /* Cortex-A710 */
	{ 0x41d44, 0x00, 0xff }, /* Cortex-X1 */
	{ 0x41d4c, 0x00, 0xff }, /* Cortex-X1C */
	{ 0x41d48, 0x00, 0xff }, /* Cortex-X2 */
	{ 0x41d4e, 0x00, 0xff }, /* Cortex-X3 */
	{ 0x41d82, 0x00, 0xff }, /* Cortex-X4 */
	{ 0x41d85, 0x00, 0xff }, /* Cortex-X925 */
	{ 0x41d0c, 0x00, 0xff }, /* Neoverse-N1 */
	{ 0x41d49, 0x00, 0xff }, /* Neoverse-N2 */
	{ 0x41d40, 0x00, 0xff }, /* Neoverse-V1 */
	{ 0x41d4f, 0x00, 0xff }, /* Neoverse-V2 */
	{ 0x41d84, 0x00, 0xff }, /* Neoverse-V3 */
	{ 0x41d83, 0x00, 0xff }, /* Neoverse-V3AE */
	{ 0x41d8c, 0x00, 0xff }, /* C1-Ultra */
	{ 0x41d90, 0x00, 0xff }, /* C1-Premium */
	{ 0x4e010, 0x00, 0xff }, /* Olympus */
	{ 0x6dd49, 0x00, 0xff }, /* Azure Cobalt 100 */
};

static const struct midr_range clean_inval[] = {
	{ 0x41d03, 0x00, 0x04 }, /* Cortex-A53 to r0p2, and 855873's r0p3 and r0p4 */
};

static const struct midr_range counter_carry[] = {
	{ 0x41d09, 0x00, 0xff }, /* Cortex-A73 */
};

static const struct midr_range lost_acknowledge[] = {
	{ 0x430a1, 0x00, 0xff }, /* ThunderX T88 */
	{ 0x430a2, 0x00, 0xff }, /* T81 */
	{ 0x430a3, 0x00, 0xff }, /* T83 */
	{ 0x430b1, 0x00, 0xff }, /* OCTEON TX2 98xx */
	{ 0x430b2, 0x00, 0xff }, /* 96xx */
	{ 0x430b3, 0x00, 0xff }, /* 95xx */
	{ 0x430b4, 0x00, 0xff }, /* 95xxN */
	{ 0x430b5, 0x00, 0xff }, /* 95xxMM */
	{ 0x430b6, 0x00, 0xff }, /* 95xxO */
};

/* 2645198: after a leaf lost its execute permission. */
static const struct midr_range exec_to_nx[] = {
	{ 0x41d4d, 0x00, 0xff }, /* Cortex-A715 */
};

static const struct midr_range stale_fetch[] = {
	{ 0x41d0c, 0x00, 0xff }, /* Neoverse-N1, if CTR_EL0.DIC is set: "no invalidation needed" */
};

static const struct midr_range icache_tlbi[] = {
	{ 0x430a1, 0x00, 0x11 }, /* ThunderX T88, pass 1.x to 2.1 */
	{ 0x430a2, 0x00, 0x00 }, /* ThunderX T81, pass 1.0 */
};

static const struct midr_range asid_root[] = {
	{ 0x51800, 0x00, 0x00 }, /* Falkor v1 */
};

static const struct midr_range device_load[] = {
	{ 0x41d07, 0x00, 0x12 }, /* Cortex-A57 to r1p2 */
};

static const struct midr_range device_store[] = {
	{ 0x4e010, 0x00, 0xff }, /* Olympus */
};

static const struct midr_range hcr_write[] = {
	{ 0xc0ac4, 0x00, 0xff }, /* AmpereOne AC04 (Ampere-1a) */
};

static const struct midr_range par_read[] = {
	{ 0x41d0d, 0x00, 0x10 }, /* Cortex-A77 to r1p0 */
};

enum {
	REPEAT_TLBI,
	CLEAN_INVAL,
	EXEC_TO_NX,
	STALE_FETCH,
	ICACHE_TLBI,
	ASID_ROOT,
	DEVICE_LOAD,
	DEVICE_STORE,
	HCR_WRITE,
	PAR_READ,
	EARLY_CLEAN,
	CARRY,
	TWICE,
	NEAR,
	LOW_BITS,
	LOST_ACKNOWLEDGE,
	ROWS
};
_Static_assert(ROWS < ERRATA_MAX, "a flag each");

#define RANGES(list) list, ARRAY_SIZE(list)

static const struct {
	const struct midr_range *of;
	size_t nr;
	bool with_dic;
} rows[ROWS] = {
	[REPEAT_TLBI] = { RANGES(repeat_tlbi), false },
	[CLEAN_INVAL] = { RANGES(clean_inval), false },
	[EXEC_TO_NX] = { RANGES(exec_to_nx), false },
	[STALE_FETCH] = { RANGES(stale_fetch), true },
	[ICACHE_TLBI] = { RANGES(icache_tlbi), false },
	[ASID_ROOT] = { RANGES(asid_root), false },
	[DEVICE_LOAD] = { RANGES(device_load), false },
	[DEVICE_STORE] = { RANGES(device_store), false },
	[HCR_WRITE] = { RANGES(hcr_write), false },
	[PAR_READ] = { RANGES(par_read), false },
	[CARRY] = { RANGES(counter_carry), false },
	[LOST_ACKNOWLEDGE] = { RANGES(lost_acknowledge), false },
};

u32 arm_mmio_rows;

void errata_this_cpu(void)
{
	u64 midr = cpu_as_if(ID_MIDR, SYSREG_READ(midr_el1));
	bool dic = cpu_as_if(ID_CTR, SYSREG_READ(ctr_el0)) >> 29 & 1;

	for (unsigned i = 0; i < ROWS; i++)
		if (midr_listed(rows[i].of, rows[i].nr, midr) && (dic || !rows[i].with_dic))
			erratum_apply(i);
}

bool errata_repeat_tlbi(void)
{
	return erratum_on(REPEAT_TLBI);
}

bool errata_clean_inval(void)
{
	return erratum_on(CLEAN_INVAL);
}

bool errata_early_clean(void)
{
	return erratum_on(EARLY_CLEAN);
}

bool errata_asid_root(void)
{
	return erratum_on(ASID_ROOT);
}

bool errata_lost_acknowledge(void)
{
	return erratum_on(LOST_ACKNOWLEDGE);
}

/* arch_counter() and device accesses read one word each, so the stores need no lock; CPUs start one
 * after the other. */
void arch_errata_changed(void)
{
	u32 rows = 0, mmio = 0;

	rows |= erratum_on(CARRY) ? COUNTER_CARRY : 0;
	rows |= erratum_on(TWICE) ? COUNTER_TWICE : 0;
	rows |= erratum_on(NEAR) ? COUNTER_NEAR : 0;
	rows |= erratum_on(LOW_BITS) ? COUNTER_LOW_BITS : 0;
	atomic_store_relaxed(&arm_counter_rows, rows);
	mmio |= erratum_on(DEVICE_LOAD) ? MMIO_LOAD_ACQUIRE : 0;
	mmio |= erratum_on(DEVICE_STORE) ? MMIO_STORE_RELEASE : 0;
	atomic_store_relaxed(&arm_mmio_rows, mmio);
}

const struct erratum arch_errata[] = {
	[REPEAT_TLBI] = { .name = "repeat-tlbi",
			  .numbers = "1286807, 2441007, 2441009, Falkor 1009, CVE-2025-10263",
			  .effect = "an invalidation may be complete before accesses through the "
				    "old entry are",
			  .remedy = "each broadcast is followed by one more",
			  .tlb = true },
	[CLEAN_INVAL] = { .name = "clean-inval",
			  .numbers = "Cortex-A53 819472, 824069, 826319, 827319, 855873",
			  .effect = "cleaning a line may restore older data",
			  .remedy = "a cleaned line is also invalidated, and fetched again at its "
				    "next use" },
	[EXEC_TO_NX] = { .name = "exec-to-nx",
			 .numbers = "Cortex-A715 2645198",
			 .effect = "a fetch fault after execute permission was removed may be "
				   "reported with a wrong address",
			 .remedy = "not worked around: FAR_EL1 of such a fault may be wrong",
			 .nothing = true },
	[STALE_FETCH] = { .name = "stale-fetch",
			  .numbers = "Neoverse-N1 1542419",
			  .effect = "an instruction that another CPU changed may be executed as "
				    "it was",
			  .remedy = "instruction caches are always invalidated, regardless of "
				    "CTR_EL0.DIC; the rest is firmware's part",
			  .nothing = true },
	[ICACHE_TLBI] = { .name = "icache-tlbi",
			  .numbers = "Cavium ThunderX 27456",
			  .effect = "a broadcast invalidation may spoil cached instructions of "
				    "another ASID",
			  .remedy = "not needed: all code has global entries",
			  .nothing = true },
	[ASID_ROOT] = { .name = "asid-root",
			.numbers = "Falkor 1003",
			.effect = "entries may get the wrong ASID when ASID and root change "
				  "together",
			.remedy = "walks are off during each such change, and the CPU's TLB is "
				  "invalidated" },
	[DEVICE_LOAD] = { .name = "device-load",
			  .numbers = "Cortex-A57 832075",
			  .effect = "exclusive accesses among loads from devices may hang the CPU",
			  .remedy = "loads from devices are load-acquires" },
	[DEVICE_STORE] = { .name = "device-store",
			   .numbers = "NVIDIA Olympus T410-OLY-1027",
			   .effect = "a device may observe a load before an older store to it",
			   .remedy = "stores to devices are store-releases" },
	[HCR_WRITE] = { .name = "hcr-write",
			.numbers = "AmpereOne AC04_CPU_23",
			.effect = "a write of HCR_EL2 may spoil translations of accesses at that "
				  "time",
			.remedy = "the one write, before EL1 is entered, is between DSB and ISB "
				  "on every CPU",
			.nothing = true },
	[PAR_READ] = { .name = "par-read",
		       .numbers = "Cortex-A77 1508412",
		       .effect = "a read of PAR_EL1 or a store-exclusive near a load from a device "
				 "may hang the CPU",
		       .remedy = "reads of PAR_EL1 are between DMB SY on every CPU; the rest is "
				 "firmware's part",
		       .nothing = true },
	[EARLY_CLEAN] = { .name = "early-clean",
			  .numbers = "Arm SI L1 4311569",
			  .effect = "the clean of a line may be reported as complete before its "
				    "data is in memory",
			  .remedy = "lines that are cleaned to memory are cleaned twice" },
	[CARRY] = { .name = "counter-carry",
		    .numbers = "Cortex-A73 858921",
		    .effect = "a read of the counter before a carry into bit 32 may have it "
			      "already",
		    .remedy = "each read is two, and the first is used if they differ there" },
	[TWICE] = { .name = "counter-twice",
		    .numbers = "Freescale A-008585",
		    .effect = "a read of the counter while it changes may return any value",
		    .remedy = "it is read until two in a row are equal, at most 200 times",
		    .property = "fsl,erratum-a008585" },
	[NEAR] = { .name = "counter-near",
		   .numbers = "HiSilicon 161010101",
		   .effect = "a read of the counter may be far off",
		   .remedy = "each read is two, repeated until they are close, at most 50 times",
		   .property = "hisilicon,erratum-161010101" },
	[LOW_BITS] = { .name = "counter-low-bits",
		       .numbers = "Allwinner A64 UNKNOWN1",
		       .effect = "a read of the counter during a carry may jump either way",
		       .remedy = "values that end in nine equal bits are read again, at most 150 "
				 "times",
		       .property = "allwinner,erratum-unknown1" },
	[LOST_ACKNOWLEDGE] = { .name = "lost-acknowledge",
			       .numbers = "Cavium 23154, Marvell 38545",
			       .effect = "an acknowledge may be executed out of order, or return a "
					 "withdrawn interrupt",
			       .remedy = "12 NOPs around it, and it is valid if a priority became "
					 "active" },
	[ROWS] = { .name = NULL },
};

bool arch_errata_repeat(void)
{
	return errata_repeat_tlbi();
}

vaddr_t arch_fetch_fault_va(vaddr_t reported)
{
	return reported;
}

bool arch_fences(struct arch_fences *out)
{
	(void)out;
	return false;
}
