/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/follow.c - convert the state of a CPU in QEMU's log, and take values from it
 * (follow.h).
 */
#include "registers.h"
#include <machine/device.h>
#include <machine/follow.h>

#define PSTATE_PAN BIT(22)
#define VECTOR_IRQ 0x280ul
#define QEMU_SCTLR 0x00c50838ul /* of -cpu max at reset; the log has no system registers */

enum slot { AT_PC, AT_PSTATE, AT_SP, AT_X };

/* PSTATE: the flags, PAN, DAIF, and EL1h. */
const struct follow_name core_follow_names[] = {
	[AT_PC] = { "PC", ~0ul },
	[AT_PSTATE] = { "PSTATE", 15ul << 28 | PSTATE_PAN | DAIF_ALL | 15 },
	[AT_SP] = { "SP", ~0ul },
	[AT_X] = { "X00", ~0ul },
	{ "X01", ~0ul },
	{ "X02", ~0ul },
	{ "X03", ~0ul },
	{ "X04", ~0ul },
	{ "X05", ~0ul },
	{ "X06", ~0ul },
	{ "X07", ~0ul },
	{ "X08", ~0ul },
	{ "X09", ~0ul },
	{ "X10", ~0ul },
	{ "X11", ~0ul },
	{ "X12", ~0ul },
	{ "X13", ~0ul },
	{ "X14", ~0ul },
	{ "X15", ~0ul },
	{ "X16", ~0ul },
	{ "X17", ~0ul },
	{ "X18", ~0ul },
	{ "X19", ~0ul },
	{ "X20", ~0ul },
	{ "X21", ~0ul },
	{ "X22", ~0ul },
	{ "X23", ~0ul },
	{ "X24", ~0ul },
	{ "X25", ~0ul },
	{ "X26", ~0ul },
	{ "X27", ~0ul },
	{ "X28", ~0ul },
	{ "X29", ~0ul },
	{ "X30", ~0ul },
	{ NULL, 0 },
};

void core_follow_set(const struct follow_state *s)
{
	struct a64_cpu *c = &cpus[0];
	u64 pstate = s->slot[AT_PSTATE];

	for (unsigned i = 0; i <= 30; i++)
		c->x[i] = s->slot[AT_X + i];
	c->x[SP] = s->slot[AT_SP];
	cpu_stack_moved(c);
	c->nzcv = (u32)(pstate >> 28);
	c->daif = pstate & DAIF_ALL;
	c->pan = pstate & PSTATE_PAN;
	c->written = (struct a64_controls) { .sctlr = QEMU_SCTLR };
	c->now = c->written;
	c->elr = c->spsr = c->esr = c->far = c->par = c->contextidr = 0;
	c->sp_el0 = c->tpidr_el0 = c->tpidrro_el0 = c->tpidr_el1 = 0;
}

u64 core_follow_tree(const struct follow_state *s)
{
	return s->slot[AT_X];
}

void core_follow_get(struct follow_state *s)
{
	const struct a64_cpu *c = &cpus[0];

	for (unsigned i = 0; i <= 30; i++)
		s->slot[AT_X + i] = c->x[i];
	s->slot[AT_PC] = cpu_pc(c, c->next);
	s->slot[AT_SP] = c->x[SP];
	s->slot[AT_PSTATE] = cpu_pstate(c);
}

/* The operation after the last word of a frame is no instruction: jump to the next frame first. */
u32 core_follow_word(void)
{
	struct a64_cpu *c = &cpus[0];
	u64 pc = cpu_pc(c, c->next);
	const u8 *at;

	if (c->next == &c->text->op[TEXT_OPS])
		cpu_jump(c, pc);
	at = &c->text->of.bytes[cpu_pc(c, c->next) % FRAME_BYTES];
	return at[0] | (u32)at[1] << 8 | (u32)at[2] << 16 | (u32)at[3] << 24;
}

/* The kind of value from outside that an MRS reads; OUTSIDE_NR: none. */
static enum outside kind_of(u32 word)
{
	u32 code = word >> 5 & 0xffff, n = code >> 7 & 15;

	if (word >> 20 != 0xd53)
		return OUTSIDE_NR;
	if (code >> 7 == REGISTER_CODE(3, 0, 0, 0, 0) >> 7 ||
	    code >> 7 == REGISTER_CODE(3, 3, 0, 0, 0) >> 7)
		return OUTSIDE_IDENTITY;
	if (code >> 11 == REGISTER_CODE(3, 3, 0, 0, 0) >> 11 && (n == 14 || n == 9))
		return OUTSIDE_TIME; /* CNT*, PM* */
	if (code >> 7 == REGISTER_CODE(3, 0, 12, 0, 0) >> 7 && (code >> 3 & 15) >= 8)
		return OUTSIDE_INTERRUPT; /* ICC_* */
	return code == REGISTER_CODE(3, 0, 4, 6, 0) ? OUTSIDE_INTERRUPT : OUTSIDE_NR;
}

static void take(struct a64_cpu *c, unsigned rd, enum outside kind, const struct follow_state *next)
{
	follow.outside[kind]++;
	if (rd < ZERO)
		c->x[rd] = next->slot[AT_X + rd];
}

static void interrupt(struct a64_cpu *c, const struct follow_state *next)
{
	u64 pc = cpu_pc(c, c->next);

	if (next->slot[AT_PC] == pc || next->slot[AT_PC] != c->now.vbar + VECTOR_IRQ ||
	    (c->daif & DAIF_I))
		return;
	follow.interrupts++;
	exception_interrupt(c);
}

void core_follow_step(const struct follow_state *next)
{
	struct a64_cpu *c = &cpus[0];
	u32 word = core_follow_word();
	enum outside kind = kind_of(word);
	u64 pc = cpu_pc(c, c->next);

	device_outside.fails = next && next->slot[AT_PC] == c->now.vbar + 0x200;
	device_outside.loaded = false;
	while (!cpu_run(c, 1) && !machine_off)
		;
	c->state = CPU_ON; /* WFI and WFE end when QEMU's do */
	if (!next)
		return;
	if (device_outside.loaded)
		take(c, word & 31, OUTSIDE_DEVICE, next);
	if (kind != OUTSIDE_NR && cpu_pc(c, c->next) == pc + 4)
		take(c, word & 31, kind, next);
	if (word == 0xd4000002 && cpu_pc(c, c->next) == pc + 4) { /* HVC */
		follow.outside[OUTSIDE_FIRMWARE]++;
		c->x[0] = next->slot[AT_X];
	}
	interrupt(c, next);
	if (cpu_pc(c, c->next) - c->now.vbar < 0x400) /* QEMU clears the flags at an exception */
		c->nzcv = (u32)(next->slot[AT_PSTATE] >> 28);
}
