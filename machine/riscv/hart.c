/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/riscv/hart.c - the loop that runs operations, and views of registers.
 */
#include "hart.h"
#include <machine/tlb.h>
#include <string.h>

struct rv_hart harts[WORST_CPUS];
unsigned harts_nr;
const char *hart_isa = "rv64imac_zicsr_zifencei_zicbom_sstc_svinval_svnapot_svpbmt";

u64 hart_time(void)
{
	return ordering.steps / knobs.rate;
}

/* A view that no later load is older than anyway needs no bit. */
void hart_set_view(struct rv_hart *h, unsigned rd, u64 view)
{
	if (rd == NOWHERE)
		return;
	if (view > ordering.cpu[h->id].floor && ordering.now - view < HISTORY &&
	    knobs.adversary[ADV_LOADS]) {
		h->view[rd] = view;
		h->watch |= 1u << rd;
	} else {
		h->view[rd] = 0;
		h->watch = (h->watch & ~(1u << rd)) | h->late_mask;
	}
}

static u64 larger_view(u64 a, u64 b)
{
	return a > b ? a : b;
}

/*
 * Dependencies are syntactic ("Syntactic Dependencies", RVWMO): a result has the views of its
 * sources, a load that of its address and of what it read, a store passes those of its sources on.
 */
void hart_watched(struct rv_hart *h, const struct rv_op *op)
{
	const struct rv_op *behind = h->next;
	u64 one, two, old;

	if (op->touch & h->late_mask)
		late_touched(h, op->touch);
	one = h->view[op->rs1];
	two = h->view[op->rs2];
	old = h->view[op->rd];
	h->address_view = op->kind == OP_LOAD ? one : larger_view(one, two);
	if (op->kind == OP_LOAD)
		hart_set_view(h, op->rd, 0);
	op->run(h, op);
	if (op->kind == OP_RESULT)
		hart_set_view(h, op->rd, h->address_view);
	else if (op->kind == OP_LOAD)
		hart_set_view(h, op->rd,
			      h->next == behind ? larger_view(h->view[op->rd], one) : old);
	h->address_view = 0;
}

static inline void run_one(struct rv_hart *h)
{
	const struct rv_op *op = h->next;

	h->next = op + op->halves;
	if (__builtin_expect(op->touch & h->watch, 0))
		hart_watched(h, op);
	else
		op->run(h, op);
	h->left--;
}

u64 hart_run(struct rv_hart *h, s64 n)
{
	h->left = h->slice = n;
	while (h->left > 0)
		run_one(h);
	h->instret += (u64)h->slice;
	return (u64)h->slice;
}

u64 hart_run_told(struct rv_hart *h, s64 n)
{
	h->left = h->slice = n;
	while (h->left > 0) {
		story_step(h);
		run_one(h);
	}
	h->instret += (u64)h->slice;
	return (u64)h->slice;
}

/*
 * "hart_start" says what satp, sstatus.SIE, a0 and a1 are, and nothing of what the hart has kept of
 * walks: with firmware=text that is what it had, and failed walks to its first instruction.
 */
static void begin_tlb(struct rv_hart *h, u64 pc)
{
	if (!knobs.firmware_text) {
		walk_fence(h, &(struct invalidation) { 0 });
		return;
	}
	for (unsigned level = 2; level < 5 && knobs.adversary[ADV_TLB] > 2; level++)
		tlb_keep(h->id,
			 &(struct kept_walk) { .va = pc >> (12 + 9 * level) << (12 + 9 * level),
					       .shift = (u8)(12 + 9 * level),
					       .level = (u8)level,
					       .kind = KEPT_INVALID });
}

/* HSM hart_start, and power-on: translation and interrupts off (SBI, "Hart State Management"). */
void hart_begin(struct rv_hart *h, u64 pc, u64 a0, u64 a1)
{
	unsigned id = (unsigned)(h - harts);

	memset(h, 0, sizeof(*h));
	h->id = id;
	h->state = HART_STARTED;
	h->stimecmp = ~0ul;
	h->x[10] = a0;
	h->x[11] = a1;
	soft_forget(h);
	fetch_fence(h);
	begin_tlb(h, pc);
	hart_jump(h, pc);
}
