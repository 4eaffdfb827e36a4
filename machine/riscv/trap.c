/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/riscv/trap.c - traps into S-mode, the timer, and pending interrupts (privileged spec,
 * sstatus, sip and sie).
 */
#include "devices.h"
#include "errata.h"
#include "hart.h"
#include <machine/random.h>
#include <string.h>

/*
 * A trap, or a return from one.  The reservation may be lost, and it may survive: SRET "is allowed
 * to clear" it, "but is not required to" (privileged spec, "Trap Return").  With stores=0 it is
 * lost.
 */
void hart_drop_reservation(struct rv_hart *h)
{
	if (h->reserved && !(knobs.adversary[ADV_STORES] && one_in(2)))
		h->reserved = 0;
}

void trap_take(struct rv_hart *h, u64 pc, u64 cause, u64 value)
{
	u64 s = h->sstatus & ~(STATUS_SPIE | STATUS_SIE);

	h->sepc = pc;
	h->scause = cause;
	h->stval = value;
	if (errata_has(LOST_LATER) && hart_user(h))
		errata_effects |= LOST_ADDRESS;
	if (errata_has(SHORT_STVAL) && (cause == CAUSE_FETCH_PAGE || cause == CAUSE_FETCH_ACCESS))
		h->stval &= BIT(39) - 1;
	memset(h->csr_view, 0, CSRS_TRAP * sizeof(h->csr_view[0]));
	s = hart_user(h) ? s & ~STATUS_SPP : s | STATUS_SPP;
	h->sstatus = s | (h->sstatus & STATUS_SIE ? STATUS_SPIE : 0);
	h->mode_key = 0;
	hart_drop_reservation(h);
	hart_jump(h, (h->stvec & ~3ul) + (h->stvec & 1 && cause >> 63 ? 4 * (cause & 63) : 0));
}

static bool timer_passed(const struct rv_hart *h)
{
	u64 at;

	return !__builtin_mul_overflow(h->stimecmp, knobs.rate, &at) && ordering.steps >= at;
}

bool hart_timer_late(const struct rv_hart *h)
{
	return knobs.adversary[ADV_IRQ] && h->timer != timer_passed(h);
}

/*
 * "reflected in STIP eventually, but not necessarily immediately", when time passes stimecmp as
 * well as when stimecmp is written; so an interrupt that was acknowledged may be taken again
 * (Sstc; privileged spec, "mtime and mtimecmp").
 */
void hart_follow_timer(struct rv_hart *h)
{
	if (hart_timer_late(h) && one_in(1 + knobs.adversary[ADV_IRQ] / 4))
		h->timer = !h->timer;
}

u64 hart_pending(struct rv_hart *h)
{
	u64 p = h->sip & BIT(IRQ_SOFT);

	if (knobs.adversary[ADV_IRQ] ? h->timer : timer_passed(h))
		p |= BIT(IRQ_TIME);
	if (plic_pending(h->id))
		p |= BIT(IRQ_EXTERNAL);
	return p;
}

void trap_interrupts(struct rv_hart *h)
{
	static const u8 by_priority[] = { IRQ_EXTERNAL, IRQ_SOFT, IRQ_TIME };
	u64 p;

	if ((!(h->sstatus & STATUS_SIE) && !hart_user(h)) || !(p = hart_pending(h) & h->sie))
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(by_priority); i++)
		if (p & BIT(by_priority[i])) {
			trap_take(h, hart_pc(h, h->next), 1ul << 63 | by_priority[i], 0);
			return;
		}
}
