/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S0-03, S0-04: vmalloc walks to a table, a removal frees it, and vmalloc stores into it.  Each
 * scheme of vmalloc= must prevent that in every order of two CPUs.
 */
#include <tests/harness/explore.h>
#include <tests/harness/shared_table.h>

static void setup(void *arg)
{
	(void)arg;
	shared_table_setup();
}

static void vmalloc_mapper(void *arg)
{
	(void)arg;
	shared_table_map();
}

static void vmalloc_remover(void *arg)
{
	(void)arg;
	shared_table_remove();
}

static const char *check(void *arg)
{
	(void)arg;
	return shared_table_check();
}

static bool matters(const struct pt_event *e)
{
	return e->kind == PT_EV_SET && shared_table_event(e);
}

static struct explore map_against_remove(void)
{
	return (struct explore) { .actors = 2,
				  .run = { vmalloc_mapper, vmalloc_remover },
				  .setup = setup,
				  .check = check,
				  .bound = 3,
				  .sure = 2,
				  .matters = matters };
}

static bool race_begin(struct test_run *t)
{
	return explore_can(t, 2) && shared_table_begin(t);
}

/* Explore under one scheme; then the previous scheme is in force again.  No other CPU maps or
 * removes meanwhile. */
static void explore_scheme(struct test_run *t, const struct vmalloc_scheme *s, bool unsafe)
{
	const struct vmalloc_scheme *before = vmalloc_selected();
	struct explore e = map_against_remove();

	e.unsafe = unsafe;
	vmalloc_select(s);
	explore(t, &e);
	vmalloc_select(before);
}

TEST(sched, vmalloc,
     .claim = "the scheme in force prevents a removal from freeing a table that vmalloc walks",
     .rows = "S0-03 S0-04 X-01", .needs = NEED_SMP)
{
	if (!race_begin(t))
		return;
	explore_scheme(t, vmalloc_selected(), false);
	shared_table_end();
}

/* The schemes of mailing-list thread S0: V8's floor-ceiling, V7's flag, and options 1 to 4. */
static const char *const safe[] = { "floor-ceiling", "overlap-flag", "lock-all", "hotplug-read",
				    "keep",          "disjoint",     NULL };

TEST(sched, vmalloc_schemes,
     .claim = "each scheme of mailing-list thread S0 prevents it, in every order of two CPUs",
     .rows = "S0-03 S0-04 S0-06 S0-07 S0-08 S0-09 S0-40 L-01 X-01", .needs = NEED_SMP,
     .params = safe)
{
	struct why why = { 0 };
	const struct vmalloc_scheme *s = vmalloc_scheme_find(t->param, &why);
	char reason[80] = "";

	if (!CHECK(t, s != NULL))
		return;
	if (!vmalloc_scheme_usable(s, reason, sizeof(reason))) {
		test_skip(t, "%s", reason);
		return;
	}
	if (!race_begin(t))
		return;
	explore_scheme(t, s, false);
	shared_table_end();
}

TEST(sched, vmalloc_twin,
     .claim = "without exclusion the explorer finds, twice, the order that loses a mapping",
     .rows = "S0-03 S0-04 S0-47", .needs = NEED_SMP)
{
	struct why why = { 0 };
	const struct vmalloc_scheme *s = vmalloc_scheme_find("unsafe", &why);

	if (shared_table_harmless()) {
		test_skip(t, "%s", shared_table_harmless());
		return;
	}
	if (!CHECK(t, s && s->s.unsafe) || !race_begin(t))
		return;
	explore_scheme(t, s, true);
	shared_table_end();
}

/* vmalloc=hotplug-read: a caller inside may enter again, also while a removal waits for it. */
static void nested_reader(void *arg)
{
	(void)arg;
	vmalloc_enter();
	vmalloc_enter();
	vmalloc_leave();
	vmalloc_leave();
}

static void waiting_writer(void *arg)
{
	(void)arg;
	hotplug_write_lock();
	hotplug_write_unlock();
}

static void no_setup(void *arg)
{
	(void)arg;
}

static const char *no_fault(void *arg)
{
	(void)arg;
	return NULL;
}

TEST(sched, vmalloc_nested,
     .claim = "under hotplug-read a nested enter does not wait for a removal that waits for the "
	      "outer one",
     .rows = "S0-07", .needs = NEED_SMP)
{
	const struct vmalloc_scheme *before = vmalloc_selected();
	struct explore e = { .actors = 2,
			     .run = { nested_reader, waiting_writer },
			     .setup = no_setup,
			     .check = no_fault,
			     .bound = 3,
			     .sure = 3 };

	if (!explore_can(t, 2))
		return;
	vmalloc_select(vmalloc_scheme_find("hotplug-read", NULL));
	explore(t, &e); /* a deadlock is a crash */
	vmalloc_select(before);
}
