/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two concurrent hotplug operations, in every order that the bound allows: one of them is executed
 * first, as if the other had started later, and an operation that fails leaves no state.
 */
#include <arch/arch.h>
#include <kern/probe.h>
#include <lib/atomic.h>
#include <mm/page/region.h>
#include <tests/harness/explore.h>

#define MOST 1000 /* limit on schedules, if the bound allows more */

#define BOUND 3

enum { ABSENT, OFFLINE, ONLINE, STATES };

static struct hotplug_scene {
	struct test_run *t;
	struct range r, other;
	struct digest want[STATES];
	int first, second; /* results */
	unsigned from;     /* state before each schedule */
	bool map_moves;    /* a memmap in old memory may be allocated elsewhere */
	u32 removed, stale;
} scene;

/* A schedule takes longer with larger blocks. */
static unsigned most(void)
{
	return (unsigned)(MOST * layout.section_bytes / layout.block_bytes);
}

/* ---- actors ---- */

static void sched_add(void *arg)
{
	struct hotplug_scene *s = arg;

	s->first = hotplug_add(s->r.pa, s->r.len, s->r.node, &s->r.opts, NULL, NULL);
}

static void sched_online(void *arg)
{
	struct hotplug_scene *s = arg;

	s->first = hotplug_online(s->r.pa, s->r.len, ZONE_MOVABLE, NULL, NULL);
}

static void remove_first(void *arg)
{
	struct hotplug_scene *s = arg;

	s->first = hotplug_remove(s->r.pa, s->r.len, &s->r.opts, NULL, NULL);
}

static void sched_remove(void *arg)
{
	struct hotplug_scene *s = arg;

	s->second = hotplug_remove(s->r.pa, s->r.len, &s->r.opts, NULL, NULL);
	atomic_store_release(&s->removed, s->second == 0);
}

/* ---- setup and check ---- */

static void set_state(struct hotplug_scene *s, unsigned state)
{
	range_reset(&s->r);
	if (state != ABSENT)
		hotplug_add(s->r.pa, s->r.len, s->r.node, &s->r.opts, NULL, NULL);
	if (state == ONLINE)
		hotplug_online(s->r.pa, s->r.len, ZONE_MOVABLE, NULL, NULL);
}

static void scene_setup(void *arg)
{
	struct hotplug_scene *s = arg;

	set_state(s, s->from);
	s->first = s->second = 1;
	s->removed = 0;
}

static bool is_in_state(const struct hotplug_scene *s, unsigned state)
{
	struct digest now, want = s->want[state];

	digest_take(&now);
	if (s->map_moves)
		want.map = now.map;
	return digest_compare(&want, &now, NULL) == 0;
}

/* Enter each state once, for the digests, and so that permanent tables exist. */
static bool sched_begin(struct test_run *t, const char *memmap, unsigned from)
{
	struct hotplug_scene *s = &scene;

	*s = (struct hotplug_scene) { .t = t, .from = from };
	if (!explore_can(t, 2) || !range_get(t, &s->r, 1, memmap))
		return false;
	for (unsigned round = 0; round < 2; round++)
		for (unsigned state = 0; state < STATES; state++) {
			set_state(s, state);
			digest_take(&s->want[state]);
		}
	return true;
}

/* Every order of the two actors that the bound allows. */
static void explore_pair(void (*first)(void *), void (*second)(void *), void (*begin)(void *),
			 const char *(*check)(void *))
{
	struct explore e = { .actors = 2,
			     .run = { first, second },
			     .bound = BOUND,
			     .most = most(),
			     .sure = explore_sure(2),
			     .setup = begin,
			     .check = check,
			     .arg = &scene };

	explore(scene.t, &e);
}

static void sched_end(void)
{
	range_reset(&scene.r);
	CHECK(scene.t, scene.t->skip || is_in_state(&scene, ABSENT));
}

/* ---- the pairs ---- */

static const char *check_add_remove(void *arg)
{
	const struct hotplug_scene *s = arg;

	if (s->first)
		return "the add was refused";
	if (s->second != 0 && s->second != -ENXIO)
		return "the remove was refused for another reason than absent memory";
	return is_in_state(s, s->second ? OFFLINE : ABSENT) ? NULL : "the digest differs";
}

TEST(sched, add_remove, .claim = "add against remove: in every order one of them is executed first",
     .rows = "S0-17 X-01", .needs = NEED_RANGE | NEED_SMP)
{
	if (!sched_begin(t, "block", ABSENT))
		return;
	explore_pair(sched_add, sched_remove, scene_setup, check_add_remove);
	sched_end();
}

static const char *check_remove_remove(void *arg)
{
	const struct hotplug_scene *s = arg;

	if (s->first && s->second)
		return "neither removed it";
	if (s->first + s->second != -ENXIO)
		return "the second remove did not fail because the memory was absent";
	return is_in_state(s, ABSENT) ? NULL : "the digest differs";
}

TEST(sched, remove_remove,
     .claim = "remove against remove: one succeeds, the other finds the memory absent",
     .rows = "S0-17 X-01", .needs = NEED_RANGE | NEED_SMP)
{
	if (!sched_begin(t, "block", OFFLINE))
		return;
	explore_pair(remove_first, sched_remove, scene_setup, check_remove_remove);
	sched_end();
}

static const char *check_online_remove(void *arg)
{
	const struct hotplug_scene *s = arg;

	if (!s->first && s->second == -EBUSY)
		return is_in_state(s, ONLINE) ? NULL : "online, but the digest differs";
	if (s->first == -ENXIO && !s->second)
		return is_in_state(s, ABSENT) ? NULL : "removed, but the digest differs";
	return "the block is neither online with the remove refused, nor removed with the online "
	       "refused";
}

TEST(sched, online_remove,
     .claim = "online against remove: the block is online and stays, or it is removed and the "
	      "online fails",
     .rows = "S1-17 X-01", .needs = NEED_RANGE | NEED_SMP)
{
	if (!sched_begin(t, "block", OFFLINE))
		return;
	explore_pair(sched_online, sched_remove, scene_setup, check_online_remove);
	sched_end();
}

static const char *check_add_during_remove(void *arg)
{
	const struct hotplug_scene *s = arg;

	if (s->second)
		return "the remove was refused";
	if (s->first != 0 && s->first != -EEXIST)
		return "the add was refused for another reason than that the memory was still "
		       "present";
	return is_in_state(s, s->first ? ABSENT : OFFLINE) ? NULL : "the digest differs";
}

/* The frames of a memmap in old memory are freed after the lock is released. */
TEST(sched, add_during_remove,
     .claim = "an add that starts during a remove is refused because the memory is present, or "
	      "succeeds",
     .rows = "S0-17 X-01", .needs = NEED_RANGE | NEED_SMP, .slow = true)
{
	if (!sched_begin(t, "host", OFFLINE))
		return;
	scene.map_moves = true;
	explore_pair(sched_add, sched_remove, scene_setup, check_add_during_remove);
	sched_end();
}

/* ---- a shootdown must reach a CPU that spins for the lock of the sender ---- */

static void prime_all(void *arg)
{
	u64 value;

	(void)arg;
	probe_load64(linear_va(scene.r.pa) + 64, &value);
}

static void setup_shootdown(void *arg)
{
	struct hotplug_scene *s = arg;

	scene_setup(arg);
	hotplug_remove(s->other.pa, s->other.len, &s->other.opts, NULL, NULL);
	cpu_run(cpus_online(), prime_all, NULL);
	s->stale = 0;
}

/* With interrupts disabled only the lock's wait loop can answer. */
static void add_other(void *arg)
{
	struct hotplug_scene *s = arg;
	u64 flags = arch_irq_save(), value;

	s->first =
		hotplug_add(s->other.pa, s->other.len, s->other.node, &s->other.opts, NULL, NULL);
	if (atomic_load_acquire(&s->removed))
		s->stale += !probe_load64(linear_va(s->r.pa) + 64, &value);
	arch_irq_restore(flags);
}

static const char *check_shootdown(void *arg)
{
	struct hotplug_scene *s = arg;
	bool gone;

	if (s->first || s->second)
		return "one of them was refused";
	if (s->stale)
		return "the CPU that waited still reads removed memory";
	hotplug_remove(s->other.pa, s->other.len, &s->other.opts, NULL, NULL);
	gone = is_in_state(s, ABSENT);
	return gone ? NULL : "the digest differs";
}

TEST(sched, shootdown,
     .claim = "a shootdown reaches a CPU that spins for the hotplug lock with interrupts off",
     .rows = "S0-50 S0-17", .needs = NEED_RANGE | NEED_SMP, .slow = true)
{
	u64 unit = layout.block_bytes;

	if (!sched_begin(t, "block", OFFLINE))
		return;
	range_reset(&scene.r);
	if (!range_get(t, &scene.other, 2, "block"))
		return;
	scene.r.pa = scene.other.pa;
	scene.other.pa += unit;
	scene.other.len = unit;
	for (unsigned state = 0; state < STATES; state++) {
		set_state(&scene, state);
		digest_take(&scene.want[state]);
	}
	explore_pair(add_other, sched_remove, setup_shootdown, check_shootdown);
	hotplug_remove(scene.other.pa, scene.other.len, &scene.other.opts, NULL, NULL);
	sched_end();
}
