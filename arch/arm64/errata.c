// SPDX-License-Identifier: BSD-2-Clause
/*
 * arch/arm64/errata.c - rows of published errata.  One affected CPU is enough: a broadcast waits
 * for all of them.
 *
 * Repeat TLBI: TLBI; DSB may complete before accesses that went through the invalidated entry are
 * observed everywhere (the invalidation itself is right).  Arm's remedy is one further broadcast
 * TLBI, any, and DSB.  Cortex-A55 2441007, Cortex-A510 2441009, Cortex-A76 1286807, Falkor 1009,
 * and CVE-2025-10263 (4118414 and the like numbers of other cores).
 *
 * Clean and invalidate: on an early Cortex-A53 a clean of a line by address may end with another
 * CPU's data in place of newer ones.  The remedy is to clean and invalidate it.  819472 (r0p0,
 * r0p1), 824069, 826319, 827319 (to r0p2).  Revisions as Linux has them (Documentation/arch/arm64/
 * silicon-errata.rst, arch/arm64/kernel/cpu_errata.c).
 *
 * No row, since nothing of ours does what they are about: Cortex-A55 1024718 and AmpereOne
 * AC03_CPU_38 (hardware's updates of entries, TCR_EL1.HA and HD, are off), 1165522, 1319367,
 * 1319537 and 1530923 (AT while guests are switched), Cortex-A57 834220 (stage 2), Carmel
 * (TTBR.CnP). Falkor 1041 wants an ISB before the MMU goes off: idmap.S has it on every CPU.
 *
 * 835769 and 843419 of Cortex-A53 are the compiler's and the linker's: tools/lint-a53 looks at what
 * they made.
 */
#include <arch/arch.h>
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
	{ 0x41d03, 0x00, 0x02 }, /* Cortex-A53 to r0p2 */
};

/* 2645198: after an executable leaf became one that is not. */
static const struct midr_range exec_to_nx[] = {
	{ 0x41d4d, 0x00, 0xff }, /* Cortex-A715 */
};

static const struct midr_range stale_fetch[] = {
	{ 0x41d0c, 0x00,
	  0xff }, /* Neoverse-N1, where CTR_EL0.DIC says that nothing is to be done */
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

enum {
	REPEAT_TLBI,
	CLEAN_INVAL,
	EXEC_TO_NX,
	STALE_FETCH,
	ICACHE_TLBI,
	ASID_ROOT,
	DEVICE_LOAD,
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
};

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

const struct erratum arch_errata[] = {
	[REPEAT_TLBI] = { "repeat-tlbi", "1286807, 2441007, 2441009, Falkor 1009, CVE-2025-10263",
			  "an invalidation may be complete before accesses through the old entry "
			  "are",
			  "each broadcast is followed by one more", true },
	[CLEAN_INVAL] = { "clean-inval", "Cortex-A53 819472, 824069, 826319, 827319",
			  "cleaning a line may bring back older data",
			  "a line that is cleaned is invalidated as well, and fetched again when "
			  "it is used",
			  false },
	[EXEC_TO_NX] = { "exec-to-nx", "Cortex-A715 2645198",
			 "a fetch fault after rights to execute went may be reported with a wrong "
			 "address",
			 "not worked around: such a report is not to be believed", false },
	[STALE_FETCH] = { "stale-fetch", "Neoverse-N1 1542419",
			  "an instruction that another CPU changed may be executed as it was",
			  "instruction caches are always invalidated, whatever CTR_EL0.DIC says; "
			  "the rest is firmware's part",
			  false },
	[ICACHE_TLBI] = { "icache-tlbi", "Cavium ThunderX 27456",
			  "a broadcast invalidation may spoil cached instructions of another ASID",
			  "not worked around", false },
	[ASID_ROOT] = { "asid-root", "Falkor 1003",
			"entries may get the wrong ASID when ASID and root change together",
			"not worked around: what the TLB lab says of ASIDs does not hold", false },
	[DEVICE_LOAD] = { "device-load", "Cortex-A57 832075",
			  "exclusive accesses among loads from devices may hang the CPU",
			  "not worked around: loads from devices are plain", false },
	[ROWS] = { NULL, NULL, NULL, NULL, false },
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
