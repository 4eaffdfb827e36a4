/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_errata/stubs.c - the parts of the arm64 machine that the errata do not need:
 * two CPUs, no exception, no memory that is removed.
 */
#include <machine/arm64/errata.h>
#include <machine/random.h>
#include <machine/schedule.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

u64 random_state = 1;
struct knobs knobs;
struct a64_cpu cpus[WORST_CPUS];
unsigned cpus_nr = 2;
u64 unplugged_from, unplugged_bytes;

unsigned machine_cpus(void)
{
	return cpus_nr;
}

void unplug_written_back(u64 pa)
{
	(void)pa;
}

void core_text_begin(struct text_copy *t)
{
	(void)t;
}

static NORETURN void end(const char *format, va_list ap)
{
	vprintf(format, ap);
	exit(1);
}

void machine_stop(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	end(format, ap);
}

void machine_refuse(const char *word, const char *why)
{
	machine_stop("%s: %s\n", word, why);
}

void exception_abort(struct a64_cpu *c, u64 pc, u64 va, enum a64_access access, u8 status, u64 iss)
{
	(void)va, (void)access, (void)iss;
	machine_stop("CPU %u: an abort at %lx, status %x\n", c->id, pc, status);
}
