/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/cpu_record.c - the records of the CPUs, as they are found, the boot CPU first; which are
 * online.
 *
 * Unshown (acquire release fence): CPUs start one after the other: firmware's call and the wait of
 * CPU 0 are between them. CPU 0 stored what others read of a record before it started the CPU.
 */
#include <arch/arch.h>
#include <kern/kern_internal.h>
#include <lib/atomic.h>
#include <lib/err.h>

#define OVERFLOW_BYTES (4 * KiB)

struct cpu cpus[CPUS_MAX];
unsigned cpus_nr;

static cpumask_t online;  /* atomic; a crash leaves it unchanged, for its report */
static cpumask_t stopped; /* atomic */

static u8 overflow[CPUS_MAX][OVERFLOW_BYTES] __attribute__((section(".noinit"), aligned(64)));

struct cpu *cpu_record(u64 hwid)
{
	struct cpu *cpu = &cpus[cpus_nr];

	cpu->nr = cpus_nr;
	cpu->hwid = hwid;
	cpu->overflow_top = (u64)(uintptr_t)(overflow[cpus_nr] + OVERFLOW_BYTES);
	cpu->activity = "nothing yet";
	lock_cpu_init(cpus_nr);
	cpus_nr++;
	return cpu;
}

struct cpu *cpu_by_hwid(u64 hwid)
{
	for (unsigned n = 0; n < cpus_nr; n++)
		if (cpus[n].hwid == hwid)
			return &cpus[n];
	return NULL;
}

int cpu_add(u64 hwid, unsigned node)
{
	if (cpu_by_hwid(hwid))
		return -EEXIST;
	if (cpus_nr == CPUS_MAX)
		return -ERANGE;
	cpu_record(hwid)->node = (u8)node;
	return 0;
}

/* ---- which are online ---- */

struct cpu *this_cpu(void)
{
	struct cpu *cpu = arch_this_cpu();

	return cpu ? cpu : &cpus[0];
}

cpumask_t cpus_online(void)
{
	return atomic_load_acquire(&online);
}

unsigned cpus_online_nr(void)
{
	return cpus_in(cpus_online());
}

cpumask_t cpus_first(unsigned nr)
{
	cpumask_t left = cpus_online(), set = 0;

	for (; nr && left; nr--, left &= left - 1)
		set |= left & -left;
	return nr ? 0 : set;
}

void cpu_enter_online(struct cpu *cpu)
{
	/* release: its record is complete before others may send to it */
	atomic_fetch_or_release(&online, cpu_bit(cpu->nr));
	/* release: a CPU that reads it as online finds it in the mask */
	atomic_store_release(&cpu->online, true);
}

/*
 * Unshown (acquire): a reader that no longer counts a stopped CPU reads nothing that this CPU
 * stored.
 */
cpumask_t cpus_listening(void)
{
	return cpus_online() & ~atomic_load_acquire(&stopped);
}

/*
 * Unshown (release fence): a reader that no longer counts a stopped CPU reads nothing that this CPU
 * stored, and sends it no further request.
 */
void cpu_stop_listening(struct cpu *cpu)
{
	atomic_fetch_or_release(&stopped, cpu_bit(cpu->nr));
	cpu->stopped = true;
}
