/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_order/main.c - what the machine's memory does, called without a CPU: one CPU
 * alone, neighbours in one word, sums of atomics, walks through tables of several levels, and what
 * hooks are told.  Concurrent programs are the files of litmus/.
 */
#include <machine/order.h>
#include <machine/random.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

u64 random_state = 1;
struct knobs knobs;

#define BASE 0x80000000ul
#define ROUNDS 4000u

static void fresh(void)
{
	order_reset();
	order_hooks.visible = NULL;
	memset(ram.bank[0].host, 0, FRAME_BYTES * 4);
	memset(ram.bank[0].frames, 0, 4 * sizeof(struct frame_state));
}

/* ---- program order of one CPU ---- */
static u64 expected[WORST_CPUS * LATE_MAX]; /* of a late load's register */
static const char *wrong;

static void check_late(unsigned cpu, unsigned reg, u64 value, u64 view)
{
	(void)cpu, (void)view;
	if (value != expected[reg])
		wrong = "a late load reads another value than was stored last before it";
}

/* Load late, or now; true: the value is that of the last store, or will be. */
static bool loads(unsigned cpu, u64 pa, unsigned bytes, u64 want)
{
	unsigned reg = LATE_MAX * cpu + (unsigned)random_below(LATE_MAX);
	struct late_load l = { .pa = pa, .reg = (u8)reg, .bytes = (u8)bytes };
	u64 view;

	late_touched(cpu, BIT(reg));
	expected[reg] = want;
	return (!one_in(4) && late_begin(cpu, &l)) || order_load(cpu, pa, bytes, 0, &view) == want;
}

static const char *alone(unsigned cpus)
{
	static u8 reference[64];

	fresh();
	order_hooks.performed = check_late;
	wrong = NULL;
	memset(reference, 0, sizeof(reference));
	for (unsigned n = 0; n < 60000; n++) {
		unsigned cpu = (unsigned)random_below(cpus), bytes = 1u << random_below(4), at;
		u64 value = random_u64(), want = 0;

		if (cpus > 1 && bytes == 8) /* bytes 0 to 3 of a word are CPU 0's, 4 to 7 CPU 1's */
			bytes = 4;
		at = (unsigned)random_below(sizeof(reference) / bytes) * bytes;
		if (cpus > 1)
			at = (at & ~4u) | cpu * 4;
		ordering.steps++;
		if (one_in(3))
			order_drain(cpu, 2);
		if (one_in(16))
			order_fence(cpu, ORDER_W, ORDER_W);
		if (one_in(16))
			late_some(cpu);
		if (one_in(2)) {
			order_store(cpu, BASE + at, bytes, value, 0, 0);
			memcpy(reference + at, &value, bytes);
			continue;
		}
		memcpy(&want, reference + at, bytes);
		if (!loads(cpu, BASE + at, bytes, want))
			return "a CPU reads another value than it stored last";
	}
	for (unsigned i = 0; i < cpus; i++)
		late_all(i);
	return wrong;
}

/* ---- a counter of two CPUs ---- */
enum counts { BY_AMO, BY_LDADD, BY_LOCK, BY_LOAD };
#define COUNTED 5000u

static void add_late(unsigned cpu, const struct late_load *l)
{
	order_atomic_write(cpu, l->pa, 4, order_newest(l->pa, 4) + l->operand, 0);
	order_atomic_done(cpu, l->pa, 0);
}

static void add_amo(unsigned cpu)
{
	struct late_load l = { .pa = BASE, .operand = 1, .word = 1, .reg = 8, .bytes = 4 };

	while (!order_atomic_ready(cpu, BASE, ORDER_WRITES))
		;
	if (!late_begin(cpu, &l))
		add_late(cpu, &l);
}

static void add_ldadd(unsigned cpu)
{
	while (!order_atomic_ready(cpu, BASE, ORDER_WRITES))
		;
	order_atomic_store(cpu, BASE, 4, order_newest(BASE, 4) + 1, ordering.now, 0);
	order_atomic_done(cpu, BASE, 0);
}

static void add_plain(unsigned cpu)
{
	u64 view, n = order_load(cpu, BASE, 4, 0, &view);

	order_store(cpu, BASE, 4, n + 1, view, 0);
}

/* One step of: SWPA until the lock is free; add; STLR. It returns with the lock held in between. */
static bool add_locked(unsigned cpu)
{
	static bool holds[WORST_CPUS];
	const u64 lock = BASE + FRAME_BYTES;

	if (holds[cpu]) {
		add_plain(cpu);
		order_store(cpu, lock, 4, 0, 0, ORDER_RELEASE);
		holds[cpu] = false;
		return true;
	}
	while (!order_atomic_ready(cpu, lock, ORDER_WRITES | ORDER_ACQUIRE))
		;
	holds[cpu] = !order_newest(lock, 4);
	order_atomic_store(cpu, lock, 4, 1, 0, ORDER_ACQUIRE);
	order_atomic_done(cpu, lock, ORDER_ACQUIRE);
	return false;
}

static u64 counted(enum counts by)
{
	unsigned n = 0;

	fresh();
	order_hooks.atomic = add_late;
	for (unsigned guard = 0; n < COUNTED && guard < 100 * COUNTED; guard++) {
		unsigned cpu = (unsigned)random_below(2);

		if (by == BY_LOCK)
			n += add_locked(cpu);
		else
			n++;
		if (by == BY_AMO)
			add_amo(cpu);
		else if (by == BY_LDADD)
			add_ldadd(cpu);
		else if (by == BY_LOAD)
			add_plain(cpu);
		order_drain(cpu, one_in(4));
		late_some(cpu);
	}
	while (!order_full(0) || !order_full(1))
		;
	return order_newest(BASE, 4);
}

/* A value that a CPU hands to itself through its own memory, long after others wrote there. */
static const char *handed_on(void)
{
	u64 view;

	fresh();
	for (unsigned n = 0; n < HISTORY + 8; n++)
		order_store(1, BASE + 8, 8, n, 0, 0);
	while (ordering.cpu[1].nr)
		order_drain(1, 1);
	if (!order_plain(1, memory_frame(BASE), BASE))
		return "a frame of its own is not plain";
	order_store(0, BASE + FRAME_BYTES, 8, 1, 0, 0);
	while (ordering.cpu[0].nr)
		order_drain(0, 1);
	while (order_load(1, BASE + FRAME_BYTES, 8, 0, &view) != 1)
		;
	order_store(1, BASE, 8, 1, view, 0);
	while (ordering.cpu[1].nr)
		order_drain(1, 1);
	if (order_plain(1, memory_frame(BASE), BASE))
		return "a dependency is lost";
	order_load(1, BASE, 8, 0, &view);
	return view == ordering.cpu[0].stores ? NULL : "a load has another view than it depends on";
}

/* CPU 0 stores to z, then to x; CPU 1's walk reads x, y and z, each step by the entry before.  A
 * walk continues from the entry that it has read, so its next step reads nothing older; where
 * hardware does not keep the tables coherent (B2.11), it may. */
static const char *walked(bool coherent)
{
	u64 (*walk)(unsigned, u64, u64, u64 *) = coherent ? order_walk : order_walk_incoherent;
	const u64 x = BASE, y = BASE + FRAME_BYTES, z = BASE + 2 * FRAME_BYTES;
	unsigned seen = 0; /* bit 2 * x + z */

	for (unsigned n = 0; n < ROUNDS; n++) {
		u64 view = 0, first, last;

		fresh();
		order_store(0, z, 8, 1, 0, 0);
		while (!order_full(0))
			;
		order_store(0, x, 8, 1, 0, 0);
		while (!order_full(0))
			;
		first = walk(1, x, 0, &view);
		walk(1, y, view, &view);
		last = walk(1, z, view, &view);
		seen |= BIT(2 * first + last);
	}
	if (coherent && (seen & BIT(2)))
		return "a walk reads a table older than the entry that leads there";
	return seen == (coherent ? 0xb : 0xf) ? NULL : "a walk never reads an old value";
}

/* The operations that a late AMO, or an atomic's store that waits, must be performed before. */
static const char *followed(void)
{
	const struct late_load l = { .pa = BASE, .operand = 1, .word = 1, .reg = 8, .bytes = 4 };

	fresh();
	order_hooks.atomic = add_late;
	while (!late_begin(0, &l))
		;
	if (order_walk_newest(0, BASE))
		return "an AMO is not late";
	order_walk_fence(0);
	if (order_walk_newest(0, BASE) != 1)
		return "a walk after SFENCE.VMA misses an AMO";
	while (!late_begin(0, &l))
		;
	order_push(0, BASE);
	if (order_newest(BASE, 4) != 2)
		return "a fetch after FENCE.I misses an AMO";
	while (!memory_frame(BASE)->atomic)
		add_ldadd(1);
	order_drain_atomics();
	return ordering.cpu[1].nr ? "hardware's update of an entry misses an atomic" : NULL;
}

static u64 told;

static void tell(unsigned cpu, u64 word, u64 value, u64 mask, bool release)
{
	(void)cpu, (void)word, (void)mask, (void)release;
	told = value;
}

/* order_hooks.execution is called for the stores to a word in program order. */
static const char *told_last(void)
{
	const struct late_load l = { .pa = BASE, .operand = 1, .word = 1, .reg = 8, .bytes = 4 };
	const struct execution_hooks observer = { .store = tell };

	fresh();
	order_hooks.atomic = add_late;
	order_hooks.execution = &observer;
	while (!late_begin(0, &l))
		;
	order_store(0, BASE, 4, 7, 0, 0);
	late_all(0);
	order_hooks.execution = NULL;
	return told == 7 ? NULL : "a late AMO is reported after a later store to its word";
}

/* "No memory operation may be preceded in the global memory order by an infinite sequence of other
 * memory operations" (RVWMO, progress axiom): a loop that polls ends, though no CPU stores again.
 */
static const char *polled(u64 chance)
{
	u64 view, kept = knobs.adversary[ADV_LOADS];
	unsigned n = 0;

	fresh();
	knobs.adversary[ADV_LOADS] = chance;
	order_store(0, BASE, 8, 1, 0, 0);
	while (!order_full(0))
		;
	while (n < 100000 && !order_load(1, BASE, 8, 0, &view))
		n++;
	knobs.adversary[ADV_LOADS] = kept;
	return n == 100000 ? "a store is never seen" : NULL;
}

/* A store that is older than age= leaves at any chance; a younger one stays. */
static const char *aged(void)
{
	fresh();
	order_store(0, BASE, 8, 1, 0, 0);
	ordering.steps += knobs.age;
	order_drain(0, 0);
	if (order_newest(BASE, 8))
		return "a store leaves before its age";
	ordering.steps++;
	order_drain(0, 0);
	return order_newest(BASE, 8) ? NULL : "a store stays beyond its age";
}

static unsigned report(const char *what, const char *why)
{
	if (why)
		printf("%s: %s\n", what, why);
	return why != NULL;
}

int main(void)
{
	unsigned bad = 0;

	if (memory_add(BASE, 1ul << 20))
		return 2;
	random_seed(7);
	knobs = (struct knobs) { .adversary = { [ADV_STORES] = 8,
						[ADV_LOADS] = 2,
						[ADV_TLB] = 1,
						[ADV_LATE] = 2,
						[ADV_ATOMICS] = 2 },
				 .age = 1000 };
	bad += report("one CPU", alone(1));
	bad += report("two CPUs in one word", alone(2));
	bad += report("handed on by memory", handed_on());
	bad += report("AMO", counted(BY_AMO) != COUNTED ? "a sum is lost" : NULL);
	bad += report("LDADD", counted(BY_LDADD) != COUNTED ? "a sum is lost" : NULL);
	bad += report("SWPA and STLR", counted(BY_LOCK) != COUNTED ? "a sum is lost" : NULL);
	bad += report("walk", walked(true));
	bad += report("incoherent walk", walked(false));
	bad += report("behind atomics", followed());
	bad += report("told", told_last());
	bad += report("age=", aged());
	bad += report("loads=1", polled(1));
	bad += report("loads=2", polled(2));
	bad += report("load and store", counted(BY_LOAD) == COUNTED ? "nothing is lost" : NULL);
	knobs.adversary[ADV_STORES] = knobs.adversary[ADV_LOADS] = 0;
	bad += report("late= alone", alone(1));
	knobs.adversary[ADV_LATE] = 0;
	bad += report("no adversary", alone(1));
	if (!bad)
		printf("machine_order: ok\n");
	return bad != 0;
}
