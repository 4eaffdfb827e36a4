/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/unwind.c - backtraces over frame pointers (psABI: fp - 8 holds ra, fp - 16 the
 * caller's fp).  Nothing is read outside a known stack, so a wild fp ends the trace.
 */
#include "offsets.h"
#include "trap.h"
#include <arch/arch.h>
#include <boot/boot.h>
#include <kern/cpu.h>

extern char boot_stack_top[];

static bool within(u64 fp, u64 top, u64 bytes)
{
	return top && top - fp <= bytes - 16 && (fp & 15) == 0;
}

/* The top of the stack that holds the frame record below fp, or 0. */
static u64 stack_of(u64 fp)
{
	if (within(fp, ptr_va(boot_stack_top), STACK_BYTES))
		return ptr_va(boot_stack_top);
	for (unsigned i = 0; i < CPUS_MAX; i++) {
		if (within(fp, cpus[i].stack_top, STACK_BYTES))
			return cpus[i].stack_top;
		if (within(fp, cpus[i].overflow_top, CPU_OVERFLOW_BYTES))
			return cpus[i].overflow_top;
	}
	return 0;
}

static bool is_text(u64 pc)
{
	return pc >= ptr_va(image_start) && pc < ptr_va(text_end);
}

/* The trap frame of any CPU that was interrupted exactly there, or NULL. */
static const struct trap_frame *frame_at(u64 fp, u64 pc)
{
	for (unsigned i = 0; i < CPUS_MAX; i++) {
		const struct trap_frame *f = cpus[i].frame;

		if (f && f->sepc == pc && f->x[REG_S0] == fp)
			return f;
	}
	return NULL;
}

bool arch_unwind(u64 *fp, u64 *pc)
{
	const struct trap_frame *f = frame_at(*fp, *pc);
	u64 stack = stack_of(*fp), next, ra;

	if (f && !is_text(*pc) && is_text(f->x[REG_RA])) {
		*pc = f->x[REG_RA] - 2; /* a wild jump has no frame: continue at its caller */
		return true;
	}
	if (!stack)
		return false;
	ra = *(const u64 *)va_ptr(*fp - 8);
	next = *(const u64 *)va_ptr(*fp - 16);
	if (!is_text(ra) && stack_of(ra)) {
		/* This compiler lets a leaf save its caller's fp at fp - 8 and nothing else: its
		 * return address is still in the interrupted registers. */
		next = ra;
		ra = f ? f->x[REG_RA] : 0;
	}
	if (!is_text(ra) || (stack_of(next) == stack && next <= *fp))
		return false;
	*fp = next;
	*pc = ra - 2; /* inside the call: a call that never returns may end its function */
	return true;
}
