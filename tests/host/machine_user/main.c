/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_user/main.c - a CPU of the arm64 machine at EL0 and EL1 is held to the Arm
 * ARM (DDI 0487).
 */
#include "../../../machine/arm64/cache.h"
#include "../../../machine/arm64/devices.h"
#include "bench.h"
#include <machine/core.h>
#include <machine/random.h>
#include <machine/tlb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

u64 random_state = 1;
struct knobs knobs = { .age = 1000, .rate = 4 };

/* ---- the machine stops ---- */
static jmp_buf stopped;
static bool running;
const char *last_stop;

void machine_stop(const char *format, ...)
{
	static char text[200];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	last_stop = text;
	if (running)
		longjmp(stopped, 1);
	puts(text);
	exit(3);
}

void machine_refuse(const char *word, const char *why)
{
	machine_stop("%s: %s", word, why);
}

unsigned complain(bool wrong, const char *format, ...)
{
	va_list ap;

	if (!wrong)
		return 0;
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	return 1;
}

/* ---- tables: 4 KiB pages, 48 bits; PAGE is below a last table of its own ---- */
#define ROOT (RAM + 0x10000)
#define MIDDLE (ROOT + 0x1000)
#define LOWER (ROOT + 0x2000)
#define LEAVES (ROOT + 0x3000)
#define PAGE_LEAVES (ROOT + 0x4000)
#define TEXT_FRAME (RAM + 0x20000)
#define VECTOR_FRAME (RAM + 0x21000)
#define TABLE 3ul
#define PAGE_BITS (3ul | 3ul << 8 | BIT(10) | BIT(11)) /* shareable, AF, nG */
#define AP_READ_ONLY BIT(7)
#define AP_EL0 BIT(6)
#define UXN BIT(54)
#define TCR (16ul | 16ul << 16 | 0x3500ul | 0x3500ul << 16 | 2ul << 30 | 5ul << 32 | BIT(36))
#define RES1 0x30d00800ul
#define NOP 0xd503201ful

static void put(u64 pa, u64 value)
{
	memcpy(memory_host(pa), &value, sizeof(value));
}

static void fresh_memory(void)
{
	memset(memory_host(RAM), 0, RAM_BYTES);
	for (u64 at = 0; at < RAM_BYTES; at += FRAME_BYTES)
		*memory_frame(RAM + at) = (struct frame_state) { 0 };
	put(ROOT, MIDDLE | TABLE);
	put(MIDDLE, LOWER | TABLE);
	put(LOWER, LEAVES | TABLE);
	put(LEAVES + 8 * (TEXT >> 12), TEXT_FRAME | PAGE_BITS | AP_READ_ONLY | AP_EL0);
	put(LEAVES + 8 * (VECTORS >> 12), VECTOR_FRAME | PAGE_BITS | AP_READ_ONLY | UXN);
}

void set_page(u64 leaf, u64 table)
{
	put(PAGE_LEAVES + 8 * (PAGE >> 12 & 511),
	    leaf == NO_LEAF ? 0 : PAGE_FRAME | PAGE_BITS | leaf);
	put(LOWER + 8 * (PAGE >> 21), PAGE_LEAVES | TABLE | table);
	put(PAGE_FRAME, NOP);
	tlb_reset();
	soft_forget(&cpus[0]);
	fetch_again(&cpus[0]);
}

struct a64_cpu *begin_at(enum level level)
{
	struct a64_cpu *c = &cpus[0];

	knobs.adversary[ADV_TLB] = 2;
	last_stop = NULL;
	order_reset();
	tlb_reset();
	fresh_memory();
	core_power_on(1);
	order_hooks.visible = core_visible;
	cpu_begin(c, RAM, 0);
	c->written = (struct a64_controls) { .sctlr = RES1 | 1 | SCTLR_C | BIT(12),
					     .tcr = TCR,
					     .ttbr = { ROOT, ROOT },
					     .mair = 0xff,
					     .vbar = VECTORS };
	c->sp_el0 = STACK_EL0;
	c->x[SP] = STACK_EL1;
	cpu_stack_moved(c);
	cpu_synchronise(c, TEXT);
	cpu_set_pstate(c, level == AT_EL0, false, false);
	return c;
}

void set_control(u64 bits, bool on)
{
	struct a64_cpu *c = &cpus[0];

	c->written.sctlr = on ? c->written.sctlr | bits : c->written.sctlr & ~bits;
	c->now = c->written;
	cpu_controlled(c);
}

void execute_at(u64 pc)
{
	struct a64_cpu *c = &cpus[0];

	c->esr = ~0ul;
	running = true;
	if (!setjmp(stopped)) {
		cpu_jump(c, pc);
		if (c->esr == ~0ul)
			cpu_run(c, 1);
	}
	running = false;
	while (!order_full(0))
		;
}

void execute(u32 word)
{
	memcpy(memory_host(TEXT_FRAME), &word, sizeof(word));
	memory_frame(TEXT_FRAME)->copy = NULL;
	fetch_again(&cpus[0]);
	execute_at(TEXT);
}

unsigned exception_of(void)
{
	return cpus[0].esr == ~0ul ? NO_EXCEPTION : (unsigned)(cpus[0].esr >> 26);
}

u64 syndrome(void)
{
	return cpus[0].esr & 0x1ffffff;
}

int main(void)
{
	unsigned bad;

	if (memory_add(RAM, RAM_BYTES))
		return 2;
	random_seed(5);
	bad = check_rights() + check_levels() + check_traps() + check_denied() + check_registers() +
	      check_firmware() + check_fp() + check_sme();
	if (!bad)
		printf("machine_user: ok\n");
	return bad != 0;
}
