/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/kern/probe.c - a probed access that faults returns the kind of the fault on every CPU; one
 * that does not fault has its normal result. */
#include <arch/arch.h>
#include <lib/string.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/test.h>

static u64 cell = 0x1122334455667788;
static const u64 constant = 77;
static struct {
	vaddr_t hole;
	u32 wrong[CPUS_MAX];
} probe;

static u32 loads_that_differ(void)
{
	u64 v64 = 0;
	u32 v32 = 0;
	u8 v8 = 0;

	if (arch_probe_load64((vaddr_t)(uintptr_t)&cell, &v64) ||
	    arch_probe_load32((vaddr_t)(uintptr_t)&cell, &v32) ||
	    arch_probe_load8((vaddr_t)(uintptr_t)&cell, &v8))
		return 1;
	return (v64 != cell) + (v32 != (u32)cell) + (v8 != (u8)cell);
}

/* A missing translation and a missing right have different kinds if the CPU distinguishes them. */
static u32 faults_that_lack(void)
{
	u64 v64;
	u32 v32;
	u8 v8;

	return (arch_probe_load64(probe.hole, &v64) != TRAP_TRANSLATION) +
	       (arch_probe_load32(probe.hole, &v32) != TRAP_TRANSLATION) +
	       (arch_probe_load8(probe.hole, &v8) != TRAP_TRANSLATION) +
	       (arch_probe_store64(probe.hole, 1) != TRAP_TRANSLATION) +
	       (arch_probe_exec(probe.hole) != TRAP_TRANSLATION) +
	       !arch_probe_store64((vaddr_t)(uintptr_t)&constant, 1) +
	       !arch_probe_exec((vaddr_t)(uintptr_t)&cell);
}

static void probe_here(void *arg)
{
	(void)arg;
	probe.wrong[this_cpu()->nr] = loads_that_differ() + faults_that_lack();
}

TEST(kern, probes,
     .claim = "on every CPU probed loads, stores and jumps return the kind of their fault")
{
	u64 faults[CPUS_MAX];

	probe.hole = vmalloc_va_alloc(1);
	for (unsigned c = 0; c < CPUS_MAX; c++)
		faults[c] = cpus[c].faults_probed;
	cpu_run(cpus_online(), probe_here, NULL);
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (cpus_online() & cpu_bit(c)) {
			CHECK_EQ(t, probe.wrong[c], 0);
			CHECK_EQ(t, cpus[c].faults_probed - faults[c], 7);
		}
	CHECK_EQ(t, *(const volatile u64 *)&constant, 77);
	vmalloc_va_free(probe.hole, 1);
}
