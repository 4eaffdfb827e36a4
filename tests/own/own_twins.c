/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Actors that break the rules of tests/own/claims.c: the log of stores notices each, and so does a
 * second check that is independent of the log.
 */
#include <mm/kernel/writer.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/owners.h>

/* Map or unmap one page of the range's linear map as the actor `who`. */
static void twin_store(enum pt_writer who, enum pt_op op, paddr_t pa)
{
	const struct va_region *linear = &layout.r[REGION_LINEAR];
	enum pt_writer was = writer_enter(who);
	struct pt_gather g;
	struct pt_plan plan;

	if (!pt_plan(&kpt, &plan, op, linear_va(pa), page_size(), 0, 0, NULL)) {
		pt_gather_begin(&g, &kpt, NULL, 0);
		if (op == PT_OP_MAP) {
			pt_map(&plan, pa, PT_R | PT_W | PT_GLOBAL);
		} else {
			pt_unmap(&plan, &g);
			pt_free_empty(&kpt, linear_va(pa), page_size(), linear->va,
				      linear->va + linear->len, &g);
		}
		pt_gather_flush(&g);
		pt_gather_release(&g);
	}
	pt_plan_end(&plan);
	writer_leave(was);
}

/* Take the hotplug lock, as a hot-add would that collides with vmalloc. */
static void under_lock(enum pt_writer who, enum pt_op op, paddr_t pa)
{
	hotplug_write_lock();
	twin_store(who, op, pa);
	hotplug_write_unlock();
}

/* The actor that stores, and which of two neighbouring pages it maps. */
static const struct conflict {
	const char *name;
	u64 page;     /* of the second actor */
	bool entries; /* the two actors change one entry */
} conflicts[] = { { "one-table", 1, false }, { "one-entry", 0, true } };

TEST(own, conflicts,
     .claim = "two actors in one table are a conflict of tables, and of entries only in one entry",
     .rows = "X-08", .could = COULD_TRACE, .needs = NEED_RANGE, .params = PARAMS_OF(conflicts))
{
	const struct conflict *c = &conflicts[t->param_at];
	paddr_t second;
	struct owners_seen s;
	struct range r;

	if (!range_get(t, &r, 1, NULL))
		return;
	second = r.pa + c->page * page_size();
	owners_begin();
	under_lock(PT_WRITER_HOTPLUG, PT_OP_MAP, r.pa);
	if (c->page)
		under_lock(PT_WRITER_SHADOW, PT_OP_MAP, second);
	under_lock(PT_WRITER_HOTPLUG, PT_OP_UNMAP, r.pa);
	if (!c->page)
		under_lock(PT_WRITER_SHADOW, PT_OP_MAP, second);
	under_lock(PT_WRITER_SHADOW, PT_OP_UNMAP, second);
	owners_end(&s);
	CHECK(t, s.tables > 0);
	CHECK_EQ(t, s.clashes > 0, c->entries);
	test_key(t, "entry_conflicts=%u table_conflicts=%u", s.clashes, s.tables);
}

TEST(own, theorem1_twin,
     .claim = "if vmalloc stores where hot-add does, the log names it, and the add is refused",
     .rows = "S1-16", .could = COULD_TRACE, .needs = NEED_RANGE)
{
	struct owners_seen s;
	struct why why = { 0 };
	struct range r;

	if (!range_get(t, &r, 1, NULL))
		return;
	owners_begin();
	if (!range_add(t, &r)) {
		owners_end(&s);
		return;
	}
	range_remove(t, &r);
	under_lock(PT_WRITER_VMALLOC, PT_OP_MAP, r.pa);
	CHECK_REFUSED(t, hotplug_add(r.pa, r.len, r.node, &r.opts, NULL, &why), EEXIST, &why);
	under_lock(PT_WRITER_VMALLOC, PT_OP_UNMAP, r.pa);
	owners_end(&s);
	CHECK(t, s.foreign > 0);
	CHECK_EQ(t, s.by_region[REGION_LINEAR] & BIT(PT_WRITER_VMALLOC), BIT(PT_WRITER_VMALLOC));
}

TEST(own, offline_twin,
     .claim = "if hot-plug stores while memory is in use, the log notices, and CPUs fault",
     .rows = "S1-08 S1-17", .could = COULD_YES, .needs = NEED_RANGE)
{
	static struct probes p NOINIT;
	struct owners_seen s;
	struct range r;

	if (!range_get(t, &r, 1, "host"))
		return;
	r.opts.leaf = 0;
	r.opts.contig = false;
	if (!range_up(t, &r, ZONE_NORMAL))
		return;
	p.nr = 0;
	probes_add(&p, linear_va(r.pa));
	PROBES_ALL_PRIMED(t, &p);
	owners_begin();
	under_lock(PT_WRITER_HOTPLUG, PT_OP_UNMAP, r.pa);
	PROBES_ALL_FAULT(t, &p);
	under_lock(PT_WRITER_HOTPLUG, PT_OP_MAP, r.pa);
	owners_end(&s);
	CHECK_EQ(t, s.in_use, 2);
	PROBES_ALL_READ(t, &p);
	range_down(t, &r);
	range_reset(&r);
}

static int visit_nothing(const struct pt_slot *slot, void *arg)
{
	(void)slot;
	(void)arg;
	return 0;
}

TEST(own, walkers_twin, .claim = "a walk of the linear map without the hotplug lock is noticed",
     .rows = "S1-18", .could = COULD_TRACE)
{
	const struct va_region *linear = &layout.r[REGION_LINEAR];
	struct owners_seen s;

	owners_begin();
	pt_walk(&kpt, linear->va, linear->len, PT_ON_TABLE, visit_nothing, NULL);
	owners_end(&s);
	CHECK_EQ(t, s.loose, 1);
	CHECK_EQ(t, s.walks, 1);
}

/* The lock that each actor must hold, by the test's own list; the hotplug lock for writing. */
static const struct unlocked {
	const char *name;
	enum pt_writer who;
} unlocked[] = {
	{ "hotplug", PT_WRITER_HOTPLUG },   { "migration", PT_WRITER_MIGRATE },
	{ "device", PT_WRITER_DEVICE },     { "set_direct", PT_WRITER_DIRECT },
	{ "optimise", PT_WRITER_OPTIMISE }, { "shadow", PT_WRITER_SHADOW },
};

TEST(own, unlocked_twin, .mutes_sanitizer = true,
     .claim = "an actor that stores without its lock is noticed", .rows = "S1-03 S1-17",
     .could = COULD_TRACE, .needs = NEED_RANGE, .params = PARAMS_OF(unlocked))
{
	enum pt_writer who = unlocked[t->param_at].who;
	struct owners_seen s;
	struct range r;

	if (!range_get(t, &r, 1, NULL))
		return;
	owners_begin();
	twin_store(who, PT_OP_MAP, r.pa);
	twin_store(who, PT_OP_UNMAP, r.pa);
	owners_end(&s);
	CHECK(t, s.unlocked >= 2);
	CHECK_EQ(t, s.writers, BIT(who));
}

static int change_nothing(const struct pt_slot *slot, void *arg)
{
	*(u64 *)arg += slot->n;
	return 0;
}

/* The lock held for reading does not exclude other readers, so it does not suffice. */
TEST(own, read_locked_twin, .mutes_sanitizer = true,
     .claim = "an actor that stores under the hotplug lock held for reading is noticed",
     .rows = "S1-17 S1-18", .could = COULD_TRACE, .needs = NEED_RANGE)
{
	struct owners_seen s;
	struct range r;
	u64 leaves = 0;

	if (!range_get(t, &r, 1, NULL))
		return;
	owners_begin();
	hotplug_read_lock();
	twin_store(PT_WRITER_DIRECT, PT_OP_MAP, r.pa);
	hotplug_walk(linear_va(r.pa), page_size(), PT_ON_LEAF, change_nothing, &leaves);
	twin_store(PT_WRITER_DIRECT, PT_OP_UNMAP, r.pa);
	hotplug_read_unlock();
	owners_end(&s);
	CHECK(t, s.unlocked >= 2);
	CHECK_EQ(t, s.walks, 1);
	CHECK_EQ(t, s.loose, 0);
	CHECK_EQ(t, leaves, 1);
}
