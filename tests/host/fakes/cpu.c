/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/fakes/cpu.c - for kern/cpu.h: the records of the CPUs, numbered.  All cpus_nr
 * CPUs are online.
 */
#include <arch_inline.h>
#include <kern/cpu.h>

struct cpu cpus[CPUS_MAX];
__attribute__((weak)) unsigned cpus_nr = 1;

__attribute__((constructor)) static void number_cpus(void)
{
	for (unsigned n = 0; n < CPUS_MAX; n++)
		cpus[n].nr = n;
}

__attribute__((weak)) struct cpu *this_cpu(void)
{
	return host_cpu;
}

__attribute__((weak)) cpumask_t cpus_online(void)
{
	return cpus_nr < CPUS_MAX ? cpu_bit(cpus_nr) - 1 : ~0ul;
}
