/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_tlbi/stubs.c - what walk.c and tlbi.c of the arm64 machine need of the rest:
 * two CPUs, no fetch, no memory that leaves.  machine_hits uses it, too.
 */
#include <machine/arm64/cpu.h>
#include <machine/random.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

u64 random_state = 1;
struct knobs knobs;
struct a64_cpu cpus[WORST_CPUS];
unsigned cpus_nr = 2;
u64 unplugged_from, unplugged_bytes;

void fetch_forget(struct a64_cpu *c)
{
	(void)c;
}

void unplug_written_back(u64 pa)
{
	(void)pa;
}

void machine_stop(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	exit(1);
}
