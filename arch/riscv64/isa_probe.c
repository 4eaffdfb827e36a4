/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/isa_probe.c - verify the extensions that the device tree claims for a hart.
 *
 * A tree may describe the hart and ignore its firmware: Svpbmt needs menvcfg.PBMTE, cache-block
 * instructions CBIE and CBCFE (privileged spec, menvcfg); without them there is a page fault or an
 * illegal instruction.  So each extension is used once where a fault is caught.  Svvptc guarantees
 * a bounded time, which cannot be tested so; time.c tests Sstc.  Test entries are stored in the
 * trampoline page table, on the boot hart, while that is live; other harts test only instructions.
 */
#include "trap.h"
#include <arch/arch.h>
#include <boot/boot.h>
#include <kern/cpu.h>
#include <kern/log.h>

#define PAGE 4096ul
#define RUN 16               /* cells of 64 KiB */
#define CELL_READABLE 0xc3ul /* V R A D */
#define CELL_NC (1ul << 61)
#define CELL_NAPOT (1ul << 63)
#define PPN_SHIFT 10
#define NAPOT_64K 8ul /* PPN[3:0] */

static u64 cell(paddr_t pa)
{
	return pa >> 12 << PPN_SHIFT | CELL_READABLE;
}

/* Maps program text, which is at a multiple of 2 MiB and is never written. */
static const char *check_svpbmt(void)
{
	const void *page = early_map_cells(cell(image_pa_of(image_start)) | CELL_NC, 1);
	u64 value;

	if (page && arch_probe_load64(ptr_va(page), &value))
		return "a load through a non-cacheable entry faults";
	return NULL;
}

/* Each page of the run must be mapped to its own frame. */
static const char *check_svnapot(void)
{
	u64 leaf = cell(image_pa_of(image_start)) | CELL_NAPOT | NAPOT_64K << PPN_SHIFT, value;
	const char *run = early_map_cells(leaf, RUN);

	for (unsigned i = 0; run && i < RUN; i++) {
		if (arch_probe_load64(ptr_va(run) + i * PAGE, &value))
			return "a load through a run of 64 KiB faults";
		if (value != *(const u64 *)(const void *)(image_start + i * PAGE))
			return "a run of 64 KiB shows other pages";
	}
	return NULL;
}

static const char *check_zicbom(void)
{
	static u64 block[64]
		__attribute__((aligned(512))); /* shares no cache block with other data */

	if (probe_cbo_flush(block))
		return "cbo.flush is refused";
	return probe_cbo_inval(block) ? "cbo.inval is refused" : NULL;
}

static const char *check_svinval(void)
{
	return probe_svinval() ? "sinval.vma is refused" : NULL;
}

static const struct {
	const char *name;
	u32 bit;
	bool by_cells;
	const char *(*check)(void); /* returns the fault as text, or NULL: it works */
} probes[] = {
	{ "svpbmt", ISA_SVPBMT, true, check_svpbmt },
	{ "svnapot", ISA_SVNAPOT, true, check_svnapot },
	{ "zicbom", ISA_ZICBOM, false, check_zicbom },
	{ "svinval", ISA_SVINVAL, false, check_svinval },
};

u32 isa_probe(u32 described)
{
	const struct cpu *cpu = this_cpu();

	for (unsigned i = 0; i < ARRAY_SIZE(probes); i++) {
		const char *fault = NULL;

		if ((described & probes[i].bit) && !(probes[i].by_cells && cpu->nr))
			fault = probes[i].check();
		if (!fault)
			continue;
		described &= ~probes[i].bit;
		kprintf("cpu %u (hwid 0x%lx): the device tree has %s, but %s: not used\n", cpu->nr,
			cpu->hwid, probes[i].name, fault);
	}
	return described;
}
