/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/unwind_arm64/main.c - which frame records arch/arm64/unwind.c follows.  A record is
 * {fp, lr} at x29 (AAPCS64, "The Frame Pointer"): 16 bytes, all of them within one stack.  lr is
 * the address after a BL of the image; a call that never returns may be the last instruction, so lr
 * may be the image's end.
 */
#include "../unwind/stacks.h"

/* From a record at fp with that content, the unwinder continues with the caller. */
static bool follows(u64 fp, u64 next, u64 lr)
{
	u64 at = fp, pc = 1;
	bool on;

	put(fp, next);
	put(fp + 8, lr);
	on = arch_unwind(&at, &pc);
	if (on)
		WANT(at == next && pc == lr - 4);
	else
		WANT(at == fp && pc == 1);
	return on;
}

static void records_within_a_stack(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(stacks); i++) {
		u64 top = top_of(i), bottom = top - stacks[i].bytes;

		WANT(follows(top - 16, 0, text(8)));
		WANT(follows(bottom, 0, text(8)));
		WANT(follows(bottom + 8, 0, text(8)));
		WANT(!follows(top - 8, 0, text(8)));
		WANT(!follows(top, 0, text(8)));
		WANT(!follows(bottom - 8, 0, text(8)));
		WANT(!follows(top - 20, 0, text(8)));
		WANT(!follows(bottom + 4, 0, text(8)));
	}
}

/* No code runs on the stack of a CPU that has none. */
static void no_stack_is_none(void)
{
	u64 fp = -16ul, pc = 0;

	WANT(!arch_unwind(&fp, &pc));
	fp = 0;
	WANT(!arch_unwind(&fp, &pc));
}

/* The stack on which this CPU runs now: one that no other field names. */
static void the_stack_of_now(void)
{
	u64 saved = cpus[LAST].stack_top;

	cpus[LAST].stack_top = 0;
	WANT(!follows(saved - 16, 0, text(8)));
	cpus[ONE].scratch[2] = saved;
	WANT(follows(saved - 16, 0, text(8)));
	WANT(follows(saved - STACK_BYTES, 0, text(8)));
	WANT(!follows(saved - STACK_BYTES - 8, 0, text(8)));
	cpus[ONE].scratch[2] = 0;
	cpus[LAST].stack_top = saved;
}

static void returns_into_the_text(void)
{
	u64 fp = top_of(1) - 64;

	WANT(follows(fp, 0, text(4)));
	WANT(follows(fp, 0, text(TEXT_BYTES)));
	WANT(!follows(fp, 0, text(-1ul)));
	WANT(!follows(fp, 0, text(-4ul)));
	WANT(!follows(fp, 0, text(TEXT_BYTES + 1)));
	WANT(!follows(fp, 0, text(TEXT_BYTES + 4)));
	WANT(!follows(fp, 0, 0));
}

/* Within one stack the addresses of records increase, so that no trace is endless; between stacks
 * there is no order. */
static void records_go_up(void)
{
	u64 fp = top_of(1) - 64;

	WANT(follows(fp, fp + 16, text(8)));
	WANT(follows(fp, fp + 8, text(8)));
	WANT(!follows(fp, fp, text(8)));
	WANT(!follows(fp, fp - 8, text(8)));
	WANT(!follows(fp, top_of(1) - STACK_BYTES, text(8)));
	for (unsigned i = 0; i < ARRAY_SIZE(stacks); i++)
		if (i != 1)
			WANT(follows(fp, top_of(i) - 32, text(8)));
}

int main(void)
{
	stacks_reset();
	records_within_a_stack();
	no_stack_is_none();
	the_stack_of_now();
	returns_into_the_text();
	records_go_up();
	return unwind_verdict("unwind arm64");
}
