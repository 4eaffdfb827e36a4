/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S4-15, S4-16, ENGINE 1.4: address spaces with roots and ASIDs of their own.  Each space has
 * another page at the same address, so a CPU that uses an entry of another space reads a wrong
 * value.
 */
#include <arch/arch.h>
#include <kern/probe.h>
#include <lib/atomic.h>
#include <lib/string.h>
#include <mm/pt/taps/inject.h>
#include <tests/pgd/spaces.h>

#define ROUNDS 400

static struct {
	unsigned rounds;
	u64 wrong[CPUS_MAX], wrong_root[CPUS_MAX];
} switcher;

/* Each CPU uses the spaces in an order of its own, and stays in the last. */
static void switch_around(void *arg)
{
	unsigned cpu = this_cpu()->nr, at = cpu, asid;

	(void)arg;
	for (unsigned i = 0; i < switcher.rounds && !test_aborted(); i++) {
		at = (at + 1 + (i / 5 + cpu) % 3) % spaces.nr;
		switcher.wrong[cpu] += !space_reads(at);
		switcher.wrong_root[cpu] += arch_space_root(&asid) != spaces.s[at].pt.root;
	}
}

static u64 total_of(const u64 *of)
{
	u64 n = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		n += of[c];
	return n;
}

static void switch_everywhere(unsigned rounds)
{
	for (unsigned c = 0; c < CPUS_MAX; c++)
		switcher.wrong[c] = switcher.wrong_root[c] = 0;
	switcher.rounds = rounds;
	cpu_run(cpus_online(), switch_around, NULL);
}

static void check_closed(void *arg)
{
	unsigned asid, cpu = this_cpu()->nr;
	u64 value;

	(void)arg;
	switcher.wrong[cpu] = !probe_load64(space_va(), &value);
	switcher.wrong_root[cpu] = arch_space_root(&asid) != PA_NONE;
}

/* Let no CPU use a space, so that the half below the kernel's is as after boot. */
static void leave_everywhere(struct test_run *t)
{
	cpu_run(cpus_online(), space_leave, NULL);
	cpu_run(cpus_online(), check_closed, NULL);
	CHECK_EQ(t, total_of(switcher.wrong), 0);
	CHECK_EQ(t, total_of(switcher.wrong_root), 0);
}

static const char *const tagging[] = { "tagged", "untagged", NULL };

TEST(pgd, spaces_apart,
     .claim = "CPUs that switch between spaces read each space's own page at one address, with "
	      "ASIDs "
	      "and without",
     .rows = "S4-15", .params = tagging)
{
	bool tagged = t->param_at == 0;

	asid_select(&asid_rules[0], tagged ? ASIDS_ALL : 0);
	test_key(t, "asids=%u", asid_count());
	if (tagged && !asid_count())
		test_skip(t, "these CPUs have too few ASIDs: every space has ASID 0");
	if (!t->skip && spaces_get(t, 3)) {
		switch_everywhere(ROUNDS);
		CHECK_EQ(t, total_of(switcher.wrong), 0);
		CHECK_EQ(t, total_of(switcher.wrong_root), 0);
		leave_everywhere(t);
		spaces_put(t);
	}
	asid_select(&asid_rules[0], ASIDS_ALL);
}

/* One for each CPU, which may keep its own, and two more. */
static unsigned few_asids(void)
{
	return cpus_nr + 2;
}

TEST(pgd, asid_rollover,
     .claim = "with more spaces than ASIDs every CPU reads each space's own page through rollovers",
     .rows = "S4-16")
{
	u64 before = asid_rollovers();

	if (!asid_count()) {
		test_skip(t, "these CPUs have too few ASIDs: every space has ASID 0");
		return;
	}
	asid_select(&asid_rules[0], few_asids());
	if (spaces_get(t, (unsigned)min_u64(2 * few_asids(), SPACES_MAX))) {
		switch_everywhere(ROUNDS / 2);
		CHECK_EQ(t, total_of(switcher.wrong), 0);
		CHECK_EQ(t, total_of(switcher.wrong_root), 0);
		leave_everywhere(t);
		spaces_put(t);
		CHECK(t, asid_rollovers() > before);
	}
	asid_select(&asid_rules[0], ASIDS_ALL);
	test_key(t, "rollovers=%lu", asid_rollovers() - before);
}

/* ---- ASIDs that are assigned wrongly ---- */

/* Use every ASID on this CPU, return to the first space, then switch to a space without an ASID;
 * then destroy one space and create a new one, which gets its ASID. */
static unsigned misuse_asids(struct test_run *t)
{
	unsigned wrong = 0, n = asid_count();
	struct why why = { 0 };

	if (!spaces_get(t, n + 1))
		return 0;
	for (unsigned i = 0; i < n; i++)
		wrong += !space_reads(i);
	wrong += !space_reads(0);
	wrong += !space_reads(n);
	aspace_use(NULL);
	wrong += !space_reads(1);
	aspace_use(NULL);
	CHECK_OK(t, aspace_destroy(&spaces.s[1], &why), &why);
	CHECK_OK(t, aspace_create(&spaces.s[1], "again", 0, &why), &why);
	CHECK_OK(t,
		 aspace_map(&spaces.s[1], space_va(), page_size(), page_pa(spaces.page[1]),
			    PT_R | PT_W, &why),
		 &why);
	wrong += !space_reads(1);
	aspace_use(NULL);
	return wrong;
}

TEST(pgd, asid_rules, .mutes_sanitizer = true,
     .claim = "an ASID that is assigned to another space too early is noticed by the events; the "
	      "rule in force causes none",
     .rows = "S4-16", .could = COULD_TRACE, .params = asid_rule_names)
{
	const struct asid_rules *rules = &asid_rules[t->param_at];
	struct asid_verdict v;
	unsigned wrong;

	CHECK(t, t->param_at < asid_rules_nr && !strcmp(rules->s.name, t->param));
	if (!asid_count()) {
		test_skip(t, "these CPUs have too few ASIDs: every space has ASID 0");
		return;
	}
	asid_select(rules, few_asids());
	record_begin(&recorded, asid_event);
	wrong = misuse_asids(t);
	cpu_run(cpus_online(), space_leave, NULL);
	spaces_put(t);
	record_end();
	asid_select(&asid_rules[0], ASIDS_ALL);
	CHECK_EQ(t, recorded.lost, 0);
	v = asid_judge(&recorded);
	CHECK(t, v.loads > few_asids());
	CHECK_EQ(t, v.mistakes != 0, rules->s.unsafe != NULL);
	if (!rules->s.unsafe)
		CHECK_EQ(t, wrong, 0);
	test_key(t, "mistakes=%u stale=%u", v.mistakes, wrong);
}

/* ---- the end of a space ---- */

static void use_first(void *arg)
{
	(void)arg;
	switcher.wrong[this_cpu()->nr] = !space_reads(0);
}

TEST(pgd, space_retired,
     .claim = "a space in use is not destroyed; after its end no TLB has entries of it, and all "
	      "its tables are free",
     .rows = "S4-15 S4-16", .could = COULD_TRACE)
{
	u64 tables = table_pages();
	struct asid_verdict v;
	struct why why = { 0 };

	if (!spaces_get(t, 1))
		return;
	record_begin(&recorded, asid_event);
	cpu_run(cpus_online(), use_first, NULL);
	CHECK_REFUSED(t, aspace_destroy(&spaces.s[0], &why), EBUSY, &why);
	leave_everywhere(t);
	CHECK_EQ(t, spaces.s[0].pt.walked & cpus_online(), cpus_online());
	spaces_put(t);
	record_end();
	v = asid_judge(&recorded);
	CHECK_EQ(t, v.mistakes, 0);
	CHECK_EQ(t, v.loads, cpus_online_nr());
	CHECK_EQ(t, spaces.s[0].pt.state, PT_RETIRED);
	CHECK_EQ(t, table_pages(), tables);
}

/* ---- changes while CPUs use the space ---- */

static void read_first(void *arg)
{
	u64 value = 0;

	switcher.wrong[this_cpu()->nr] =
		probe_load64(space_va() + *(u64 *)arg, &value) || value != space_value(0);
}

static u64 not_read_at(u64 offset)
{
	cpu_run(cpus_online(), read_first, &offset);
	return total_of(switcher.wrong);
}

TEST(pgd, space_changes,
     .claim = "a page mapped into a space in use is read by every CPU, and after its unmap by none",
     .rows = "S4-15", .needs = NEED_LEAF_TLB)
{
	u64 at = 17 * page_size();
	struct why why = { 0 };
	struct aspace *s = &spaces.s[0];

	if (!spaces_get(t, 1))
		return;
	for (unsigned c = 0; c < CPUS_MAX; c++)
		switcher.wrong[c] = 0;
	cpu_run(cpus_online(), use_first, NULL);
	CHECK_EQ(t, total_of(switcher.wrong), 0);
	CHECK_EQ(t, not_read_at(at), cpus_online_nr());
	CHECK_OK(t,
		 aspace_map(s, space_va() + at, page_size(), page_pa(spaces.page[0]), PT_R, &why),
		 &why);
	CHECK_EQ(t, not_read_at(at), 0);
	CHECK_OK(t, aspace_unmap(s, space_va() + at, page_size(), &why), &why);
	CHECK_EQ(t, not_read_at(at), cpus_online_nr());
	CHECK_EQ(t, not_read_at(0), 0);
	leave_everywhere(t);
	spaces_put(t);
}

/* Without the point of a lock that has to wait, which does not make an operation fail. */
#define ALLOCATIONS (BIT(FAIL_PAGE) | BIT(FAIL_PAGES) | BIT(FAIL_TABLE) | BIT(FAIL_PLAN))

TEST(pgd, space_fails, .claim = "a space that cannot be made or mapped leaves no state",
     .rows = "S4-15", .rev = 2)
{
	u64 tables = table_pages(), failed = 0;
	struct inject_count c;
	struct why why = { 0 };
	struct aspace *s = &spaces.s[0];
	int err = 1;

	if (inject_on()) {
		test_skip(t, "bug= makes another mistake already");
		return;
	}
	for (u64 at = 1; err && at < 100; at++) {
		inject_begin(&(struct inject) { .at = at, .points = ALLOCATIONS });
		err = aspace_create(s, "space", 0, &why);
		if (!err) {
			err = aspace_map(s, space_va(), page_size(), page_size(), PT_R, &why);
			CHECK_OK(t, aspace_destroy(s, &why), &why);
		}
		inject_end(&c);
		failed += c.failed;
		if (err)
			CHECK_EQ(t, err, -ENOMEM);
		CHECK_EQ(t, table_pages(), tables);
	}
	CHECK_EQ(t, err, 0);
	CHECK(t, failed >= 2); /* the root, and a plan's tables */
	test_key(t, "failed=%lu", failed);
}
