/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hot-add by all CPUs (kern/crew.h, mm/hotplug/hotplug_shares.c): the result does not depend on the
 * number of CPUs, each share stores its own part, and if a share fails all others are undone. Cache
 * maintenance of removed memory is divided too (mm/hotplug/hotplug_caches.c).
 */
#include <kern/crew.h>
#include <lib/atomic.h>
#include <mm/kernel/writer.h>
#include <mm/pt/taps/inject.h>
#include <tests/harness/util.h>

#define MOST_CPUS 8

/* Get a GiB in whole blocks, to be added with page leaves.  False: the test is skipped. */
static bool wide_get(struct test_run *t, struct range *r, const char *memmap)
{
	u64 blocks = GiB / layout.block_bytes;

	if (blocks < 2) {
		test_skip(t, "a GiB has no two blocks to divide");
		return false;
	}
	if (inject_on()) {
		test_skip(t, "bug= makes mistakes already");
		return false;
	}
	if (!range_get(t, r, blocks, memmap))
		return false;
	r->opts.leaf = 0;
	r->opts.contig = false; /* with Svnapot too many stores to record */
	r->opts.memmap_now = true;
	return true;
}

static unsigned most_cpus(const struct range *r)
{
	return (unsigned)min_u64(MOST_CPUS, min_u64(cpus_online_nr(), range_blocks(r)));
}

/* A checksum of every word of the range's struct pages, each weighted by its place. */
static u64 contents(const struct range *r)
{
	pfn_t first = r->pa >> page_shift();
	u64 sum = 0;

	for (u64 i = 0; i < r->len >> page_shift(); i++) {
		const u64 *w = (const u64 *)(const void *)pfn_to_page(first + i);

		sum += (w[0] + 3 * w[1] + 5 * w[2] + 7 * w[3] + 11 * w[4] + 13 * w[5] + 17 * w[6] +
			19 * w[7]) *
		       (2 * i + 1);
	}
	return sum;
}

/* ---- events ---- */

static struct range seen;

static bool of_seen(const struct pt_event *e)
{
	bool mine =
		e->va - linear_va(seen.pa) < seen.len ||
		e->va - memmap_va(seen.pa >> page_shift()) < memmap_bytes(seen.len >> page_shift());

	return mine && (e->kind == PT_EV_SET || e->kind == PT_EV_VISIBLE);
}

static bool of_linear(const struct pt_event *e)
{
	return in_region(e->va, REGION_LINEAR);
}

static bool is_leaf_set(const struct pt_event *e)
{
	return e->kind == PT_EV_SET && layout.fmt->kind(e->new, e->level) == PT_LEAF;
}

/* Add with n CPUs and record the events. */
static bool wide_add(struct test_run *t, struct range *r, unsigned n)
{
	u32 before = crew_most;
	bool ok;

	seen = *r;
	crew_most = n;
	record_begin(&recorded, of_seen);
	ok = range_add(t, r);
	record_end();
	crew_most = before;
	CHECK_EQ(t, recorded.lost, 0);
	return ok;
}

/* Return the CPUs that stored leaves of the linear map; check that each leaf was stored once. */
static cpumask_t storers(struct test_run *t)
{
	vaddr_t lo = linear_va(seen.pa);
	cpumask_t cpus_seen = 0;
	u64 bytes = 0, others = 0;

	for (u32 i = 0; i < recorded.nr; i++) {
		const struct pt_event *e = &recorded.ev[i];

		if (e->kind == PT_EV_SET)
			others += e->writer != PT_WRITER_HOTPLUG;
		if (!is_leaf_set(e) || e->va - lo >= seen.len)
			continue;
		cpus_seen |= cpu_bit(e->cpu);
		bytes += e->len;
	}
	CHECK_EQ(t, others, 0);
	CHECK_EQ(t, bytes, seen.len);
	return cpus_seen;
}

TEST(hotplug, wide_same,
     .claim = "leaves, tables and struct pages of a GiB are the same by 1 CPU and by several, and "
	      "all permitted CPUs store",
     .rows = "S2-29", .needs = NEED_GIB | NEED_SMP, .params = memmap_names, .identity = true,
     .could = COULD_YES /* contents are compared */)
{
	u64 digest = 0, sum = 0, tables = 0;
	struct range r;

	if (!wide_get(t, &r, t->param))
		return;
	for (unsigned n = 1; n <= most_cpus(&r) && !t->failed && !test_aborted(); n++) {
		if (!wide_add(t, &r, n))
			return;
		CHECK_EQ(t, cpus_in(storers(t)), n);
		if (n == 1) {
			digest = digest_range(r.pa, r.len);
			sum = contents(&r);
			tables = r.report.tables_new;
		}
		CHECK_EQ(t, digest_range(r.pa, r.len), digest);
		CHECK_EQ(t, contents(&r), sum);
		CHECK_EQ(t, r.report.tables_new, tables);
		if (!range_online(t, &r, ZONE_MOVABLE) || !range_down(t, &r))
			return;
	}
	test_key(t, "most=%u", most_cpus(&r));
}

TEST(hotplug, wide_order,
     .claim = "a helper observes the memmap before it writes there, and the caller observes every "
	      "leaf of the others before it continues",
     .rows = "S2-29", .needs = NEED_GIB | NEED_SMP | NEED_FENCE_LOCAL, .could = COULD_TRACE)
{
	u64 last_leaf = 0, last_memmap = 0, caller = 0, early = 0;
	cpumask_t helpers, saw = 0;
	struct range r;

	if (!wide_get(t, &r, NULL) || !wide_add(t, &r, most_cpus(&r)))
		return;
	for (u32 i = 0; i < recorded.nr; i++)
		if (is_leaf_set(&recorded.ev[i]) && of_linear(&recorded.ev[i]))
			last_leaf = max_u64(last_leaf, recorded.ev[i].seq);
		else if (is_leaf_set(&recorded.ev[i]))
			last_memmap = max_u64(last_memmap, recorded.ev[i].seq);
	for (u32 i = 0; i < recorded.nr; i++) {
		const struct pt_event *e = &recorded.ev[i];

		if (e->kind != PT_EV_VISIBLE)
			continue;
		if (of_linear(e) && e->cpu == this_cpu()->nr && e->len == r.len)
			caller = max_u64(caller, e->seq);
		if (of_linear(e) || e->cpu == this_cpu()->nr)
			continue;
		saw |= cpu_bit(e->cpu);
		early += e->seq < last_memmap;
	}
	helpers = storers(t) & ~cpu_bit(this_cpu()->nr);
	CHECK(t, helpers);
	CHECK(t, caller > last_leaf);
	CHECK_EQ(t, saw, helpers);
	CHECK_EQ(t, early, 0);
	range_remove(t, &r);
}

/* ---- a share fails ---- */

static unsigned failing; /* CPU */

/* The caller plans small shares for all.  A table of page leaves maps a page of entries. */
static bool helpers_plan(const struct range *r)
{
	unsigned n = most_cpus(r);

	return n > 1 && r->len / n / (page_size() / sizeof(pte_t) * page_size()) >= 16;
}

static bool on_failing(enum fail_point point, u64 about)
{
	(void)point;
	(void)about;
	return this_cpu()->nr == failing;
}

/* Make a table or plan of that CPU, and every later one, fail.  The caller proceeds without the
 * helper; a failure of the caller itself refuses the add.  No state remains. */
static void fail_once(struct test_run *t, struct range *r, u64 at, u64 *failed)
{
	struct inject i = { .at = at,
			    .onwards = true,
			    .points = BIT(FAIL_TABLE) | BIT(FAIL_PLAN),
			    .mine = on_failing };
	struct why why = { 0 }, differs = { 0 };
	struct digest before, after;
	struct inject_count count;
	int err;

	digest_take(&before);
	inject_begin(&i);
	err = hotplug_add(r->pa, r->len, r->node, &r->opts, NULL, &why);
	inject_end(&count);
	if (count.failed)
		++*failed;
	CHECK_EQ(t, err, count.failed && failing == 0 ? -ENOMEM : 0);
	CHECK(t, !err || why.text[0]);
	if (!err)
		range_remove(t, r);
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &differs), &differs);
}

TEST(hotplug, wide_fails,
     .claim = "if a helper cannot get a table or a plan, the caller gets it; if the caller cannot, "
	      "the add is refused, and no state remains",
     .rows = "S0-01", .needs = NEED_GIB, .params = memmap_names, .identity = true,
     .could = COULD_YES /* the digest is compared */)
{
	u64 failed = 0, by_helpers = 0;
	struct range r;

	if (!wide_get(t, &r, t->param))
		return;
	for (failing = 0; failing < most_cpus(&r) && !t->failed && !test_aborted(); failing++)
		for (u64 at = 1; at < 40; at = 3 * at + 1) {
			u64 was = failed;

			fail_once(t, &r, at, &failed);
			by_helpers += failing ? failed - was : 0;
		}
	CHECK(t, failed > by_helpers);
	if (helpers_plan(&r))
		CHECK(t, by_helpers);
	test_key(t, "failed=%lu by_helpers=%lu", failed, by_helpers);
}

/* ---- caches ---- */

static struct {
	u64 before[CPUS_MAX],
		at_unmap; /* touches of each CPU; of all CPUs when the first leaf was cleared */
} progress;

static u64 touched(unsigned cpu)
{
	return atomic_load_relaxed(&cpus[cpu].touches) - progress.before[cpu];
}

static u64 touched_by_all(void)
{
	u64 sum = 0;

	for (unsigned n = 0; n < cpus_nr; n++)
		sum += touched(n);
	return sum;
}

/* A filter of record_begin() that records nothing.  The first event of the range's linear map is
 * the store that clears its first leaf. */
static bool at_unmap(const struct pt_event *e)
{
	if (!progress.at_unmap && e->kind == PT_EV_SET && e->va - linear_va(seen.pa) < seen.len)
		progress.at_unmap = touched_by_all();
	return false;
}

static void remove_by(struct test_run *t, struct range *r, unsigned n)
{
	u32 before = crew_most;
	unsigned part = 0;

	seen = *r;
	for (unsigned c = 0; c < CPUS_MAX; c++)
		progress.before[c] = atomic_load_relaxed(&cpus[c].touches);
	progress.at_unmap = 0;
	crew_most = n;
	record_begin(&recorded, at_unmap);
	range_remove(t, r);
	record_end();
	crew_most = before;
	CHECK_EQ(t, r->report.cache_removed_bytes, r->len);
	CHECK_EQ(t, progress.at_unmap, touched_by_all());
	for (unsigned c = 0; c < cpus_nr; c++) {
		part += touched(c) > 0;
		/* in equal parts, except for one piece of each block */
		if (touched(c))
			CHECK(t, touched_by_all() / n <= touched(c) + range_blocks(r));
	}
	CHECK_EQ(t, part, n);
}

TEST(hotplug, wide_leaves,
     .claim = "cache maintenance of removed memory is divided among the CPUs, shows progress at "
	      "least every 2 MiB, and ends before the first leaf is cleared",
     .needs = NEED_RANGE | NEED_SMP, .could = COULD_YES /* counts are compared */)
{
	struct args saved = boot_args;
	struct why why = { 0 };
	struct range r;

	if (!range_get(t, &r, 1, NULL))
		return;
	CHECK_OK(t, args_word(&boot_args, (char[]) { "cache-leave=on" }, &why), &why);
	for (unsigned n = 1; n <= min_u64(MOST_CPUS, cpus_online_nr()) && !t->failed; n++) {
		if (!range_add(t, &r))
			break;
		remove_by(t, &r, n);
		CHECK(t, touched_by_all() * 2 * MiB >= r.len);
	}
	boot_args = saved;
}

/* ---- no CPU is idle, or the caller may not post ---- */

static struct {
	u32 stop;
	struct range *r;
	int err;
	cpumask_t spare;
	struct why why;
} scene;

static void stay_busy(void *arg)
{
	(void)arg;
	await_word(&scene.stop, 1, 0);
}

static void add_there(void *arg)
{
	struct range *r = scene.r;

	(void)arg;
	scene.spare = cpus_spare();
	record_begin(&recorded, of_seen);
	scene.err = hotplug_add(r->pa, r->len, r->node, &r->opts, &r->report, &scene.why);
	record_end();
}

static void added_by(struct test_run *t, struct range *r, unsigned cpu, u32 digest)
{
	if (!CHECK_OK(t, scene.err, &scene.why))
		return;
	CHECK_EQ(t, scene.spare, 0);
	CHECK_EQ(t, storers(t), cpu_bit(cpu));
	CHECK_EQ(t, digest_range(r->pa, r->len), digest);
	range_remove(t, r);
}

TEST(hotplug, wide_alone,
     .claim = "the caller adds alone while the other CPUs have work, in posted work, and on a CPU "
	      "that may not post",
     .rows = "S0-01", .needs = NEED_GIB | NEED_SMP, .identity = true,
     .could = COULD_YES /* who stores is counted */)
{
	cpumask_t last = other_cpus();
	struct range r;
	u32 digest;

	for (; last & (last - 1); last &= last - 1)
		;
	if (!wide_get(t, &r, NULL) || !wide_add(t, &r, CPUS_MAX))
		return;
	digest = digest_range(r.pa, r.len);
	CHECK_EQ(t, cpus_in(storers(t)), (unsigned)min_u64(range_blocks(&r), cpus_online_nr()));
	if (!range_remove(t, &r))
		return;
	CHECK_EQ(t, cpus_spare(), other_cpus());
	scene.r = &r;
	scene.stop = 0;
	cpu_post(last, stay_busy, NULL);
	add_there(NULL);
	atomic_store_release(&scene.stop, 1);
	cpu_wait(last);
	added_by(t, &r, 0, digest);
	cpu_run(cpu_bit(0), add_there, NULL);
	added_by(t, &r, 0, digest);
	cpu_run(last, add_there, NULL);
	added_by(t, &r, (unsigned)log2_u64(last), digest);
}

/* ---- Ctrl-C ---- */

static bool cancel_at_once(void)
{
	return true;
}

TEST(hotplug, wide_cancel,
     .claim = "Ctrl-C does not end an add of several CPUs, as it does not end an add of one",
     .rows = "S0-01", .needs = NEED_GIB | NEED_SMP, .identity = true,
     .could = COULD_YES /* who stores is counted */)
{
	bool (*asked)(void) = hotplug_cancelled;
	struct range r;

	if (!wide_get(t, &r, NULL))
		return;
	hotplug_cancelled = cancel_at_once;
	if (wide_add(t, &r, most_cpus(&r)) && CHECK_EQ(t, cpus_in(storers(t)), most_cpus(&r)))
		range_remove(t, &r);
	hotplug_cancelled = asked;
}
