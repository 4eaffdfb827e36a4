/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/riscv/follow.c - convert the state of a hart in QEMU's log, and take values from it
 * (follow.h).
 */
#include "hart.h"
#include <machine/device.h>
#include <machine/follow.h>

#define STATUS_SEEN (STATUS_SIE | STATUS_SPIE | STATUS_SPP | STATUS_SUM | STATUS_MXR)
#define INTERRUPTS (BIT(IRQ_SOFT) | BIT(IRQ_TIME) | BIT(IRQ_EXTERNAL))

enum slot { AT_PC, AT_STATUS, AT_IE, AT_TVEC, AT_EPC, AT_CAUSE, AT_TVAL, AT_SCRATCH, AT_ATP, AT_X };

/* sstatus and sie are parts of mstatus and mie. */
const struct follow_name core_follow_names[] = {
	[AT_PC] = { "pc", ~0ul },
	[AT_STATUS] = { "mstatus", STATUS_SEEN },
	[AT_IE] = { "mie", INTERRUPTS },
	[AT_TVEC] = { "stvec", ~0ul },
	[AT_EPC] = { "sepc", ~0ul },
	[AT_CAUSE] = { "scause", ~0ul },
	[AT_TVAL] = { "stval", ~0ul },
	[AT_SCRATCH] = { "sscratch", ~0ul },
	[AT_ATP] = { "satp", ~0ul },
	[AT_X] = { "x0/zero", ~0ul },
	{ "x1/ra", ~0ul },
	{ "x2/sp", ~0ul },
	{ "x3/gp", ~0ul },
	{ "x4/tp", ~0ul },
	{ "x5/t0", ~0ul },
	{ "x6/t1", ~0ul },
	{ "x7/t2", ~0ul },
	{ "x8/s0", ~0ul },
	{ "x9/s1", ~0ul },
	{ "x10/a0", ~0ul },
	{ "x11/a1", ~0ul },
	{ "x12/a2", ~0ul },
	{ "x13/a3", ~0ul },
	{ "x14/a4", ~0ul },
	{ "x15/a5", ~0ul },
	{ "x16/a6", ~0ul },
	{ "x17/a7", ~0ul },
	{ "x18/s2", ~0ul },
	{ "x19/s3", ~0ul },
	{ "x20/s4", ~0ul },
	{ "x21/s5", ~0ul },
	{ "x22/s6", ~0ul },
	{ "x23/s7", ~0ul },
	{ "x24/s8", ~0ul },
	{ "x25/s9", ~0ul },
	{ "x26/s10", ~0ul },
	{ "x27/s11", ~0ul },
	{ "x28/t3", ~0ul },
	{ "x29/t4", ~0ul },
	{ "x30/t5", ~0ul },
	{ "x31/t6", ~0ul },
	{ NULL, 0 },
};

void core_follow_set(const struct follow_state *s)
{
	struct rv_hart *h = &harts[0];

	for (unsigned i = 1; i < 32; i++)
		h->x[i] = s->slot[AT_X + i];
	h->sstatus = s->slot[AT_STATUS];
	h->sie = s->slot[AT_IE];
	h->stvec = s->slot[AT_TVEC];
	h->sepc = s->slot[AT_EPC];
	h->scause = s->slot[AT_CAUSE];
	h->stval = s->slot[AT_TVAL];
	h->sscratch = s->slot[AT_SCRATCH];
	h->stimecmp = 0; /* QEMU's at reset; the log has none */
}

u64 core_follow_tree(const struct follow_state *s)
{
	return s->slot[AT_X + 11];
}

void core_follow_get(struct follow_state *s)
{
	const struct rv_hart *h = &harts[0];

	for (unsigned i = 0; i < 32; i++)
		s->slot[AT_X + i] = h->x[i];
	s->slot[AT_PC] = hart_pc(h, h->next);
	s->slot[AT_STATUS] = h->sstatus;
	s->slot[AT_IE] = h->sie;
	s->slot[AT_TVEC] = h->stvec;
	s->slot[AT_EPC] = h->sepc;
	s->slot[AT_CAUSE] = h->scause;
	s->slot[AT_TVAL] = h->stval;
	s->slot[AT_SCRATCH] = h->sscratch;
	s->slot[AT_ATP] = h->satp;
}

u32 core_follow_word(void)
{
	struct rv_hart *h = &harts[0];
	u64 pc = hart_pc(h, h->next), cause;
	u32 low, high = 0;

	if (!fetch_halfword(h, pc, &low, &cause))
		return 0;
	if ((low & 3) == 3 && !fetch_halfword(h, pc + 2, &high, &cause))
		return 0;
	return low | high << 16;
}

/* The kind of value from outside that an instruction reads into rd; OUTSIDE_NR: none. */
static enum outside kind_of(u32 word)
{
	if ((word & 127) != 0x73 || !(word >> 12 & 3))
		return OUTSIDE_NR;
	switch (word >> 20) {
	case 0xc00: /* cycle, time, instret */
	case 0xc01:
	case 0xc02:
		return OUTSIDE_TIME;
	case 0x144: /* sip */
		return OUTSIDE_INTERRUPT;
	default:
		return OUTSIDE_NR;
	}
}

static void take(struct rv_hart *h, unsigned rd, enum outside kind, const struct follow_state *next)
{
	follow.outside[kind]++;
	if (rd && rd < 32)
		h->x[rd] = next->slot[AT_X + rd];
}

/* True: QEMU's next state is that after this instruction.  In a log of blocks it may be a later
 * one; QEMU ends a block after an instruction with a value from outside. */
static bool is_next(const struct rv_hart *h, const struct follow_state *next, u64 pc)
{
	return hart_pc(h, h->next) == pc && next->slot[AT_PC] == pc;
}

/* The destination register; one that crosses frames has no decoded operation (decode.c). */
static unsigned target_of(u32 word, const struct rv_op *op)
{
	return (word & 3) == 3 ? word >> 7 & 31 : op->rd;
}

static void interrupt(struct rv_hart *h, const struct follow_state *next)
{
	u64 cause = next->slot[AT_CAUSE], pc = hart_pc(h, h->next);
	u64 vector = (h->stvec & ~3ul) + (h->stvec & 1 ? 4 * (cause & 63) : 0);

	if (next->slot[AT_PC] == pc || next->slot[AT_PC] != vector || !(cause >> 63) ||
	    next->slot[AT_EPC] != pc || !(h->sstatus & STATUS_SIE) || !(h->sie >> (cause & 63) & 1))
		return;
	follow.interrupts++;
	trap_take(h, pc, cause, 0);
}

/* There is no other hart, so requests of firmware are executed at once. */
static const struct rv_op *execute(struct rv_hart *h)
{
	const struct rv_op *op;

	do {
		if (h->requested_by)
			sbi_serve(h);
		op = h->next;
	} while (!hart_run(h, 1) && !machine_off);
	return op;
}

void core_follow_step(const struct follow_state *next)
{
	struct rv_hart *h = &harts[0];
	u64 cause = next ? next->slot[AT_CAUSE] : 0, pc = hart_pc(h, h->next);
	u32 word = core_follow_word();
	enum outside kind = kind_of(word);
	const struct rv_op *op;

	device_outside.fails = next && next->slot[AT_EPC] == pc &&
			       (cause == CAUSE_LOAD_ACCESS || cause == CAUSE_STORE_ACCESS) &&
			       next->slot[AT_PC] == (h->stvec & ~3ul);
	device_outside.loaded = false;
	op = execute(h);
	h->state = HART_STARTED; /* WFI ends when QEMU's does */
	if (!next)
		return;
	if (device_outside.loaded)
		take(h, target_of(word, op), OUTSIDE_DEVICE, next);
	if (kind != OUTSIDE_NR && is_next(h, next, pc + 4))
		take(h, word >> 7 & 31, kind, next);
	if (word == 0x73 && is_next(h, next, pc + 4)) {
		take(h, 10, OUTSIDE_FIRMWARE, next);
		take(h, 11, OUTSIDE_FIRMWARE, next);
	}
	interrupt(h, next);
}
