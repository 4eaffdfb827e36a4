/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/sanitize.c - the functions of machine/sanitize.h for a CPU.
 */
#include "cpu.h"
#include <machine/sanitize.h>
#include <stdio.h>

/* AAPCS64, "The Frame Pointer". */
const s64 core_frame_next = 0, core_frame_return = 8;

static unsigned bits_below(u64 tcr, unsigned half)
{
	return 64 - (unsigned)(tcr >> (half ? 16 : 0) & 63);
}

unsigned core_roots(unsigned cpu, struct core_root root[2])
{
	const struct a64_cpu *c = &cpus[cpu];
	unsigned n = 0;

	for (unsigned half = 2; half-- > 0 && c->state != CPU_OFF && cpu_translates(c);) {
		u64 va = half ? ~0ul : 0;
		struct regime r;

		if (!regime_of(c, va, &r)) /* EPD */
			continue;
		root[n] = (struct core_root) { .root = r.table,
					       .first = half ? ~0ul << r.bits : 0,
					       .asid = half ? 0 : r.asid,
					       .high = half };
		snprintf(root[n].format, sizeof(root[n].format), "arm64-%uk-%u",
			 1u << (r.granule - 10), bits_below(c->now.tcr, half));
		n++;
	}
	return n;
}

bool core_in_program(unsigned cpu)
{
	return cpus[cpu].user;
}

/* D8.5: it sets AF, and clears AP[2] of an entry with DBM. */
bool core_walker_writes(u64 old, u64 new)
{
	u64 dirty = old & BIT(51) ? old & ~BIT(7) : old;

	return knobs.adversary[ADV_AD] && old & 1 &&
	       ((new | BIT(10)) == (old | BIT(10)) || new == (dirty | BIT(10))) && new != old;
}

unsigned core_pa_bits(void)
{
	return (unsigned)features.pa;
}

u64 core_ordered(unsigned cpu)
{
	return cpus[cpu].synced;
}

/* Below level 2 of FEAT_BBM this machine has conflict aborts. */
unsigned core_bbm(void)
{
	return features.bbm < 2 ? 0 : 2;
}

void core_frame(unsigned cpu, u64 *pc, u64 *fp)
{
	*pc = cpu_pc(&cpus[cpu], cpus[cpu].next) - 4;
	*fp = cpus[cpu].x[29];
}

static a64_run *first[OBSERVED_FUNCTIONS];

#define CALLED(n)                                                                                  \
	static void called_##n(struct a64_cpu *c, const struct a64_op *op)                         \
	{                                                                                          \
		order_hooks.execution->called(c->id, n, c->x[0]);                                  \
		first[n](c, op);                                                                   \
	}
CALLED(0)
CALLED(1)
static a64_run *const called[OBSERVED_FUNCTIONS] = { called_0, called_1 };

void core_observe_call(void *operation, unsigned function)
{
	struct a64_op *op = operation;

	first[function] = op->run;
	op->run = called[function];
	op->touch |= BIT(0); /* a late load of the argument is performed first */
}
