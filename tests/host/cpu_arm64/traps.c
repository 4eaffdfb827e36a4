/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/cpu_arm64/traps.c - exceptions by vector (Arm ARM, D1.4.1.6) and by ESR_EL1 (D24.2,
 * "ESR_EL1, Exception Syndrome Register": EC, and DFSC or IFSC, WnR and FnV of aborts), probes, and
 * the printed form of a frame.
 */
#include "machine.h"
#include <arch/arch.h>
#include <boot/boot.h>
#include <fakes/log.h>
#include <kern/cpu.h>
#include <kern/log.h>
#include <kern/trap.h>
#include <stdarg.h>
#include <string.h>
#include <trap.h>

#define ESR(ec, iss) ((u64)(ec) << 26 | 1ul << 25 | (iss))
#define WNR 0x40
#define FNV 0x400

void (*trap_watch)(bool leaving);
static struct trap_info told;
static unsigned faults, irqs, before, behind;
static struct trap_frame *frame;

bool kern_fault(struct trap_frame *f, const struct trap_info *info)
{
	WANT(f == frame && arch_this_cpu()->frame == f);
	told = *info;
	faults++;
	return true;
}

void kern_irq(void)
{
	WANT(arch_this_cpu()->frame == frame && arch_this_cpu()->irq_depth == 1);
	irqs++;
}

static void watch(bool leaving)
{
	WANT(faults + irqs == leaving);
	behind += leaving;
	before += !leaving;
}

/* Takes an exception with a watcher; returns the information that the watcher received. */
static const struct trap_info *take(unsigned vector, u64 esr, u64 far)
{
	struct trap_frame outer, f = { .vector = vector, .esr = esr, .far = far };
	struct cpu cpu = { .frame = &outer };

	frame = &f;
	host_cpu = &cpu;
	faults = irqs = before = behind = 0;
	told = (struct trap_info) { .cause = "" };
	trap_watch = watch;
	trap_enter(&f);
	trap_watch = NULL;
	WANT(faults + irqs == 1 && before == 1 && behind == 1);
	WANT(cpu.frame == &outer && !cpu.irq_depth);
	host_cpu = NULL;
	return &told;
}

/* ---- by syndrome ---- */
enum { W = 1, X = 2, VA = 4 }; /* a write; a fetch; FAR_EL1 is valid */

static const struct {
	u64 esr;
	enum trap_kind kind;
	unsigned is;
	const char *cause;
} causes[] = {
	{ ESR(0x25, 0x07), TRAP_TRANSLATION, VA, "data abort, translation fault level 3" },
	{ ESR(0x25, 0x07 | WNR), TRAP_TRANSLATION, W | VA,
	  "data abort, translation fault level 3" },
	{ ESR(0x24, 0x04 | WNR), TRAP_TRANSLATION, W | VA,
	  "data abort, translation fault level 0" },
	{ ESR(0x25, 0x2b), TRAP_TRANSLATION, VA, "data abort, translation fault level -1" },
	{ ESR(0x25, 0x00), TRAP_OTHER, VA, "data abort, address size fault level 0" },
	{ ESR(0x25, 0x0a), TRAP_ACCESS_FLAG, VA, "data abort, access flag fault level 2" },
	{ ESR(0x25, 0x0f | WNR), TRAP_PERMISSION, W | VA, "data abort, permission fault level 3" },
	{ ESR(0x25, 0x10), TRAP_EXTERNAL, VA, "data abort, synchronous external abort" },
	{ ESR(0x25, 0x10 | FNV | WNR), TRAP_EXTERNAL, W, "data abort, synchronous external abort" },
	{ ESR(0x25, 0x21), TRAP_ALIGNMENT, VA, "data abort, alignment fault" },
	{ ESR(0x25, 0x30), TRAP_OTHER, VA, "data abort, TLB conflict abort" },
	{ ESR(0x25, 0x37 | WNR), TRAP_OTHER, W | VA, "data abort, reserved status" },
	{ ESR(0x21, 0x06), TRAP_TRANSLATION, X | VA,
	  "instruction abort, translation fault level 2" },
	{ ESR(0x20, 0x0d), TRAP_PERMISSION, X | VA, "instruction abort, permission fault level 1" },
	{ ESR(0x21, 0x10 | FNV), TRAP_EXTERNAL, X,
	  "instruction abort, synchronous external abort" },
	{ ESR(0x21, 0x0f | WNR), TRAP_PERMISSION, X | VA,
	  "instruction abort, permission fault level 3" }, /* bit 6 is RES0 there */
	{ ESR(0x21, 0x37), TRAP_OTHER, X | VA, "instruction abort, reserved status" },
	{ ESR(0x00, 0), TRAP_UNDEFINED, 0, "undefined instruction" },
	{ ESR(0x01, 7), TRAP_OTHER, 0, "trapped WFI or WFE" },
	{ ESR(0x0e, 0), TRAP_UNDEFINED, 0, "illegal execution state" },
	{ ESR(0x15, 0x07 | WNR), TRAP_CALL, 0, "SVC instruction" },
	{ ESR(0x18, 0), TRAP_UNDEFINED, 0, "trapped system register access" },
	{ ESR(0x22, 0), TRAP_ALIGNMENT, X | VA, "PC alignment fault" },
	{ ESR(0x23, 0), TRAP_OTHER, 0, "reserved exception class" },
	{ ESR(0x26, 0), TRAP_ALIGNMENT, 0, "SP alignment fault" },
	{ ESR(0x27, 0), TRAP_OTHER, 0, "reserved exception class" },
	{ ESR(0x2f, 0x11), TRAP_ASYNC, 0, "SError" },
	{ ESR(0x33, 0x22), TRAP_BREAKPOINT, 0, "software step" },
	{ ESR(0x35, 0x22), TRAP_BREAKPOINT, VA, "watchpoint" },
	{ ESR(0x3c, 0x800), TRAP_BREAKPOINT, 0, "BRK instruction" },
	{ ESR(0x3f, 0), TRAP_OTHER, 0, "reserved exception class" },
};

static void by_syndrome(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(causes); i++) {
		const struct trap_info *t =
			take(4 | (i & 1 ? TRAP_ON_OVERFLOW : 0), causes[i].esr, 0x1000 + i);

		WANT(faults == 1 && t->kind == causes[i].kind);
		WANT(t->raw == causes[i].esr && t->va == 0x1000 + i);
		WANT(t->write == !!(causes[i].is & W) && t->fetch == !!(causes[i].is & X));
		WANT(t->has_va == !!(causes[i].is & VA) && t->overflow == (i & 1));
		WANT_TEXT(t->cause, causes[i].cause);
	}
}

/* ---- by vector: four each from EL1 with SP_EL0, EL1 with SP_EL1, EL0 and EL0 in AArch32 ---- */
static void by_vector(void)
{
	static const char nobody[] = "exception from EL0 or with SP_EL0: neither is used";

	for (unsigned v = 0; v < 16; v++) {
		const struct trap_info *t = take(v, ESR(0x15, 5), 0);

		WANT(irqs == (v == 5) && faults == (v != 5));
		if (v == 5)
			continue;
		WANT(t->kind == (v == 7   ? TRAP_ASYNC
				 : v == 4 ? TRAP_CALL
					  : TRAP_OTHER) &&
		     !t->has_va && !t->fetch);
		WANT(t->raw == (v == 6 ? 0 : ESR(0x15, 5))); /* an interrupt has no syndrome */
		WANT_TEXT(t->cause, v == 4   ? "SVC instruction"
				    : v == 6 ? "FIQ: an interrupt of another group"
				    : v == 7 ? "SError: an earlier access failed"
					     : nobody);
	}
}

/* ---- probes: {address, fixup}, each relative to itself ---- */
int fixup_table[4];
char code[32];
const char probe_exec_return[1], probe_exec_fixup[1];
__asm__(".globl __start_ex_table, __stop_ex_table, image_start, text_end\n"
	".set __start_ex_table, fixup_table\n.set __stop_ex_table, fixup_table + 16\n"
	".set image_start, code\n.set text_end, code + 16");

static void probes(void)
{
	struct trap_frame f = { 0 };

	for (unsigned i = 0; i < 4; i++)
		fixup_table[i] = (int)(ptr_va(code) + 4 * i - ptr_va(&fixup_table[i]));
	for (unsigned i = 0; i < 2; i++) {
		f.pc = ptr_va(code) + 8 * i;
		f.x[0] = 0;
		WANT(arch_fixup(&f, 3 + (int)i) && f.x[0] == 3 + i);
		WANT(f.pc == ptr_va(code) + 8 * i + 4);
		WANT(!arch_fixup(&f, 9) && f.pc == ptr_va(code) + 8 * i + 4 && f.x[0] == 3 + i);
	}
	f.pc = 0x5000;
	f.x[30] = ptr_va(probe_exec_return) + 4;
	WANT(!arch_fixup(&f, 7) && f.pc == 0x5000);
	f.x[30] = ptr_va(probe_exec_return);
	WANT(arch_fixup(&f, 7) && f.pc == ptr_va(probe_exec_fixup) && f.x[0] == 7);
	f.pc = f.x[30]; /* after a return: the jump did not fault */
	WANT(!arch_fixup(&f, 7) && f.pc == f.x[30]);
}

/* ---- frames: x30 names the caller if pc is outside of [image_start, text_end) ---- */
static void frames(void)
{
	static const struct {
		int pc, x30;
		bool named;
	} rows[] = {
		{ -1, 1, true },  { -1, 16, true },  { 16, 1, true }, { 17, 16, true },
		{ -1, 0, false }, { -1, 17, false }, { 0, 1, false }, { 15, 16, false },
		{ 1, 8, false },  { 16, 0, false },  { -4, 4, true }, { 16, -1, false },
	};
	u64 lo = ptr_va(image_start);

	WANT(ptr_va(text_end) == lo + 16);
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		struct trap_frame f = { .pc = lo + (u64)(s64)rows[i].pc };

		f.x[29] = 0x7000 + i;
		f.x[30] = lo + (u64)(s64)rows[i].x30;
		WANT(arch_frame_pc(&f) == f.pc && arch_frame_fp(&f) == 0x7000 + i);
		WANT(arch_frame_caller(&f) == (rows[i].named ? f.x[30] - 4 : 0));
		arch_frame_continue(&f, 0x9000 + i);
		WANT(f.pc == 0x9000 + i);
	}
}

static void text(void)
{
	static const char head[] = "#   pc  0000000000001111 sp  0000000000002222 pstate 00003333 "
				   "esr 00004444 far 0000000000005555\n";
	static const char first[] = "#   x0  0000000000000000 x1  0000000000000001 "
				    "x2  0000000000000002 x3  0000000000000003\n"
				    "#   x4  0000000000000004 ";
	static const char last[] = "#   x28 000000000000001c x29 000000000000001d "
				   "x30 000000000000001e\n";
	struct trap_frame f = {
		.pc = 0x1111, .sp = 0x2222, .pstate = 0x3333, .esr = 0x4444, .far = 0x5555
	};
	unsigned lines = 0;

	for (unsigned i = 0; i < 31; i++)
		f.x[i] = i;
	fake_log_clear();
	arch_frame_print(&f);
	for (const char *at = fake_log; (at = strchr(at, '\n')); at++)
		lines++;
	WANT(lines == 1 + 8);
	WANT(!strncmp(fake_log, head, strlen(head)));
	WANT(!strncmp(fake_log + strlen(head), first, strlen(first)));
	WANT(strlen(fake_log) > strlen(last));
	WANT_TEXT(fake_log + strlen(fake_log) - strlen(last), last);
}

void test_traps(void)
{
	by_syndrome();
	by_vector();
	probes();
	frames();
	text();
}
