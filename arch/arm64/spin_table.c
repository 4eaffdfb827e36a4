/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/spin_table.c - CPUs that firmware left waiting for an address (Linux boot protocol,
 * "spin-table"): they read a word without caches until it is not zero and jump there.
 *
 * Such a CPU cannot return to firmware's loop, so for a restart it waits in a loop of the kernel
 * (idmap.S): MMU and caches off, in a page of code that the next boot does not change, on words in
 * memory that is not cleared.  Each cache line of a slot has one writer, so cache lines longer than
 * ARM_LINE_MAX are refused.  After a reset the CPUs are back in firmware's
 * loop, whatever these words hold; only a boot that began by a soft restart trusts them.
 */
#include <arch/arch.h>
#include <boot/boot.h>
#include <cache.h>
#include <drivers/device.h>
#include <kern/cpu.h>
#include <kern/restart.h>
#include <lib/init.h>
#include <mmu.h>
#include <regs.h>

#define NO_HWID (~0ul)

struct spin_line {
	u64 word;
	u8 rest[ARM_LINE_MAX - 8];
};

static struct spin_slot {
	struct spin_line release; /* written by the CPU that starts it; 0 before it parks */
	struct spin_line parked;  /* 1: it waits; written by it, zeroed by the CPU that starts it */
} slots[CPUS_MAX] PERSISTENT __attribute__((aligned(ARM_LINE_MAX)));
_Static_assert(offsetof(struct spin_slot, parked) == ARM_LINE_MAX, "idmap.S");

/* MPIDR_EL1 affinity by CPU number: a CPU that enters knows only its own affinity. */
extern u64 spin_ids[CPUS_MAX + 1];
u64 spin_ids[CPUS_MAX + 1] __attribute__((aligned(64)));

static void write_line(struct spin_line *l, u64 word)
{
	l->word = word;
	arch_dcache_clean_inval(ptr_va(l), sizeof(*l)); /* written without caches from now on */
}

static bool waits_here(unsigned cpu)
{
	struct spin_line *l = &slots[cpu].parked;

	arch_dcache_clean_inval(ptr_va(l), sizeof(*l));
	return *(volatile u64 *)&l->word == 1;
}

static bool begun;

static void begin(void)
{
	if (begun)
		return;
	begun = true;
	/* A line that firmware has left dirty could be evicted after a store without caches. */
	for (unsigned n = 0; restart.began != RESTART_SOFT && n < CPUS_MAX; n++) {
		write_line(&slots[n].release, 0);
		write_line(&slots[n].parked, 0);
	}
	for (unsigned n = 0; n <= CPUS_MAX; n++)
		spin_ids[n] = n < cpus_nr ? cpus[n].hwid : NO_HWID;
	cache_clean(spin_ids, sizeof(spin_ids));
}

/*
 * Unshown (dsb): cache_clean() and arch_dcache_clean_inval(), called before, end with DSB SY
 * (dc_sync()). This one alone orders only the store to a release word without caches.
 */
static int start(unsigned cpu, volatile u64 *release, bool cached)
{
	if (cache_line_most() > ARM_LINE_MAX)
		return -EOPNOTSUPP; /* one cache line would have two writers */
	begin();
	if (waits_here(cpu)) {
		write_line(&slots[cpu].parked, 0);
		write_line(&slots[cpu].release, image_pa_of(spin_entry));
	} else {
		*release = image_pa_of(spin_entry);
		if (cached)
			cache_clean((const void *)release, sizeof(*release));
	}
	/* the address is in memory before the event that wakes the waiting CPUs */
	__asm__ volatile("dsb sy\n\tsev" ::: "memory");
	return 0;
}

/* CPUs that wait here keep the contents of their caches, and the entry code cleans by the line size
 * of the boot CPU only.  A CPU that firmware turns off has no dirty lines. */
bool spin_table_misses_lines(void)
{
	return begun && cache_lines_differ();
}

static int state(unsigned cpu)
{
	return cpus[cpu].started && !waits_here(cpu);
}

static NORETURN void wait(void)
{
	mmu_leave(image_pa_of(idmap_wait), image_pa_of(&slots[this_cpu()->nr]), 0);
}

static const struct pen pen = {
	.method = "spin-table",
	.start = start,
	.state = state,
	.wait = wait,
};
PEN(spin_table, pen);
