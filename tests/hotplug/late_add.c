/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S2-29: struct pages of hot-added memory that are written after the online (mm/page/buddy_late.h).
 * A test first fills the memory that will hold them with ones.  A struct page that no CPU has
 * written still has them, which is_tail() and has_ones() find.
 */
#include <lib/atomic.h>
#include <lib/string.h>
#include <mm/memmap/memmap_late.h>
#include <mm/page/buddy_late.h>
#include <tests/harness/util.h>

#define WINDOW 1024ul
#define WORDS 8
#define RACE_ROUNDS 30

/* ---- the range and its windows ---- */

/* Fill the front of the range, where a self-hosted memmap will be. */
static bool fill_with_ones(struct test_run *t, struct range *r)
{
	struct hotplug_opts opts = r->opts;

	r->opts.memmap = test_memmap(t, "host");
	if (!range_add(t, r))
		return false;
	memset(pa_ptr(r->pa), 0xff, memmap_bytes(r->len >> page_shift()));
	if (!range_remove(t, r))
		return false;
	r->opts = opts;
	return true;
}

/* A range of one block with noise in its future memmap, of which some windows will be late. */
static bool late_range(struct test_run *t, struct range *r, const char *memmap)
{
	memmap_late_finish();
	if (!range_get(t, r, 1, memmap) || !fill_with_ones(t, r))
		return false;
	if (late_adds)
		return true;
	test_skip(t, "boot-memmap=now");
	return false;
}

static pfn_t usable(const struct range *r)
{
	return (r->pa >> page_shift()) + range_block(r, 0)->altmap_pages;
}

static pfn_t end_of(const struct range *r)
{
	return (r->pa + r->len) >> page_shift();
}

/* The first window that consists of usable pages alone. */
static pfn_t first_window(const struct range *r)
{
	return (usable(r) + WINDOW - 1) / WINDOW * WINDOW;
}

static u64 windows_of(const struct range *r)
{
	return end_of(r) / WINDOW - first_window(r) / WINDOW;
}

/* Does it have the noise of late_range()? */
static bool has_ones(const struct page *p)
{
	const u64 *w = (const void *)p;
	bool ones = p->flags == ~0u || p->refcount == ~0u;

	for (unsigned i = 1; i < WORDS; i++)
		ones |= w[i] == ~0ul;
	return ones;
}

/* Other words of a page that was a chunk of its own may have old pointers of the lists. */
static bool is_tail(const struct page *p, unsigned node)
{
	return *(const u64 *)(const void *)p == ((u64)node << 16 | PAGE_TAIL << 4 | PAGE_BUDDY) &&
	       !has_ones(p);
}

static u64 unwritten(const struct range *r)
{
	u64 n = 0;

	for (pfn_t pfn = r->pa >> page_shift(); pfn < end_of(r); pfn++)
		n += has_ones(pfn_to_page(pfn));
	return n;
}

/* Struct pages of [lo, hi), one free or offline chunk a window, that are not as written; `heads`:
 * those of the heads too. */
static u64 wrong_pages(const struct range *r, pfn_t lo, pfn_t hi, bool heads)
{
	u64 wrong = 0;

	for (pfn_t pfn = lo; pfn < hi; pfn++)
		if (heads || pfn % WINDOW)
			wrong += !is_tail(pfn_to_page(pfn), r->node);
	return wrong;
}

/* ---- one CPU ---- */

TEST(hotplug, late_add,
     .claim = "added memory is online and its first page in use before most struct pages are "
	      "written, and afterwards all of them are as if the add had written them",
     .rows = "S2-29", .needs = NEED_RANGE, .params = memmap_names, .identity = true)
{
	struct late_counts had, now;
	struct range r;
	struct page *p;
	pfn_t at;

	if (!late_range(t, &r, t->param))
		return;
	had = late_counts();
	if (!range_add(t, &r))
		return;
	CHECK(t, range_block(&r, 0)->late);
	CHECK_EQ(t, late_counts().left, had.left);
	if (!range_online(t, &r, ZONE_MOVABLE))
		return;
	now = late_counts();
	CHECK(t, !range_block(&r, 0)->late);
	CHECK_EQ(t, now.left - had.left, windows_of(&r));
	CHECK_EQ(t, now.added - had.added, windows_of(&r));
	at = first_window(&r) + WINDOW - 1;
	p = page_alloc_in(at, at + 1, "late"); /* the only one of its window that may be read */
	CHECK(t, p == pfn_to_page(at));
	CHECK_EQ(t, late_counts().left, now.left - 1);
	CHECK_EQ(t, late_counts().taken, now.taken + 1);
	if (p)
		page_free(p, 0);
	CHECK_EQ(t, wrong_pages(&r, first_window(&r), first_window(&r) + WINDOW, false), 0);
	memmap_late_finish();
	CHECK_EQ(t, late_counts().left, 0);
	CHECK_EQ(t, wrong_pages(&r, first_window(&r), end_of(&r), false), 0);
	CHECK_EQ(t, unwritten(&r), 0); /* from the first page on */
	range_down(t, &r);
	range_reset(&r);
}

TEST(hotplug, late_offline,
     .claim = "an offline writes the struct pages that are late, and memory that never was online "
	      "is removed without them",
     .rows = "S2-29", .needs = NEED_RANGE, .params = memmap_names, .identity = true)
{
	struct range r;
	u64 left;

	if (!late_range(t, &r, t->param) || !range_add(t, &r) || !range_remove(t, &r))
		return;
	if (!fill_with_ones(t, &r) || !range_up(t, &r, ZONE_NORMAL))
		return;
	left = late_counts().left;
	CHECK(t, left >= windows_of(&r));
	if (!range_offline(t, &r))
		return;
	CHECK_EQ(t, late_counts().left, left - windows_of(&r));
	CHECK_EQ(t, wrong_pages(&r, first_window(&r), end_of(&r), true), 0);
	/* a second online finds them written */
	if (!range_online(t, &r, ZONE_MOVABLE))
		return;
	CHECK_EQ(t, late_counts().left, left - windows_of(&r));
	range_down(t, &r);
	range_reset(&r);
}

TEST(hotplug, late_readers,
     .claim = "digest, counts and the buddy's check do not depend on when struct pages are written",
     .rows = "S2-29 S0-01", .needs = NEED_RANGE, .params = memmap_names)
{
	struct digest is_late, written;
	struct why why = { 0 };
	struct range r;
	u64 free;

	if (!late_range(t, &r, t->param) || !range_up(t, &r, ZONE_MOVABLE))
		return;
	CHECK(t, late_counts().left >= windows_of(&r));
	free = buddy_free_total();
	CHECK_OK(t, buddy_check(&why), &why);
	digest_take(&is_late);
	CHECK(t, late_counts().left >= windows_of(&r)); /* no reader had to write them */
	memmap_late_finish();
	digest_take(&written);
	CHECK_OK(t, digest_compare(&is_late, &written, &why), &why);
	CHECK_OK(t, buddy_check(&why), &why);
	CHECK_EQ(t, buddy_free_total(), free);
	range_down(t, &r);
	range_reset(&r);
}

/* ---- other CPUs write, allocate and free meanwhile ---- */

static struct {
	u32 stop, quiet; /* atomic */
	unsigned node;
	u64 wrote, took, lost; /* atomic */
} race;

/* A user of a window stores to every struct page of it. */
static void take_window(void)
{
	struct page *p = page_alloc(race.node, ZONE_MOVABLE, 10, "late");
	u64 lost = 0;

	if (!p)
		return;
	for (u64 i = 0; i < WINDOW; i++)
		p[i].private = 1;
	for (u64 i = 0; i < WINDOW; i++) {
		lost += p[i].private != 1 || page_node(p + i) != race.node;
		p[i].private = 0;
	}
	atomic_fetch_add_relaxed(&race.lost, lost);
	atomic_fetch_add_relaxed(&race.took, 1);
	page_free(p, 10);
}

static void race_cpu(void *arg)
{
	(void)arg;
	while (!atomic_load_relaxed(&race.stop)) {
		for (u64 n = 0; n < 4 && late_next(); n++)
			atomic_fetch_add_relaxed(&race.wrote, 1);
		if (this_cpu()->nr % 2 && !atomic_load_relaxed(&race.quiet))
			take_window();
		cpu_serve();
	}
}

/* A window that another CPU has just taken prevents the offline: try again, and after many times
 * without new ones, however slow that CPU is. */
static bool offline_soon(struct test_run *t, struct range *r)
{
	struct why why = { 0 };
	int err = -EBUSY;

	for (unsigned i = 0; err == -EBUSY && !test_aborted(); i++) {
		atomic_store_relaxed(&race.quiet, i >= 1000);
		err = hotplug_offline(r->pa, r->len, NULL, &why);
	}
	atomic_store_relaxed(&race.quiet, 0);
	return CHECK_OK(t, err, &why);
}

TEST(hotplug, late_race,
     .claim = "while other CPUs write late windows and allocate them, memory is added and removed: "
	      "each is written once, and none that is removed",
     .rows = "S2-29", .needs = NEED_RANGE | NEED_SMP, .params = memmap_names, .could = COULD_YES)
{
	cpumask_t others = cpus_online() & ~cpu_bit(this_cpu()->nr);
	bool poison = buddy_poison;
	u64 rounds = 0, wrong = 0;
	struct range r;

	if (!late_range(t, &r, t->param))
		return;
	buddy_poison = false;
	race.stop = 0;
	race.wrote = race.took = race.lost = 0;
	race.node = r.node;
	cpu_post(others, race_cpu, NULL);
	for (; rounds < RACE_ROUNDS && !t->failed && !test_aborted(); rounds++) {
		if (!range_up(t, &r, ZONE_MOVABLE) || !offline_soon(t, &r))
			break;
		wrong += wrong_pages(&r, first_window(&r), end_of(&r), true);
		if (!range_remove(t, &r) || !fill_with_ones(t, &r))
			break;
	}
	atomic_store_relaxed(&race.stop, 1);
	cpu_wait(others);
	buddy_poison = poison;
	CHECK_EQ(t, wrong, 0);
	CHECK_EQ(t, race.lost, 0);
	test_key(t, "rounds=%lu written=%lu taken=%lu", rounds, race.wrote, race.took);
	range_reset(&r);
}
