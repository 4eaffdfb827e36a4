/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two hotplug operations that meet, in every order that the bound allows: one of them goes
 * first, as if the other had started later, and nothing of the loser is left.
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

static void bring_to(struct hotplug_scene *s, unsigned state)
{
	range_reset(&s->r);
	if (state != ABSENT)
		hotplug_add(s->r.pa, s->r.len, s->r.node, &s->r.opts, NULL, NULL);
	if (state == ONLINE)
		hotplug_online(s->r.pa, s->r.len, ZONE_MOVABLE, NULL, NULL);
}

static void setup(void *arg)
{
	struct hotplug_scene *s = arg;

	bring_to(s, s->from);
	s->first = s->second = 1;
	s->removed = 0;
}

static bool is(const struct hotplug_scene *s, unsigned state)
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
			bring_to(s, state);
			digest_take(&s->want[state]);
		}
	return true;
}

static void sched_end(const struct explored *x)
{
	explore_report(scene.t, x);
	range_reset(&scene.r);
	CHECK(scene.t, scene.t->skip || is(&scene, ABSENT));
}

/* ---- the pairs ---- */

static const char *check_add_remove(void *arg)
{
	const struct hotplug_scene *s = arg;

	if (s->first)
		return "the add was refused";
	if (s->second != 0 && s->second != -ENXIO)
		return "the remove was refused for another reason than that nothing was there";
	return is(s, s->second ? OFFLINE : ABSENT) ? NULL : "the digest is another one";
}

TEST(sched, add_remove, .claim = "add against remove: in every order one of them comes first",
     .rows = "S0-17 X-01", .needs = NEED_RANGE | NEED_SMP)
{
	struct explore e = { .actors = 2,
			     .run = { sched_add, sched_remove },
			     .bound = BOUND,
			     .most = most(),
			     .sure = explore_sure(2) };
	struct explored x;

	if (!sched_begin(t, "block", ABSENT))
		return;
	e.setup = setup, e.check = check_add_remove, e.arg = &scene;
	explore(t, &e, &x);
	sched_end(&x);
}

static const char *check_remove_remove(void *arg)
{
	const struct hotplug_scene *s = arg;

	if (s->first && s->second)
		return "nobody removed it";
	if (s->first + s->second != -ENXIO)
		return "one removes it, the other finds nothing: that was not so";
	return is(s, ABSENT) ? NULL : "the digest is another one";
}

TEST(sched, remove_remove, .claim = "remove against remove: one does it, the other finds nothing",
     .rows = "S0-17 X-01", .needs = NEED_RANGE | NEED_SMP)
{
	struct explore e = { .actors = 2,
			     .run = { remove_first, sched_remove },
			     .bound = BOUND,
			     .sure = explore_sure(2) };
	struct explored x;

	if (!sched_begin(t, "block", OFFLINE))
		return;
	e.setup = setup, e.check = check_remove_remove, e.arg = &scene, e.most = most();
	explore(t, &e, &x);
	sched_end(&x);
}

static const char *check_online_remove(void *arg)
{
	const struct hotplug_scene *s = arg;

	if (!s->first && s->second == -EBUSY)
		return is(s, ONLINE) ? NULL : "online, but the digest is another one";
	if (s->first == -ENXIO && !s->second)
		return is(s, ABSENT) ? NULL : "removed, but the digest is another one";
	return "neither online and not removable, nor removed and not to be had";
}

TEST(sched, online_remove,
     .claim = "online against remove: it is online and stays, or is gone and cannot be had",
     .rows = "S1-17 X-01", .needs = NEED_RANGE | NEED_SMP)
{
	struct explore e = { .actors = 2,
			     .run = { sched_online, sched_remove },
			     .bound = BOUND,
			     .most = most(),
			     .sure = explore_sure(2) };
	struct explored x;

	if (!sched_begin(t, "block", OFFLINE))
		return;
	e.setup = setup, e.check = check_online_remove, e.arg = &scene;
	explore(t, &e, &x);
	sched_end(&x);
}

static const char *check_add_during_remove(void *arg)
{
	const struct hotplug_scene *s = arg;

	if (s->second)
		return "the remove was refused";
	if (s->first != 0 && s->first != -EEXIST)
		return "the add was refused for another reason than that it was still there";
	return is(s, s->first ? ABSENT : OFFLINE) ? NULL : "the digest is another one";
}

/* The frames of a memmap in old memory are freed after the lock is released. */
TEST(sched, add_during_remove,
     .claim = "an add that arrives during a remove comes too early or finds the place free",
     .rows = "S0-17 X-01", .needs = NEED_RANGE | NEED_SMP, .slow = true)
{
	struct explore e = { .actors = 2,
			     .run = { sched_add, sched_remove },
			     .bound = BOUND,
			     .most = most(),
			     .sure = explore_sure(2) };
	struct explored x;

	if (!sched_begin(t, "host", OFFLINE))
		return;
	scene.map_moves = true;
	e.setup = setup, e.check = check_add_during_remove, e.arg = &scene;
	explore(t, &e, &x);
	sched_end(&x);
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

	setup(arg);
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
		return "the CPU that waited still reads what was removed";
	hotplug_remove(s->other.pa, s->other.len, &s->other.opts, NULL, NULL);
	gone = is(s, ABSENT);
	return gone ? NULL : "the digest is another one";
}

TEST(sched, shootdown,
     .claim = "a shootdown reaches a CPU that spins for the hotplug lock with interrupts off",
     .rows = "S0-50 S0-17", .needs = NEED_RANGE | NEED_SMP, .slow = true)
{
	struct explore e = { .actors = 2,
			     .run = { add_other, sched_remove },
			     .bound = BOUND,
			     .most = most(),
			     .sure = explore_sure(2) };
	struct explored x;
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
		bring_to(&scene, state);
		digest_take(&scene.want[state]);
	}
	e.setup = setup_shootdown, e.check = check_shootdown, e.arg = &scene;
	explore(t, &e, &x);
	hotplug_remove(scene.other.pa, scene.other.len, &scene.other.opts, NULL, NULL);
	sched_end(&x);
}
