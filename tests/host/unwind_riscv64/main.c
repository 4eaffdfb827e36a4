/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/unwind_riscv64/main.c - which frame records arch/riscv64/unwind.c follows: ra at
 * fp - 8 and the caller's fp at fp - 16, fp a multiple of 16 (psABI, "Frame Pointer Convention" and
 * "Integer Calling Convention").  The ra of an interrupted function may still be in its register.
 */
#include "../unwind/stacks.h"
#include "offsets.h"
#include "trap.h"

static bool store_continues(u64 fp, u64 pc, u64 next, u64 caller)
{
	u64 at = fp, now = pc;
	bool on = arch_unwind(&at, &now);

	if (on)
		WANT(at == next && now == caller);
	else
		WANT(at == fp && now == pc);
	return on;
}

static bool follows(u64 fp, u64 next, u64 ra)
{
	put(fp - 8, ra);
	put(fp - 16, next);
	return store_continues(fp, text(100), next, ra - 2);
}

static void records_within_a_stack(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(stacks); i++) {
		u64 top = top_of(i), bottom = top - stacks[i].bytes;

		WANT(follows(top, 0, text(8)));
		WANT(follows(bottom + 16, 0, text(8)));
		WANT(!follows(bottom, 0, text(8)));
		WANT(!follows(top + 16, 0, text(8)));
		WANT(!follows(top - 8, 0, text(8)));
		WANT(!follows(top - 24, 0, text(8)));
	}
}

static void no_stack_is_none(void)
{
	WANT(!store_continues(-16ul, text(100), 0, 0));
	WANT(!store_continues(0, text(100), 0, 0));
}

static void returns_into_the_text(void)
{
	u64 fp = top_of(1) - 64;

	WANT(follows(fp, 0, text(2)));
	WANT(follows(fp, 0, text(TEXT_BYTES - 2)));
	WANT(!follows(fp, 0, text(-2ul)));
	WANT(!follows(fp, 0, text(-1ul)));
	WANT(!follows(fp, 0, text(TEXT_BYTES + 2)));
	WANT(!follows(fp, 0, 0));
}

static void records_go_up(void)
{
	u64 fp = top_of(1) - 64;

	WANT(follows(fp, fp + 16, text(8)));
	WANT(!follows(fp, fp, text(8)));
	WANT(!follows(fp, fp - 16, text(8)));
	for (unsigned i = 0; i < ARRAY_SIZE(stacks); i++)
		if (i != 1)
			WANT(follows(fp, top_of(i) - 32, text(8)));
}

/* The registers of the interrupted code, for the handler of a trap. */
static struct trap_frame *interrupted(unsigned cpu, u64 fp, u64 pc, u64 ra)
{
	static struct trap_frame f;

	f = (struct trap_frame) { .sepc = pc };
	f.x[REG_S0] = fp;
	f.x[REG_RA] = ra;
	cpus[cpu].frame = &f;
	return &f;
}

/* A jump out of the text saved nothing: its caller is in ra, and fp is still the caller's. */
static void wild_jump(void)
{
	static const u64 wild[] = { 0, -1ul, -2ul, TEXT_BYTES, TEXT_BYTES + 2 };
	u64 fp = top_of(1) - 64;

	put(fp - 8, text(8));
	put(fp - 16, 0);
	for (unsigned i = 0; i < ARRAY_SIZE(wild); i++) {
		u64 pc = wild[i] ? text(wild[i]) : 0;

		interrupted(i % 2 ? ONE : LAST, fp, pc, text(40));
		WANT(store_continues(fp, pc, fp, text(38)));
		interrupted(i % 2 ? ONE : LAST, fp, pc, text(TEXT_BYTES));
		WANT(store_continues(fp, pc, 0,
				     text(6))); /* ra leads nowhere: the record is all there is */
		cpus[ONE].frame = cpus[LAST].frame = NULL;
		WANT(store_continues(fp, pc, 0, text(6)));
	}
	/* inside the text, also at its edges, the record counts */
	interrupted(ONE, fp, text(0), text(40));
	WANT(store_continues(fp, text(0), 0, text(6)));
	interrupted(ONE, fp, text(TEXT_BYTES - 1), text(40));
	WANT(store_continues(fp, text(TEXT_BYTES - 1), 0, text(6)));
	/* the frame is of another place: by fp, by pc */
	interrupted(ONE, fp + 16, 0, text(40));
	WANT(store_continues(fp, 0, 0, text(6)));
	interrupted(ONE, fp, 2, text(40));
	WANT(store_continues(fp, 0, 0, text(6)));
	cpus[ONE].frame = NULL;
}

/* A leaf function may save its caller's fp at fp - 8 and nothing else. */
static void leaf(void)
{
	u64 fp = top_of(1) - 64, pc = text(100);

	put(fp - 8, fp + 32);
	put(fp - 16, 0);
	interrupted(LAST, fp, pc, text(60));
	WANT(store_continues(fp, pc, fp + 32, text(58)));
	put(fp - 8, fp - 32);
	WANT(!store_continues(fp, pc, 0, 0));
	put(fp - 8, fp + 32);
	interrupted(LAST, fp, pc, 0);
	WANT(!store_continues(fp, pc, 0, 0));
	cpus[LAST].frame = NULL;
	WANT(!store_continues(fp, pc, 0, 0));
}

int main(void)
{
	stacks_reset();
	records_within_a_stack();
	no_stack_is_none();
	returns_into_the_text();
	records_go_up();
	wild_jump();
	leaf();
	return unwind_verdict("unwind riscv64");
}
