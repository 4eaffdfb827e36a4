/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-04: readers of a reader/writer lock count on a line of their own CPU; writers read all of
 * these lines.  No other CPU is inside together with a writer, and a reader stores to no line of
 * another CPU.
 */
#include <arch/arch.h>
#include <kern/lock.h>
#include <lib/atomic.h>
#include <lib/string.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/util.h>

#define ROUNDS 3000
#define WRITES 32 /* one of so many rounds writes, on average */
#define DEPTH 3

RWLOCK(torture, LOCK_HOTPLUG, "test readers");

static struct {
	u32 writing; /* a writer is inside */
	u64 value;   /* plain: only a writer changes it */
	u64 beside;  /* a reader found a writer, or a writer found a reader or a writer */
	u64 changed; /* a reader saw the value change */
	u64 writes;  /* atomic */
	u32 seed;    /* of the CPUs' own sequences */
	struct {
		u32 reading;
	} __attribute__((aligned(LOCK_LINE))) cpu[CPUS_MAX];
} in NOINIT;

static void count_if(u64 *counter, bool is)
{
	if (is)
		atomic_fetch_add_relaxed(counter, 1);
}

static u32 next(u32 *x)
{
	*x = *x * 1664525 + 1013904223;
	return *x >> 16;
}

static void read_once(unsigned cpu, unsigned depth)
{
	u64 value;

	for (unsigned i = 0; i < depth; i++)
		read_lock(&torture);
	atomic_store_relaxed(&in.cpu[cpu].reading, 1);
	value = atomic_load_relaxed(&in.value);
	count_if(&in.beside, atomic_load_relaxed(&in.writing));
	for (unsigned i = 0; i < 8 * depth; i++)
		arch_relax();
	count_if(&in.changed, atomic_load_relaxed(&in.value) != value);
	atomic_store_relaxed(&in.cpu[cpu].reading, 0);
	for (unsigned i = 0; i < depth; i++)
		read_unlock(&torture);
}

static void write_once(void)
{
	u64 value;

	write_lock(&torture);
	count_if(&in.beside, atomic_load_relaxed(&in.writing));
	atomic_store_relaxed(&in.writing, 1);
	value = atomic_load_relaxed(&in.value);
	for (unsigned c = 0; c < cpus_nr; c++)
		count_if(&in.beside, atomic_load_relaxed(&in.cpu[c].reading));
	atomic_store_relaxed(&in.value, value + 1);
	atomic_store_relaxed(&in.writing, 0);
	write_unlock(&torture);
	atomic_fetch_add_relaxed(&in.writes, 1);
}

static void rounds(void *arg)
{
	unsigned cpu = this_cpu()->nr;
	u32 x = in.seed + cpu * 7919;

	(void)arg;
	for (unsigned i = 0; i < ROUNDS; i++) {
		u32 dice = next(&x);

		if (dice % WRITES)
			read_once(cpu, 1 + dice / WRITES % DEPTH);
		else
			write_once();
	}
}

TEST(kern, rwlock_readers,
     .claim = "no reader and no other writer is inside together with a writer, on any CPUs",
     .rows = "S1-04", .could = COULD_YES, .needs = NEED_SMP)
{
	memset(&in, 0, sizeof(in));
	in.seed = (u32)rng_below(&t->rng, 1u << 31);
	cpu_run(cpus_online(), rounds, NULL);
	CHECK_EQ(t, in.beside, 0);
	CHECK_EQ(t, in.changed, 0);
	CHECK_EQ(t, in.value, in.writes);
	CHECK(t, in.writes > 0);
	for (unsigned c = 0; c < cpus_nr; c++)
		CHECK_EQ(t, torture.reader[c].holds, 0);
	test_key(t, "writes=%lu", in.writes);
}

/* ---- a writer that takes the lock again lets a waiting reader in first ---- */

#define TURNS 50

static u32 reads; /* atomic */

static void read_and_count(void *arg)
{
	(void)arg;
	read_lock(&torture);
	atomic_fetch_add_relaxed(&reads, 1);
	read_unlock(&torture);
}

static bool reader_queued(void)
{
	struct await w = { .most_ns = HANG_NS };
	bool queued;

	while (!(queued = atomic_load_relaxed(&torture.queued)) && await_step(&w))
		;
	return queued;
}

static bool locked(void)
{
	write_lock(&torture);
	return true;
}

/* The reader waits during the first hold, and the writer requests or tries the second at once:
 * without a turn of its own the reader would have to check in the few instructions between them. */
TEST(kern, rwlock_turns,
     .claim = "a waiting reader gets the lock before a writer that takes it again",
     .rows = "S1-04 S0-07", .could = COULD_YES, .needs = NEED_SMP)
{
	cpumask_t others = other_cpus(), one = others & -others;
	unsigned met = 0;

	for (unsigned i = 0; i < TURNS && met == i && !test_aborted(); i++) {
		bool queued, got;

		reads = 0;
		write_lock(&torture);
		cpu_post(one, read_and_count, NULL);
		queued = reader_queued();
		write_unlock(&torture);
		got = i % 2 ? write_trylock(&torture) : locked();
		if (queued && got)
			CHECK_EQ(t, atomic_load_relaxed(&reads), 1);
		met += queued;
		if (got)
			write_unlock(&torture);
		cpu_wait(one);
	}
	CHECK_EQ(t, met, TURNS);
	CHECK_EQ(t, torture.queued, 0);
	test_key(t, "met=%u", met);
}

/* ---- a writer waits for the reader of each CPU ---- */

#define HOLD_NS 200000

static struct {
	u32 inside, written, early;
} hold;

/* A reader that stays for a while after a writer has begun to wait. */
static void hold_for_a_while(void *arg)
{
	struct await w = { 0 };

	(void)arg;
	read_lock(&torture);
	atomic_store_release(&hold.inside, 1);
	while (!atomic_load_relaxed(&torture.waiting) && !atomic_load_relaxed(&hold.written))
		await_step(&w);
	await_ns(HOLD_NS);
	read_lock(&torture); /* nests, although the writer blocks new readers */
	hold.early = atomic_load_relaxed(&hold.written);
	read_unlock(&torture);
	read_unlock(&torture);
}

TEST(kern, rwlock_each_reader,
     .claim = "a writer waits for the reader of each CPU, which may nest meanwhile",
     .rows = "S1-04", .could = COULD_YES, .needs = NEED_SMP)
{
	for (unsigned c = 0; c < CPUS_MAX; c++) {
		cpumask_t one = cpu_bit(c);

		if (!(cpus_online() & one) || c == this_cpu()->nr)
			continue;
		memset(&hold, 0, sizeof(hold));
		cpu_post(one, hold_for_a_while, NULL);
		await_word(&hold.inside, 1, 0);
		write_lock(&torture);
		atomic_store_relaxed(&hold.written, 1);
		write_unlock(&torture);
		cpu_wait(one);
		CHECK_EQ(t, hold.early, 0);
	}
}

/* ---- the lines that a reader stores to ---- */

/*
 * Three pages at adjacent addresses: the lock itself and the lines below the CPU's in the first,
 * the CPU's line at an edge of the second, the lines above it in the third.  Only the second is
 * writable: any other store of the reader faults, and the crash is the verdict.
 */
static struct {
	paddr_t pa[3];
	vaddr_t va;
	struct rwlock *lock; /* through the read-only mapping */
	u32 seen;            /* holds in the line while the lock was held twice */
} walled;

static bool wall_up(struct test_run *t)
{
	bool ok = true;

	walled.va = vmalloc_va_alloc(3);
	if (!CHECK(t, walled.va))
		return false;
	for (unsigned i = 0; i < 3 && ok; i++) {
		struct page *p = page_alloc_any(0, ZONE_NORMAL, 0, "rwlock_lines");

		ok = CHECK(t, p);
		walled.pa[i] = p ? page_pa(p) : PA_NONE;
		ok = ok &&
		     CHECK_EQ(t,
			      vmalloc_map(walled.va + i * page_size(), &walled.pa[i], 1,
					  i == 1 ? PT_R | PT_W | PT_GLOBAL : PT_R | PT_GLOBAL),
			      0);
	}
	return ok;
}

static void wall_down(void)
{
	vmalloc_unmap(walled.va, 3);
	for (unsigned i = 0; i < 3; i++)
		page_free(pa_page(walled.pa[i]), 0);
	vmalloc_va_free(walled.va, 3);
}

/* The line of `cpu` is the first or the last of the writable page. */
static void place_lock(unsigned cpu, bool last)
{
	vaddr_t line = walled.va + page_size() + (last ? page_size() - LOCK_LINE : 0);
	struct rwlock *l = pa_ptr(walled.pa[0]); /* the linear map may write it */

	memset(pa_ptr(walled.pa[1]), 0, page_size());
	*l = (struct rwlock) { .class = LOCK_HOTPLUG, .name = "walled" };
	l->reader = (struct rw_reader *)va_ptr(line) - cpu;
	walled.lock = va_ptr(walled.va);
}

static void read_walled(void *arg)
{
	(void)arg;
	read_lock(walled.lock);
	read_lock(walled.lock);
	walled.seen = walled.lock->reader[this_cpu()->nr].holds;
	read_unlock(walled.lock);
	read_unlock(walled.lock);
}

TEST(kern, rwlock_lines,
     .claim = "a reader stores only to the line of its own CPU: every other line may be read-only",
     .rows = "S1-04", .could = COULD_YES)
{
	if (!wall_up(t))
		return;
	for (unsigned c = 0; c < CPUS_MAX; c++) {
		if (!(cpus_online() & cpu_bit(c)))
			continue;
		for (unsigned last = 0; last < 2; last++) {
			place_lock(c, last);
			cpu_run(cpu_bit(c), read_walled, NULL);
			CHECK_EQ(t, walled.seen, 2);
			CHECK_EQ(t, walled.lock->reader[c].holds, 0);
		}
	}
	wall_down();
}
