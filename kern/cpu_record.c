// SPDX-License-Identifier: BSD-2-Clause
/* kern/cpu_record.c - the records of the CPUs, as they are found: the boot CPU first. */
#include <kern/kern_internal.h>
#include <lib/err.h>

#define OVERFLOW_BYTES (4 * KiB)

struct cpu cpus[CPUS_MAX];
unsigned cpus_nr;

static u8 overflow[CPUS_MAX][OVERFLOW_BYTES] __attribute__((section(".noinit"), aligned(64)));

struct cpu *cpu_record(u64 hwid)
{
	struct cpu *cpu = &cpus[cpus_nr];

	cpu->nr = cpus_nr;
	cpu->hwid = hwid;
	cpu->overflow_top = (u64)(uintptr_t)(overflow[cpus_nr] + OVERFLOW_BYTES);
	cpu->activity = "nothing yet";
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
