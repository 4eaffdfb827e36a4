/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_tlbi/stubs.c - what walk.c and tlbi.c of the arm64 machine need of the rest:
 * two CPUs, no fetch, no memory that leaves.  machine_hits uses it, too.
 */
#include <machine/arm64/cpu.h>
#include <machine/random.h>
#include <machine/schedule.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

u64 random_state = 1;
struct knobs knobs;
struct a64_cpu cpus[WORST_CPUS];
unsigned cpus_nr = 2;
u64 unplugged_from, unplugged_bytes;

const unsigned core_text_bytes = sizeof(struct a64_text);

unsigned machine_cpus(void)
{
	return cpus_nr;
}

void core_text_begin(struct text_copy *t)
{
	(void)t;
}

struct fetched *core_fetched(unsigned cpu)
{
	return &cpus[cpu].fetched;
}

struct text_copy *core_text(unsigned cpu)
{
	(void)cpu;
	return NULL;
}

void machine_refuse(const char *word, const char *why)
{
	machine_stop("%s: %s", word, why);
}

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
