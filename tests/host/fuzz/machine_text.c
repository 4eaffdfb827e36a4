/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/fuzz/machine_text.c - any bytes as text of the worst legal machine: two harts execute
 * them with every adversary, and their page tables are in the same memory.  In every case the
 * machine continues or stops with a named reason, and all its accesses are inside its arrays.
 */
#include "../../../machine/riscv/hart.h"
#include <machine/core.h>
#include <machine/random.h>
#include <machine/schedule.h>
#include <machine/tlb.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#define BASE 0x80000000ul
#define ROOM (64 * KiB)
#define TURNS 200
#define TURN 40

u64 random_state = 1;
struct knobs knobs;
static jmp_buf stopped;

void machine_stop(const char *format, ...)
{
	(void)format;
	longjmp(stopped, 1);
}

void machine_refuse(const char *word, const char *why)
{
	machine_stop("%s: %s", word, why);
}

static void visible(unsigned cpu, u64 word, struct frame_state *f)
{
	(void)cpu, (void)word;
	if (f->copy)
		fetch_written(f);
}

static void begin(const u8 *data, size_t size)
{
	memset(ram.bank[0].host, 0, ROOM);
	memset(ram.bank[0].frames, 0, (ROOM >> FRAME_SHIFT) * sizeof(struct frame_state));
	memcpy(ram.bank[0].host, data, size < ROOM ? size : ROOM);
	machine_off = false;
	random_seed(size);
	order_reset();
	order_hooks.visible = visible;
	order_hooks.performed = core_performed;
	order_hooks.atomic = hart_atomic;
	tlb_reset();
	harts_nr = 2;
	for (unsigned i = 0; i < harts_nr; i++) {
		harts[i].id = i;
		hart_begin(&harts[i], BASE, i, BASE + ROOM / 2);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	knobs = (struct knobs) { .adversary = { [ADV_STORES] = 8,
						[ADV_LOADS] = 2,
						[ADV_WALKS] = 4,
						[ADV_TLB] = 3,
						[ADV_FETCH] = 1,
						[ADV_AD] = size & 1,
						[ADV_IRQ] = 5,
						[ADV_LATE] = 3,
						[ADV_ATOMICS] = 2,
						[ADV_STALL] = 50 },
				 .age = 1000,
				 .rate = 4 };
	if (!ram.nr && (memory_add(BASE, ROOM) || !freopen("/dev/null", "w", stdout)))
		return 0;
	begin(data, size);
	if (setjmp(stopped))
		return 0;
	for (unsigned n = 0; n < TURNS && !core_off(); n++) {
		unsigned cpu = n & 1;

		order_drain(cpu, (unsigned)random_below(3));
		core_between(cpu);
		if (core_runs(cpu) || core_wakes(cpu))
			ordering.steps += core_slice(cpu, TURN);
	}
	return 0;
}
