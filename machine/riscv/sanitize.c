/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/riscv/sanitize.c - the functions of machine/sanitize.h for a hart.
 */
#include "hart.h"
#include <machine/sanitize.h>
#include <stdio.h>

/* RISC-V ABIs, "Frame Pointer Convention". */
const s64 core_frame_next = -16, core_frame_return = -8;

unsigned core_roots(unsigned cpu, struct core_root root[2])
{
	u64 satp = harts[cpu].satp, mode = satp >> 60;

	if (!mode || harts[cpu].state == HART_STOPPED)
		return 0;
	root[0] = (struct core_root) { .root = (satp & ((1ul << 44) - 1)) << FRAME_SHIFT,
				       .asid = satp >> 44 & 0xffff,
				       .high = true };
	snprintf(root[0].format, sizeof(root[0].format), "riscv-sv%u",
		 (unsigned)(12 + 9 * (mode - 5)));
	return 1;
}

bool core_in_program(unsigned cpu)
{
	return hart_user(&harts[cpu]);
}

/* Privileged specification, "Addressing and Memory Protection": it sets A and D. */
bool core_walker_writes(u64 old, u64 new)
{
	return knobs.adversary[ADV_AD] && old & 1 && new != old &&
	       (new == (old | BIT(6)) || new == (old | BIT(6) | BIT(7)));
}

/* The PPN of an entry has 44 bits. */
unsigned core_pa_bits(void)
{
	return 56;
}

u64 core_ordered(unsigned cpu)
{
	const struct observer *o = &ordering.cpu[cpu];

	return o->loads > o->stores ? o->loads : o->stores;
}

unsigned core_bbm(void)
{
	return 0;
}

void core_frame(unsigned cpu, u64 *pc, u64 *fp)
{
	*pc = hart_pc(&harts[cpu], harts[cpu].next) - 2;
	*fp = harts[cpu].x[8];
}

static rv_run *first[OBSERVED_FUNCTIONS];

#define CALLED(n)                                                                                  \
	static void called_##n(struct rv_hart *h, const struct rv_op *op)                          \
	{                                                                                          \
		order_hooks.execution->called(h->id, n, h->x[10]);                                 \
		first[n](h, op);                                                                   \
	}
CALLED(0)
CALLED(1)
static rv_run *const called[OBSERVED_FUNCTIONS] = { called_0, called_1 };

void core_observe_call(void *operation, unsigned function)
{
	struct rv_op *op = operation;

	first[function] = op->run;
	op->run = called[function];
	op->touch |= 1u << 10; /* a late load of the argument is performed first */
}
