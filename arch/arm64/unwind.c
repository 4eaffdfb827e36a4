/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/unwind.c - backtraces over frame records (AAPCS64: x29 points to {x29, x30}).
 *
 * The unwinder reads known stacks only, so a wild frame pointer ends the trace.  Within one stack
 * each record must be above the last; between stacks (exception, arch_call_on_stack) any order is
 * accepted.
 */
#include <arch/arch.h>
#include <boot/boot.h>
#include <kern/cpu.h>
#include <trap.h>

extern char boot_stack[], boot_stack_top[];

static bool within(u64 fp, u64 top, u64 bytes)
{
	return top && is_aligned(fp, 8) && top - fp >= 16 && top - fp <= bytes;
}

/* The top of the stack that holds the record at fp, or 0. */
static u64 stack_of(u64 fp)
{
	if (within(fp, ptr_va(boot_stack_top), STACK_BYTES))
		return ptr_va(boot_stack_top);
	for (unsigned i = 0; i < CPUS_MAX; i++) {
		if (within(fp, cpus[i].scratch[2], STACK_BYTES))
			return cpus[i].scratch[2];
		if (within(fp, cpus[i].stack_top, STACK_BYTES))
			return cpus[i].stack_top;
		if (within(fp, cpus[i].overflow_top, CPU_OVERFLOW_BYTES))
			return cpus[i].overflow_top;
	}
	return 0;
}

bool arch_unwind(u64 *fp, u64 *pc)
{
	u64 stack = stack_of(*fp), next, ret;

	if (!stack)
		return false;
	next = *(const u64 *)va_ptr(*fp);
	ret = *(const u64 *)va_ptr(*fp + 8);
	if (ret < ptr_va(image_start) || ret > ptr_va(text_end))
		return false;
	if (stack_of(next) == stack && next <= *fp)
		return false;
	*fp = next;
	*pc = ret - 4; /* the call itself: a call that never returns may end its function */
	return true;
}
