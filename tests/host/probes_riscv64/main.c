/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/probes_riscv64/main.c - extensions that a tree claims and a hart refuses (privileged
 * spec: menvcfg, "Svnapot", "Svpbmt"), counters that are an emulator's, the record that a started
 * hart reads (arch/riscv64/offsets.h), and what libgcc would have.
 */
#include "arch/riscv64/offsets.h"
#include <arch_inline.h>
#include <asserts.h>
#include <boot/boot.h>
#include <fakes/arch.h>
#include <fakes/log.h>
#include <kern/emulator.h>
#include <mm/pt/pt.h>
#include <stdarg.h>
#undef __asm__
#undef volatile

#define PAGE 4096

struct boot_info boot_info = { .image_pa = 0x80200000 };
char image_start[16 * PAGE];

/* ---- extensions ---- */
#define READABLE 0xc3ul               /* V 1, R 2, A 0x40, D 0x80 */
#define NON_CACHEABLE (1ul << 61)     /* PBMT, bits 62:61, 1 */
#define RUN_64K (1ul << 63 | 8 << 10) /* N, and 1000 in the lowest bits of the PPN */

static struct {
	bool no_room;
	int faulting, other; /* page of the run that faults, or is another page; -1: none */
	bool flush, inval, fence, nc;
} hart;
static char run[16 * PAGE], alone[PAGE];

const void *early_map_cells(u64 cell, unsigned n)
{
	u64 text = image_pa_of(image_start) >> 12 << 10;

	if (n == 1)
		WANT(cell == (text | READABLE | NON_CACHEABLE));
	else
		WANT(n == 16 && cell == (text | READABLE | RUN_64K));
	return hart.no_room ? NULL : n == 1 ? alone : run;
}

int arch_probe_load64(vaddr_t va, u64 *value)
{
	int page = (int)((va - ptr_va(run)) / PAGE);

	if (va == ptr_va(alone))
		return hart.nc ? 7 : 0;
	WANT(page >= 0 && page < 16 && va % 8 == 0);
	*value = 100 + (u64)(page == hart.other ? 0 : page);
	return page == hart.faulting ? 7 : 0;
}

static bool whole_block(const void *block)
{
	return ptr_va(block) % 512 == 0;
}

int probe_cbo_flush(const void *block)
{
	WANT(whole_block(block));
	return hart.flush ? 2 : 0;
}

int probe_cbo_inval(const void *block)
{
	WANT(whole_block(block));
	return hart.inval ? 2 : 0;
}

int probe_svinval(void)
{
	return hart.fence ? 2 : 0;
}

static void probes(u32 told, u32 works, const char *name, const char *why)
{
	char line[200] = "";

	if (why)
		snprintf(line, sizeof(line),
			 "cpu %u (hwid 0x%lx): the device tree has %s, but %s: not used\n",
			 host_cpu->nr, host_cpu->hwid, name, why);
	fake_log_clear();
	WANT(isa_probe(told) == works);
	WANT_TEXT(fake_log, line);
	hart.flush = hart.inval = hart.fence = hart.nc = hart.no_room = false;
	hart.faulting = hart.other = -1;
}

static void extensions(void)
{
	const u32 all = ISA_SVNAPOT | ISA_SVPBMT | ISA_SVVPTC | ISA_ZICBOM | ISA_SVINVAL | ISA_SSTC;

	for (unsigned i = 0; i < 16; i++)
		*(u64 *)(void *)(image_start + i * PAGE) = 100 + i;
	hart.faulting = hart.other = -1;
	cpus[0].hwid = 0x10;
	cpus[1] = (struct cpu) { .nr = 1, .hwid = 0x11 };
	probes(all, all, NULL, NULL);
	probes(0, 0, NULL, NULL);
	hart.flush = true;
	probes(all, all & ~ISA_ZICBOM, "zicbom", "cbo.flush is refused");
	hart.inval = true;
	probes(all, all & ~ISA_ZICBOM, "zicbom", "cbo.inval is refused");
	hart.fence = true;
	probes(all, all & ~ISA_SVINVAL, "svinval", "sinval.vma is refused");
	hart.nc = true;
	probes(all, all & ~ISA_SVPBMT, "svpbmt", "a load through a non-cacheable entry faults");
	for (int i = 0; i < 16; i++) {
		hart.faulting = i;
		probes(all, all & ~ISA_SVNAPOT, "svnapot", "a load through a run of 64 KiB faults");
		hart.other = i;
		if (i)
			probes(all, all & ~ISA_SVNAPOT, "svnapot",
			       "a run of 64 KiB shows other pages");
	}
	/* an extension that is not claimed is not probed */
	hart.flush = hart.inval = hart.fence = hart.nc = true;
	hart.faulting = 0;
	probes(ISA_SVVPTC | ISA_SSTC, ISA_SVVPTC | ISA_SSTC, NULL, NULL);
	hart.no_room = hart.nc = true; /* no room for the entries: the tree is believed */
	hart.faulting = 0;
	probes(all, all, NULL, NULL);
	host_cpu = &cpus[1]; /* another hart has no entries of its own, but instructions */
	hart.nc = true;
	hart.faulting = 0;
	probes(all, all, NULL, NULL);
	hart.fence = true;
	probes(all, all & ~ISA_SVINVAL, "svinval", "sinval.vma is refused");
	host_cpu = &cpus[0];
}

/* ---- counters ---- */
static u64 cycles, instructions, add_cost[3], divide_cost[3];
static unsigned adds, divides, base_asked;
static bool refused, inexact, stopped;

void arch_relax(void)
{
	instructions += !stopped;
}

u64 arch_instret(void)
{
	return instructions;
}

bool arch_instret_works(void)
{
	return !inexact;
}

int probe_cycle(void)
{
	return refused ? 2 : 0;
}

u64 sbi_base(u64 fid)
{
	base_asked++;
	return 0x100 + fid;
}

u64 fake_get(const char *name)
{
	WANT(!strcmp(name, "cycle") && !host_irqs);
	return cycles;
}

void fake_instruction(const char *text)
{
	if (strstr(text, "\"divu\""))
		cycles += divide_cost[divides++ % 3];
	if (strstr(text, "\"add\""))
		cycles += add_cost[adds++ % 3];
}

static bool recorded;

void arch_io_mb(void)
{
	recorded = true;
}

static enum cpu_counters counters(u64 add, u64 divide)
{
	struct machine_facts f = { 0 };

	adds = divides = base_asked = 0;
	cycles = 1000;
	for (unsigned i = 0; i < 3; i++) {
		add_cost[i] = add;
		divide_cost[i] = divide;
	}
	arch_machine_facts(&f);
	WANT(host_irqs && base_asked == 3);
	WANT(f.mvendorid == 0x104 && f.marchid == 0x105 && f.mimpid == 0x106);
	return f.counters;
}

/* The least of three: interrupts that firmware takes only add. */
static void least_of_three(void)
{
	for (unsigned i = 0; i < 3; i++) {
		struct machine_facts f = { 0 };

		for (unsigned n = 0; n < 3; n++) {
			add_cost[n] = n == i ? 500 : 900;
			divide_cost[n] = n == 2 - i ? 500 : 700;
		}
		adds = divides = 0;
		arch_machine_facts(&f);
		WANT(f.counters == COUNTERS_NO_COST && adds == 3 && divides == 3);
	}
}

static void counters_of(void)
{
	struct machine_facts known = { .counters = COUNTERS_NO_COST };

	boot_info.entry_counter = 0; /* reading it trapped */
	WANT(counters(500, 9000) == COUNTERS_UNKNOWN);
	boot_info.entry_counter = 1;
	WANT(counters(500, 9000) == COUNTERS_SOUND);
	WANT(counters(500, 501) == COUNTERS_SOUND);
	WANT(counters(500, 499) == COUNTERS_SOUND);
	WANT(counters(500, 500) == COUNTERS_NO_COST);
	WANT(counters(0, 500) == COUNTERS_UNKNOWN);
	WANT(counters(500, 0) == COUNTERS_UNKNOWN);
	WANT(counters(0, 0) == COUNTERS_UNKNOWN);
	least_of_three();
	inexact = true;
	WANT(counters(500, 9000) == COUNTERS_INEXACT);
	inexact = false;
	stopped = true;
	WANT(counters(500, 9000) == COUNTERS_UNKNOWN);
	stopped = false;
	refused = true;
	WANT(counters(500, 9000) == COUNTERS_UNKNOWN);
	refused = false;
	adds = 0;
	arch_machine_facts(&known); /* once: the answer is kept */
	WANT(known.counters == COUNTERS_NO_COST && !adds);
}

/* ---- the record of a hart that is started ---- */
extern char secondary_records[CPUS_MAX][RECORD_BYTES];
char secondary_entry[1], secondary_high[1];

u64 mmu_trampoline(unsigned levels)
{
	return 0x9000000000080000 + levels;
}

u64 mmu_satp(const struct pt *pt)
{
	return pt->root >> 12 | 9ul << 60;
}

static u64 word_of(unsigned cpu, unsigned at)
{
	u64 v;

	memcpy(&v, &secondary_records[cpu][at], sizeof(v));
	return v;
}

static void record(void)
{
	const struct pt_fmt fmt = { .levels = 4 };
	const struct pt pt = { .fmt = &fmt, .root = 0x812345000 };

	cpus[5] = (struct cpu) { .nr = 5, .hwid = 0x77, .stack_top = 0x5000 };
	recorded = false;
	arch_secondary_prepare(&cpus[5], &pt);
	WANT(recorded); /* in memory before firmware is called */
	WANT(word_of(5, RECORD_HWID) == 0x77 && word_of(5, RECORD_STACK) == 0x5000);
	WANT(word_of(5, RECORD_HIGH) == ptr_va(secondary_high));
	WANT(word_of(5, RECORD_CPU) == ptr_va(&cpus[5]));
	WANT(word_of(5, RECORD_SATP) == (0x812345 | 9ul << 60));
	WANT(word_of(5, RECORD_TRAMPOLINE) == 0x9000000000080004);
	WANT(!word_of(4, RECORD_SATP) && !word_of(6, RECORD_SATP));
	WANT(arch_secondary_entry() == image_pa_of(secondary_entry));
}

/* ---- bits ---- */
int __clzdi2(u64);
int __ctzdi2(u64);
int __popcountdi2(u64);

static void bits(void)
{
	for (int i = 0; i < 64; i++) {
		u64 one = 1ul << i, below = one - 1;

		WANT(__clzdi2(one) == 63 - i && __clzdi2(one | below) == 63 - i);
		WANT(__ctzdi2(one) == i && __ctzdi2(~below) == i);
		WANT(__popcountdi2(below) == i && __popcountdi2(~below) == 64 - i);
		WANT(__popcountdi2(one) == 1);
	}
	WANT(__popcountdi2(~0ul) == 64 && __popcountdi2(0x8000400020001001) == 5);
}

int main(void)
{
	host_irqs = true;
	extensions();
	counters_of();
	record();
	bits();
	printf("probes riscv64: %u not so\n", want_failed);
	return want_failed != 0;
}
