/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/race/seldom.c - rounds of rare observations; see tests/race/seldom.h. */
#include <lib/atomic.h>
#include <lib/hash.h>
#include <lib/string.h>
#include <tests/race/seldom.h>

#define ROUNDS 600 /* at most */
/* Duration of the rounds, since on a busy host a remote fence waits until each CPU was scheduled.
 * They last longer until a CPU has seen the mapping and each CPU has looked. */
#define WHILE_MS 100
#define SHOW 4096 /* limit of the idle rounds while the mapping exists */
#define SHOW_MS 50

static struct {
	const struct seldom *how;
	u64 seed;
	u32 stop;
	u64 looks[CPUS_MAX], seen[CPUS_MAX], wrong[CPUS_MAX]; /* atomic; each CPU's own */
} run NOINIT;

void seldom_linger(struct rng *rng, u64 rounds)
{
	for (volatile u64 n = rng_below(rng, rounds); n; n--)
		;
}

static u64 sum(const u64 *of)
{
	u64 n = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		n += *(const volatile u64 *)&of[c];
	return n;
}

void seldom_show(struct rng *rng)
{
	u64 end = clock_ns() + SHOW_MS * 1000000ul;

	seldom_linger(rng, SHOW);
	while (!sum(run.seen) && clock_ns() < end)
		;
}

/* Only this CPU writes the counter, and CPU 0 reads it. */
static void count_if(u64 *n, bool met)
{
	atomic_store_relaxed(n, *n + met);
}

static void look_seldom(void *arg)
{
	unsigned cpu = this_cpu()->nr;
	struct rng rng = { .state = hash_u64(run.seed, cpu) };

	(void)arg;
	while (!atomic_load_relaxed(&run.stop)) {
		enum sight s;

		seldom_linger(&rng, run.how->pause);
		s = run.how->look(&rng);
		count_if(&run.seen[cpu], s != SIGHT_NONE);
		count_if(&run.wrong[cpu], s == SIGHT_WRONG);
		count_if(&run.looks[cpu], true);
	}
}

/* The number of CPUs that have not looked yet: a busy host may run one only after WHILE_MS. */
static u64 idle(cpumask_t others)
{
	u64 n = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		n += others & cpu_bit(c) && !*(const volatile u64 *)&run.looks[c];
	return n;
}

static bool enough(cpumask_t others, u64 rounds, u64 ns)
{
	if (test_aborted() || ns >= HANG_NS)
		return true;
	return (rounds >= ROUNDS || ns >= WHILE_MS * 1000000ul) && sum(run.seen) && !idle(others);
}

static u64 rounds_of(struct test_run *t, cpumask_t others)
{
	u64 rounds = 0, start = clock_ns();

	while (!enough(others, rounds, clock_ns() - start) && run.how->make(t))
		rounds++;
	return rounds;
}

u64 seldom_run(struct test_run *t, const struct seldom *how)
{
	cpumask_t others = other_cpus();
	u64 rounds;

	memset(&run, 0, sizeof(run));
	run.how = how;
	run.seed = t->rng.state;
	cpu_post(others, look_seldom, NULL);
	rounds = rounds_of(t, others);
	atomic_store_release(&run.stop, 1);
	cpu_wait(others);
	test_key(t, "rounds=%lu", rounds);
	test_key(t, "looks=%lu", sum(run.looks));
	test_key(t, "seen=%lu", sum(run.seen));
	CHECK(t, rounds > 0);
	CHECK_EQ(t, sum(run.wrong), 0);
	CHECK_EQ(t, idle(others), 0);
	CHECK(t, sum(run.seen) > 0);
	return rounds;
}

void seldom_dirty(u64 word)
{
	struct page *p = page_alloc_any(0, ZONE_NORMAL, 0, "seldom");
	u64 *words = p ? page_ptr(p) : NULL;

	if (!p)
		return;
	for (u64 i = 0; i < page_size() / 8; i++)
		words[i] = word;
	page_free(p, 0);
}
