/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/san/race.c - data races, detected while they happen (SAN=race).  Code compiled with
 * -fsanitize=thread calls this at each access.
 *
 * A race is two accesses of two CPUs to the same bytes at the same time, at least one a store and
 * at least one plain.  Marked are those of lib/atomic.h and volatile ones; all others are plain, of
 * whatever size (C11 5.1.2.4).
 *
 * Now and then a CPU sets a watchpoint: before a plain access it stores address and size to its
 * word, waits briefly, and clears the word.  A CPU whose own access overlaps the watchpoint of
 * another CPU meanwhile records itself there: both accesses are concurrent, and the watcher reports
 * the race.  (Linux: KCSAN.)  This orders no accesses: words are stored and loaded relaxed, and the
 * marked accesses of the kernel keep the order that they name.
 *
 * If no access was caught but the value changed during the wait, a race with an unknown writer is
 * reported: its access had begun before the watch, or is not checked (assembly, a device).  Stores
 * of the CPU's own interrupts are excluded.
 */
#include <arch/arch.h>
#include <kern/args.h>
#include <kern/cpu.h>
#include <kern/san/race.h>
#include <lib/atomic.h>
#include <lib/rng.h>

enum {
	SKIP_MIN = 200, /* accesses of a CPU between two that it watches */
	SKIP_MORE = 2000,
	WAIT_MIN = 200, /* rounds of a wait */
	WAIT_MORE = 3000,
};

/* A word: 56 bits of the address, the size, a store or not. */
#define WATCH_STORE BIT(63)
#define WATCH_SIZE_SHIFT 56
#define WATCH_SIZE_MAX 127u
#define WATCH_ADDRESS (BIT(WATCH_SIZE_SHIFT) - 1)
enum { WATCH_NONE, WATCH_TAKEN, WATCH_CAUGHT }; /* no address is that low */

static u64 words[CPUS_MAX]; /* atomic: its CPU sets and clears it, another one claims it */
static u64 watchers;        /* atomic: a bit for each CPU whose word may be set */
static bool race_on;

static struct race_cpu {
	bool watching; /* interrupts of this CPU then set no watchpoint */
	bool own;      /* its own interrupt stored to the watched bytes */
	u32 skip;
	struct rng rng;
	struct race_access caught; /* by the CPU that claimed the word, before it is WATCH_CAUGHT */
} __attribute__((aligned(256))) race_cpus[CPUS_MAX];

/* ---- words ---- */

static u64 watch_word(const struct race_access *a)
{
	return (a->va & WATCH_ADDRESS) | min_u64(a->bytes, WATCH_SIZE_MAX) << WATCH_SIZE_SHIFT |
	       (a->kind & RACE_STORE ? WATCH_STORE : 0);
}

static bool watch_overlaps(u64 word, const struct race_access *a)
{
	u64 from = word & WATCH_ADDRESS, va = a->va & WATCH_ADDRESS;
	u64 bytes = word >> WATCH_SIZE_SHIFT & WATCH_SIZE_MAX;

	return word > WATCH_CAUGHT && (word & WATCH_STORE || a->kind & RACE_STORE) &&
	       va < from + bytes && from < va + a->bytes;
}

/* This access overlaps the watchpoint of CPU n: record it there. */
static NOINLINE void race_catch(unsigned n, u64 word, const struct race_access *a, unsigned me)
{
	if (!atomic_cas_relaxed(&words[n], &word, WATCH_TAKEN))
		return;
	race_cpus[n].caught = *a;
	race_cpus[n].caught.cpu = (u8)me;
	/* release: the watcher reads `caught` after this */
	atomic_store_release(&words[n], WATCH_CAUGHT);
}

/* ---- watching ---- */

static u64 race_value(const struct race_access *a)
{
	const volatile void *at = va_ptr(a->va);

	return a->bytes == 1   ? *(const volatile u8 *)at
	       : a->bytes == 2 ? *(const volatile u16 *)at
	       : a->bytes == 4 ? *(const volatile u32 *)at
	       : a->bytes == 8 ? *(const volatile u64 *)at
			       : 0;
}

static void race_wait(struct race_cpu *c)
{
	for (u64 n = WAIT_MIN + rng_below(&c->rng, WAIT_MORE); n; n--)
		arch_relax();
}

/* Has another CPU claimed the word?  Then wait until it has recorded itself. */
static bool race_caught(u64 *at, u64 word)
{
	if (atomic_cas_relaxed(at, &word, WATCH_NONE))
		return false;
	/* acquire: `caught` is read after this */
	while (atomic_load_acquire(at) != WATCH_CAUGHT)
		arch_relax();
	atomic_store_relaxed(at, WATCH_NONE);
	return true;
}

static NOINLINE void race_watch(struct race_cpu *c, unsigned me, const struct race_access *a)
{
	u64 word = watch_word(a), before, after;
	bool caught;

	c->watching = true;
	c->own = false;
	atomic_fence_interrupt();
	before = race_value(a);
	atomic_fetch_or_relaxed(&watchers, BIT(me));
	atomic_store_relaxed(&words[me], word);
	race_wait(c);
	caught = race_caught(&words[me], word);
	atomic_fetch_and_relaxed(&watchers, ~BIT(me));
	after = race_value(a);
	atomic_fence_interrupt();
	if (caught || (before != after && !c->own))
		race_found(a, caught ? &c->caught : NULL, before, after);
	c->skip = SKIP_MIN + (u32)rng_below(&c->rng, SKIP_MORE);
	atomic_fence_interrupt();
	c->watching = false;
}

/* ---- every access ---- */

static void race_check_watches(const struct race_access *a, unsigned me)
{
	for (u64 who = atomic_load_relaxed(&watchers); who; who &= who - 1) {
		unsigned n = (unsigned)__builtin_ctzll(who);
		u64 word = atomic_load_relaxed(&words[n]);

		if (!watch_overlaps(word, a))
			continue;
		if (n != me)
			race_catch(n, word, a, me);
		else if (a->kind & RACE_STORE)
			race_cpus[n].own = true;
	}
}

static NOINLINE void race_check(struct race_cpu *c, unsigned me, u64 va, u64 pc, u32 bytes, u8 kind)
{
	struct race_access a = { va, pc, bytes, kind, 0 };

	race_check_watches(&a, me);
	if (kind & RACE_MARKED || c->watching || c->skip--)
		return;
	race_watch(c, me, &a);
}

/* Fast path: most accesses overlap no watchpoint and set none. */
void race_access(u64 va, u64 pc, u32 bytes, u8 kind)
{
	const struct cpu *cpu = arch_this_cpu();
	struct race_cpu *c;

	if (!race_on || cpu < cpus || cpu >= cpus + CPUS_MAX)
		return;
	c = &race_cpus[cpu->nr];
	if (!atomic_load_relaxed(&watchers)) {
		if (kind & RACE_MARKED || c->watching)
			return;
		if (c->skip) {
			c->skip--;
			return;
		}
	}
	race_check(c, cpu->nr, va, pc, bytes, kind);
}

/* ---- on and off: mk/san.mk wraps these two ---- */

void __real_log_emergency(void);
void __wrap_log_emergency(void);
void __real_cpu_start_all(unsigned, struct pt *, int (*)(u64, paddr_t, u64));
void __wrap_cpu_start_all(unsigned, struct pt *, int (*)(u64, paddr_t, u64));

void race_end(void)
{
	race_on = false;
}

/* A crash: its reporter takes no lock. */
void __wrap_log_emergency(void)
{
	race_end();
	__real_log_emergency();
}

/* Until then there is one CPU. */
void __wrap_cpu_start_all(unsigned max, struct pt *tree, int (*start)(u64, paddr_t, u64))
{
	u64 seed = arg_number(NULL, ARG_SEED);

	for (unsigned n = 0; n < CPUS_MAX; n++) {
		race_cpus[n].rng.state = seed + n;
		race_cpus[n].skip = SKIP_MIN;
	}
	race_on = true;
	__real_cpu_start_all(max, tree, start);
}
