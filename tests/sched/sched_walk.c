/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-05, S1-19: a walker (ptdump) and a removal.  Between the load of the pointer to a table and
 * the load of its cells the table may be freed; only the hotplug lock, held for the whole walk,
 * prevents that.
 */
#include <lib/fail.h>
#include <tests/harness/explore.h>

static struct walk_scene {
	struct range r;
	int (*walk)(vaddr_t, u64 len, unsigned when, pt_visit_fn *, void *);
	paddr_t table; /* the table of pages that the walker is about to enter */
	u32 tables, gone;
	int removed;
} scene;

/* The walk stops here, between pointer and table, so that other actors can run. */
static int sched_visit(const struct pt_slot *slot, void *arg)
{
	struct pt_event point = { .kind = PT_EV_WALK_BEGIN, .pt = &kpt, .va = slot->va };
	struct walk_scene *s = arg;

	if (slot->level != 1)
		return 0;
	pt_tap_run_before(&point);
	s->tables++;
	s->gone += page_provenance(pa_page(kpt.fmt->pa(slot->val, 1, slot->va))) != PAGE_TABLE;
	return 0;
}

static int find_table(const struct pt_slot *slot, void *arg)
{
	*(paddr_t *)arg = kpt.fmt->pa(slot->val, slot->level, slot->va);
	return slot->level == 1;
}

static int walk_unlocked(vaddr_t va, u64 len, unsigned when, pt_visit_fn *fn, void *arg)
{
	return pt_walk(&kpt, va, len, when, fn, arg);
}

static int walk_locked(vaddr_t va, u64 len, unsigned when, pt_visit_fn *fn, void *arg)
{
	int err;

	hotplug_read_lock();
	err = hotplug_walk(va, len, when, fn, arg);
	hotplug_read_unlock();
	return err;
}

/* The walk covers one table of pages, so upper levels are not read again after it is entered. */
static void walker(void *arg)
{
	struct walk_scene *s = arg;

	s->walk(linear_va(s->r.pa), pt_span(kpt.fmt, 1), PT_ON_TABLE, sched_visit, s);
}

/* The address of the hotplug lock: the first lock that an operation takes which needs it. */
static u64 wanted;

static bool record_lock(enum fail_point point, u64 about)
{
	if (point == FAIL_LOCK && !wanted)
		wanted = about;
	return false;
}

static u64 hotplug_lock_at(void)
{
	wanted = 0;
	fail_hook = record_lock;
	hotplug_read_lock();
	fail_hook = NULL;
	hotplug_read_unlock();
	return wanted;
}

static void remover(void *arg)
{
	struct walk_scene *s = arg;

	s->removed = hotplug_remove(s->r.pa, s->r.len, &s->r.opts, NULL, NULL);
}

static void setup(void *arg)
{
	struct walk_scene *s = arg;

	range_reset(&s->r);
	hotplug_add(s->r.pa, s->r.len, s->r.node, &s->r.opts, NULL, NULL);
	pt_walk(&kpt, linear_va(s->r.pa), pt_span(kpt.fmt, 1), PT_ON_TABLE, find_table, &s->table);
	s->tables = s->gone = 0;
}

static const char *check(void *arg)
{
	const struct walk_scene *s = arg;

	if (s->removed)
		return "the removal was refused";
	return s->gone ? "the walker is about to enter a freed table" : NULL;
}

static bool begin(struct test_run *t)
{
	if (!explore_can(t, 2) || !range_get(t, &scene.r, 1, "block"))
		return false;
	scene.r.opts.leaf = 0;
	return true;
}

/*
 * The walker reads the cells that lead to one table of pages, and the kind of its frame.
 * All other stores, invalidations, frees and locks of a removal commute with that.
 */
static bool matters(const struct pt_event *e)
{
	vaddr_t va = linear_va(scene.r.pa);

	if (e->kind == PT_EV_SET)
		return e->level && va - e->va < e->len;
	return e->kind == PT_EV_WALK_BEGIN || (e->kind == PT_EV_PAGE_FREE && e->pa == scene.table);
}

/* The order that loses: the remover starts, the walker loads the pointer, the remover frees, the
 * walker continues.  That needs two preemptions, so both bounds are explored completely. */
static struct explore walk_against_remove(void)
{
	/* a schedule takes longer with larger blocks */
	unsigned most =
		explore_sure(1) ? 0 : (unsigned)(300 * layout.section_bytes / layout.block_bytes);

	return (struct explore) { .actors = 2,
				  .run = { remover, walker },
				  .setup = setup,
				  .check = check,
				  .arg = &scene,
				  .bound = 2,
				  .most = most,
				  .sure = explore_sure(2),
				  .matters = matters,
				  .lock = hotplug_lock_at() };
}

TEST(sched, walk_remove,
     .claim = "a walk under the hotplug lock never enters a table that a removal has freed",
     .rows = "S0-13 S1-05 S1-18 S1-19", .needs = NEED_RANGE | NEED_SMP)
{
	struct explore e = walk_against_remove();

	if (layout.block_bytes >= GiB) {
		test_skip(t, "a block of 1 GiB or more has more steps than a schedule may have");
		return;
	}
	if (!begin(t))
		return;
	scene.walk = walk_locked;
	explore(t, &e);
	range_reset(&scene.r);
}

TEST(sched, walk_remove_twin, .mutes_sanitizer = true,
     .claim = "without the lock the explorer finds, twice, the order in which a walk enters a "
	      "freed table",
     .rows = "S1-05 S1-19", .needs = NEED_RANGE | NEED_SMP)
{
	struct explore e = walk_against_remove();

	if (!begin(t))
		return;
	scene.walk = walk_unlocked;
	e.unsafe = true;
	explore(t, &e);
	range_reset(&scene.r);
}
