/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/unwind/stacks.h - stacks and an image for the unwinders: every stack that a CPU may
 * run on, each with foreign memory on both sides, and frame records at their very edges.
 *
 * Included by the program's only file.
 */
#pragma once
#include <arch/arch.h>
#include <boot/boot.h>
#include <kern/cpu.h>
#include <string.h>
#include <want.h>

unsigned cpus_nr = CPUS_MAX;

#define TEXT_BYTES 4096
#define OVERFLOW_STACK_BYTES 4096 /* kern/cpu_record.c */

/* The linker makes these names; nothing is read there. */
char image_start[TEXT_BYTES + 8];
__asm__(".globl text_end\n.set text_end, image_start + 4096");

/* The first and the last CPU; the others have none, as those that never started. */
#define ONE 0u
#define LAST (CPUS_MAX - 1)

struct stack_area {
	u64 below[4];
	u8 bytes[STACK_BYTES];
	u64 above[4];
};
static struct stack_area worker[2] __attribute__((aligned(64)));
struct stack_area boot_area __attribute__((aligned(64)));
__asm__(".globl boot_stack, boot_stack_top\n"
	".set boot_stack, boot_area + 32\n"
	".set boot_stack_top, boot_stack + 16384");
static struct {
	u64 below[4];
	u8 bytes[OVERFLOW_STACK_BYTES];
	u64 above[4];
} overflow[2] __attribute__((aligned(64)));

static void stacks_reset(void)
{
	memset(cpus, 0, sizeof(cpus));
	cpus[ONE].stack_top = ptr_va(worker[0].above);
	cpus[LAST].stack_top = ptr_va(worker[1].above);
	cpus[ONE].overflow_top = ptr_va(overflow[0].above);
	cpus[LAST].overflow_top = ptr_va(overflow[1].above);
}

/* The top and the size of each. */
static const struct {
	const void *top;
	u64 bytes;
} stacks[] = {
	{ boot_area.above, STACK_BYTES },
	{ worker[0].above, STACK_BYTES },
	{ worker[1].above, STACK_BYTES },
	{ overflow[0].above, OVERFLOW_STACK_BYTES },
	{ overflow[1].above, OVERFLOW_STACK_BYTES },
};

static u64 top_of(unsigned stack)
{
	return ptr_va(stacks[stack].top);
}

static u64 text(u64 offset)
{
	return ptr_va(image_start) + offset;
}

static inline void put(u64 at, u64 word)
{
	memcpy(va_ptr(at), &word, sizeof(word));
}

static int unwind_verdict(const char *name)
{
	printf("%s: %u not so\n", name, want_failed);
	return want_failed != 0;
}
