/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/riscv/trap.c - traps into S-mode, and when interrupts are taken (privileged spec,
 * sstatus, sip and sie).
 */
#include "devices.h"
#include "hart.h"
#include <string.h>

void trap_take(struct rv_hart *h, u64 pc, u64 cause, u64 value)
{
	u64 s = h->sstatus & ~(STATUS_SPIE | STATUS_SIE);

	h->sepc = pc;
	h->scause = cause;
	h->stval = value;
	memset(h->csr_view, 0, CSRS_TRAP * sizeof(h->csr_view[0]));
	h->sstatus = s | STATUS_SPP | (h->sstatus & STATUS_SIE ? STATUS_SPIE : 0);
	h->reserved = 0;
	hart_jump(h, (h->stvec & ~3ul) + (h->stvec & 1 && cause >> 63 ? 4 * (cause & 63) : 0));
}

u64 hart_pending(struct rv_hart *h)
{
	u64 p = h->sip & BIT(IRQ_SOFT), at;

	if (!__builtin_mul_overflow(h->stimecmp, knobs.rate, &at) && ordering.steps >= at)
		p |= BIT(IRQ_TIME);
	if (plic_pending(h->id))
		p |= BIT(IRQ_EXTERNAL);
	return p;
}

void trap_interrupts(struct rv_hart *h)
{
	static const u8 by_priority[] = { IRQ_EXTERNAL, IRQ_SOFT, IRQ_TIME };
	u64 p;

	if (!(h->sstatus & STATUS_SIE) || !(p = hart_pending(h) & h->sie))
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(by_priority); i++)
		if (p & BIT(by_priority[i])) {
			trap_take(h, hart_pc(h, h->next), 1ul << 63 | by_priority[i], 0);
			return;
		}
}
