/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S0-03, S0-47: the race that tests/sched/sched_vmalloc.c steps through, run: in each round one CPU
 * maps while another removes, each after a pause of its own.
 */
#include <kern/cpu.h>
#include <lib/atomic.h>
#include <tests/harness/shared_table.h>

#define ROUNDS 5000
/* Where a host runs one CPU at a time a round takes milliseconds. */
#define SAFE_NS 300000000
#define TWIN_NS 2000000000
#define ENOUGH 8      /* lost rounds of the twin */
#define PAUSE_BITS 12 /* an idle loop of fewer than 1 << 12 rounds, short ones as often as long */

static struct {
	u32 turn; /* rounds that have begun, atomic */
	u32 done; /* actors that ended theirs, atomic */
	u32 rounds, lost;
	const char *wrong;
	struct rng rng[2];
} play;

static void pause_some(struct rng *rng)
{
	for (u64 n = rng_below(rng, 1ul << rng_below(rng, PAUSE_BITS + 1)); n; n--)
		arch_relax();
}

/* The other CPU: once a round, until a turn of 0 ends it. */
static void removes(void)
{
	for (u32 seen = 0, turn; (turn = atomic_load_acquire(&play.turn)) != ~0u; cpu_serve()) {
		if (turn == seen)
			continue;
		seen = turn;
		pause_some(&play.rng[1]);
		shared_table_remove();
		atomic_store_release(&play.done, turn);
	}
}

static void maps_once(void)
{
	u32 turn = play.rounds + 1;

	shared_table_setup();
	atomic_store_release(&play.turn, turn);
	pause_some(&play.rng[0]);
	shared_table_map_spare();
	while (atomic_load_acquire(&play.done) != turn)
		cpu_serve();
	play.rounds = turn;
}

static void maps(u32 most_lost)
{
	u64 end = clock_ns() + (most_lost > 1 ? TWIN_NS : SAFE_NS);

	while (play.rounds < ROUNDS && play.lost < most_lost && clock_ns() < end &&
	       !test_aborted()) {
		const char *wrong;

		maps_once();
		wrong = shared_table_check();
		play.lost += wrong != NULL;
		play.wrong = wrong ? wrong : play.wrong;
	}
	atomic_store_release(&play.turn, ~0u);
}

static void play_part(void *arg)
{
	if (this_cpu()->nr)
		removes();
	else
		maps(*(u32 *)arg);
}

/* The boot CPU maps, the first other one removes. */
static void play_scheme(struct test_run *t, const struct vmalloc_scheme *s, u32 most_lost)
{
	const struct vmalloc_scheme *before = vmalloc_selected();
	cpumask_t others = cpus_online() & ~cpu_bit(0);

	play.turn = play.done = play.rounds = play.lost = 0;
	play.wrong = NULL;
	play.rng[0].state = rng_next(&t->rng);
	play.rng[1].state = rng_next(&t->rng);
	vmalloc_select(s);
	cpu_run(cpu_bit(0) | (others & -others), play_part, &most_lost);
	vmalloc_select(before);
	test_key(t, "rounds=%u", play.rounds);
}

static void expect_none_lost(struct test_run *t, const struct vmalloc_scheme *s)
{
	if (!shared_table_begin(t))
		return;
	play_scheme(t, s, 1);
	if (play.wrong)
		test_fail(t, __FILE__, __LINE__, "round %u: %s", play.rounds, play.wrong);
	shared_table_end();
}

TEST(race, vmalloc, .claim = "under the scheme in force a map beside a removal loses nothing",
     .rows = "S0-03 S0-04 X-01", .needs = NEED_SMP, .could = COULD_YES)
{
	expect_none_lost(t, vmalloc_selected());
}

static const char *const safe[] = { "floor-ceiling", "overlap-flag", "lock-all", "hotplug-read",
				    "keep",          "disjoint",     NULL };

TEST(race, vmalloc_schemes,
     .claim = "under each answer of the thread a map beside a removal loses nothing",
     .rows = "S0-03 S0-04 S0-06 S0-07 S0-08 S0-09 L-01", .needs = NEED_SMP, .params = safe,
     .could = COULD_YES)
{
	const struct vmalloc_scheme *s = vmalloc_scheme_find(t->param, NULL);
	char reason[80] = "";

	if (!CHECK(t, s != NULL))
		return;
	if (vmalloc_scheme_usable(s, reason, sizeof(reason)))
		expect_none_lost(t, s);
	else
		test_skip(t, "%s", reason);
}

TEST(race, vmalloc_twin, .claim = "with nothing between the two some rounds are lost",
     .rows = "S0-03 S0-47", .needs = NEED_SMP, .could = COULD_YES)
{
	const struct vmalloc_scheme *s = vmalloc_scheme_find("unsafe", NULL);

	if (shared_table_harmless()) {
		test_skip(t, "%s", shared_table_harmless());
		return;
	}
	if (!CHECK(t, s && s->s.unsafe) || !shared_table_begin(t))
		return;
	play_scheme(t, s, ENOUGH);
	test_key(t, "lost=%u", play.lost);
	if (!play.lost)
		test_skip(t, "none of %u rounds met the moment", play.rounds);
	shared_table_end();
}
