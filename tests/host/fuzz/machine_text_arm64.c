/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/fuzz/machine_text_arm64.c - any bytes as text of the arm64 machine: two CPUs execute
 * them with every adversary, at EL0, EL1 or EL2, with the MMU off or on.  Some of the page tables
 * are input as well, and the text can store to all of them.  In every case the machine continues or
 * stops with a named reason, and all its accesses are inside its arrays.
 */
#include "../../../machine/arm64/cache.h"
#include "../../../machine/arm64/devices.h"
#include <machine/core.h>
#include <machine/random.h>
#include <machine/schedule.h>
#include <machine/tlb.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#define BASE 0x40000000ul
#define ROOM (64 * KiB)
#define TABLES (BASE + ROOM - 3 * FRAME_BYTES) /* levels 3 to 1; lower tables are input */
#define TURNS 200
#define TURN 40
#define TABLE 3ul
#define LEAF 0x701ul     /* a block of normal memory that is accessed, inner shareable */
#define READ_ONLY 0xc0ul /* for EL1 and EL0, which both may execute it */
#define TCR_48_4K (16ul | 1ul << 8 | 1ul << 10 | 3ul << 12 | 1ul << 23 | 5ul << 32)

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

static void put(u64 pa, u64 value)
{
	memcpy(memory_host(pa), &value, sizeof(value));
}

/* A block maps the first 2 MiB; the next entries reference tables in the input. */
static void make_tables(bool user)
{
	put(TABLES, (TABLES + FRAME_BYTES) | TABLE);
	put(TABLES + FRAME_BYTES + 8 * (BASE >> 30), (TABLES + 2 * FRAME_BYTES) | TABLE);
	put(TABLES + 2 * FRAME_BYTES, BASE | LEAF | (user ? READ_ONLY : 0));
	put(TABLES + 2 * FRAME_BYTES + 8, (BASE + ROOM / 2) | TABLE);
}

static void begin_cpu(struct a64_cpu *c, bool mmu, bool user)
{
	cpu_begin(c, BASE, BASE + 2 * MiB);
	c->x[1] = BASE + 3 * KiB;
	c->now.vbar = c->written.vbar = BASE;
	if (!mmu)
		return;
	c->at_el2 = false;
	c->now.tcr = TCR_48_4K;
	c->now.ttbr[0] = TABLES;
	c->now.mair = 0xff;
	c->now.sctlr |= 1 | BIT(2) | BIT(12);
	c->written = c->now;
	fetch_forget(c);
	cpu_set_pstate(c, user, false, false);
	c->daif = user ? 0 : c->daif;
}

static void begin(const u8 *data, size_t size)
{
	size_t n = size < ROOM - 3 * FRAME_BYTES ? size : ROOM - 3 * FRAME_BYTES;

	memset(ram.bank[0].host, 0, ROOM);
	memset(ram.bank[0].frames, 0, (ROOM >> FRAME_SHIFT) * sizeof(struct frame_state));
	memcpy(ram.bank[0].host, data, n);
	make_tables(size & 16);
	machine_off = false;
	random_seed(size);
	order_reset();
	order_hooks.visible = core_visible;
	order_hooks.performed = core_performed;
	tlb_reset();
	core_power_on(2);
	core_boot(BASE, ROOM, BASE + ROOM / 2, false);
	for (unsigned i = 0; i < cpus_nr; i++)
		begin_cpu(&cpus[i], size & 2, size & 16);
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
						[ADV_STALL] = 50,
						[ADV_CACHES] = 1,
						[ADV_CONTEXT] = 1 },
				 .age = 1000,
				 .rate = 4 };
	if (!ram.nr && (memory_add(BASE, ROOM) || !freopen("/dev/null", "w", stdout)))
		return 0;
	features.el = size & 4 ? 2 : 1;
	features.gic = size & 8 ? 2 : 3;
	if (setjmp(stopped))
		return 0;
	begin(data, size);
	for (unsigned n = 0; n < TURNS && !core_off(); n++) {
		unsigned cpu = n & 1;

		order_drain(cpu, (unsigned)random_below(3));
		core_between(cpu);
		if (core_runs(cpu) || core_wakes(cpu))
			ordering.steps += core_slice(cpu, TURN);
	}
	return 0;
}
