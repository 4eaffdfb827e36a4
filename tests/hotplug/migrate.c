/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Movable pages are live mappings: CPUs read and write them while their block is taken offline.  No
 * data is wrong, and every fault is within a published window (ENGINE 4).
 */
#include <kern/hooks.h>
#include <lib/atomic.h>
#include <lib/string.h>
#include <mm/hotplug/movable.h>
#include <mm/kernel/writer.h>
#include <mm/live/break_window.h>
#include <tests/harness/util.h>

#define PAGES 48
#define MOVES 96               /* a window is of all pages, so one closes in each move */
#define ENOUGH_NS 1500000000ul /* a migration takes long if many CPUs share few cores */

static struct movable pages[PAGES] NOINIT;
static struct {
	u32 stop;
	u64 rounds[CPUS_MAX], wrong[CPUS_MAX];
} load;

/* Each CPU owns one word of each page and increments it; the word must still have the last value
 * that the CPU wrote. */
static void hammer(void *arg)
{
	unsigned cpu = this_cpu()->nr;
	u64 last[PAGES] = { 0 };

	(void)arg;
	while (!atomic_load_acquire(&load.stop)) {
		for (unsigned i = 0; i < PAGES; i++) {
			volatile u64 *word = (volatile u64 *)va_ptr(pages[i].va) + 8 * cpu;

			load.wrong[cpu] += *word != last[i];
			*word = ++last[i];
		}
		atomic_store_relaxed(&load.rounds[cpu], load.rounds[cpu] + 1);
	}
}

static bool migrate_fill_range(struct test_run *t, const struct range *r)
{
	struct why why = { 0 };
	pfn_t pfn = r->pa >> page_shift();

	for (unsigned i = 0; i < PAGES; i++)
		if (!CHECK_OK(t,
			      movable_alloc_in(&pages[i], pfn, pfn + block_pages(), "migrate_live",
					       &why),
			      &why))
			return false;
	for (unsigned i = 0; i < PAGES; i++)
		memset(va_ptr(pages[i].va), 0, page_size());
	return true;
}

static u64 pages_inside(const struct range *r)
{
	u64 inside = 0;

	for (unsigned i = 0; i < PAGES; i++)
		inside += page_pa(pages[i].page) - r->pa < r->len;
	return inside;
}

static void drop_pages(void)
{
	for (unsigned i = 0; i < PAGES; i++)
		movable_free(&pages[i]);
}

/* Take the halves of the range offline in turn: pages are migrated to the other half. */
static u64 rounds_of_all(void)
{
	u64 rounds = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		rounds += atomic_load_relaxed(&load.rounds[c]);
	return rounds;
}

static unsigned move_both_ways(struct test_run *t, const struct range *r)
{
	struct range half[2] = { *r, *r };
	u64 start = clock_ns();
	unsigned i;

	half[0].len = half[1].len = r->len / 2;
	half[1].pa += half[1].len;
	for (i = 0; i < MOVES && (i < 4 || clock_ns() - start < ENOUGH_NS) && !test_aborted();
	     i++) {
		struct range *out = &half[i & 1];

		if (!range_offline(t, out))
			break;
		CHECK_EQ(t, out->report.moved_pages, PAGES);
		CHECK_EQ(t, pages_inside(out), 0);
		CHECK_EQ(t, pages_inside(&half[~i & 1]), PAGES);
		range_online(t, out, ZONE_MOVABLE);
	}
	return i;
}

TEST(hotplug, migrate_live,
     .claim = "pages that other CPUs write are migrated back and forth without a lost store",
     .rows = "S2-33", .needs = NEED_RANGE | NEED_SMP, .rev = 2)
{
	cpumask_t others = other_cpus();
	u64 wrong = 0, rounds = 0, faults = break_window_faults();
	struct range r, low, high;
	unsigned moves;

	if (!range_get(t, &r, 2, "block") || !range_add(t, &r))
		return;
	low = high = r;
	low.len = high.len = layout.block_bytes;
	high.pa += low.len;
	if (!range_online(t, &low, ZONE_MOVABLE) || !migrate_fill_range(t, &low) ||
	    !range_online(t, &high, ZONE_MOVABLE))
		return;
	load = (__typeof__(load)) { 0 };
	cpu_post(others, hammer, NULL);
	await_work(rounds_of_all);
	moves = move_both_ways(t, &r);
	atomic_store_release(&load.stop, 1);
	cpu_wait(others);
	for (unsigned c = 0; c < CPUS_MAX; c++) {
		wrong += load.wrong[c];
		rounds += load.rounds[c];
	}
	CHECK_EQ(t, wrong, 0);
	CHECK(t, rounds > 0);
	test_key(t, "moved=%u rounds=%lu waited=%lu", moves * PAGES, rounds,
		 break_window_faults() - faults);
	drop_pages();
	range_down(t, &r);
	range_reset(&r);
}

/*
 * Until the invalidation is complete a CPU may write through its stale TLB entry.  The test makes
 * such a write at the last moment, through the linear map to the old page.
 */
static struct {
	paddr_t old[PAGES];
	u64 writes;
} late;

static bool write_late(struct pt_event *e)
{
	for (unsigned i = 0; i < PAGES && e->kind == PT_EV_TLBI; i++)
		if (pt_translate(&kpt, pages[i].va) == PA_NONE) {
			*(volatile u64 *)pa_ptr(late.old[i]) = 0x1a7e0000 + i;
			late.writes++;
		}
	return true;
}

static const struct pt_tap late_tap = { .name = "test.late", .before = write_late };
PT_TAP(test_late, late_tap);

TEST(hotplug, migrate_late_store,
     .claim = "a store to a page in migration just before its invalidation is not lost",
     .rows = "S2-33", .needs = NEED_RANGE)
{
	struct range r;
	u64 wrong = 0;

	if (!range_get(t, &r, 1, "block") || !range_up(t, &r, ZONE_MOVABLE) ||
	    !migrate_fill_range(t, &r))
		return;
	for (unsigned i = 0; i < PAGES; i++)
		late.old[i] = page_pa(pages[i].page);
	late.writes = 0;
	pt_tap_enable("test.late", true);
	range_offline(t, &r);
	pt_tap_enable("test.late", false);
	CHECK_EQ(t, late.writes, PAGES);
	for (unsigned i = 0; i < PAGES; i++)
		wrong += *(u64 *)va_ptr(pages[i].va) != 0x1a7e0000 + i;
	CHECK_EQ(t, wrong, 0);
	drop_pages();
	range_remove(t, &r);
	range_reset(&r);
}

TEST(hotplug, migrate_contents,
     .claim = "every used page of an offlined block is migrated with its contents", .rows = "S2-33",
     .needs = NEED_RANGE)
{
	struct range r;
	u64 wrong = 0;

	if (!range_get(t, &r, 1, "block") || !range_up(t, &r, ZONE_MOVABLE) ||
	    !migrate_fill_range(t, &r))
		return;
	for (unsigned i = 0; i < PAGES; i++)
		for (unsigned w = 0; w < page_size() / 8; w++)
			((u64 *)va_ptr(pages[i].va))[w] = (u64)i << 32 | w;
	range_offline(t, &r);
	CHECK_EQ(t, r.report.moved_pages, PAGES);
	for (unsigned i = 0; i < PAGES; i++) {
		for (unsigned w = 0; w < page_size() / 8; w++)
			wrong += ((u64 *)va_ptr(pages[i].va))[w] != ((u64)i << 32 | w);
		CHECK_EQ(t, pt_translate(&kpt, pages[i].va), page_pa(pages[i].page));
	}
	CHECK_EQ(t, wrong, 0);
	CHECK_EQ(t, pages_inside(&r), 0);
	drop_pages();
	range_remove(t, &r);
	range_reset(&r);
}

static void refused_for_room(struct test_run *t, const struct range *r)
{
	struct digest before, after;
	struct why why = { 0 };

	digest_take(&before);
	CHECK_REFUSED(t, hotplug_offline(r->pa, r->len, NULL, &why), ENOMEM, &why);
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	CHECK_EQ(t, range_block(r, 0)->state, BLOCK_ONLINE);
	CHECK_EQ(t, pages_inside(r), PAGES);
}

TEST(hotplug, migrate_no_room,
     .claim = "a block without free memory for its pages, or for half of them, stays online and "
	      "unchanged",
     .rows = "S2-33", .needs = NEED_RANGE)
{
	struct test_hog hog;
	struct range r;

	hog_init(&hog);
	hog_orders(&hog, ZONE_MOVABLE, 0); /* takes memory of devices and of the operator */
	if (!range_get(t, &r, 1, "block") || !range_up(t, &r, ZONE_MOVABLE) ||
	    !migrate_fill_range(t, &r)) {
		hog_drop(&hog);
		return;
	}
	hog_orders(&hog, ZONE_NORMAL, 0);
	refused_for_room(t, &r);
	while (hog.nr && free_of_zone(ZONE_NORMAL) < PAGES / 2)
		hog_drop_one(&hog);
	for (unsigned n = 0; n < NODES_MAX; n++)
		while (free_of_zone(ZONE_NORMAL) > PAGES / 2 && hog_one(&hog, n, ZONE_NORMAL, 0))
			;
	if (CHECK_EQ(t, free_of_zone(ZONE_NORMAL), PAGES / 2))
		refused_for_room(t, &r);
	test_key(t, "room=%lu", free_of_zone(ZONE_NORMAL));
	hog_drop(&hog);
	drop_pages();
	range_down(t, &r);
	range_reset(&r);
}

/*
 * A fault whose page migrates twice: the fault handler finds no window, because the first migration
 * has ended; then the next one begins, and the tree does not permit the access.
 */
static struct {
	struct pt_spot spot;
	vaddr_t va;
	paddr_t home;
	unsigned checks;
	bool (*window)(vaddr_t);
} again;

static bool moves_again(vaddr_t va)
{
	if (align_down(va, page_size()) != again.va)
		return again.window && again.window(va);
	if (!again.checks++)
		return false;
	pt_spots_make(&kpt, &again.spot, &again.home, 1); /* the second migration has ended */
	return true;
}

static void break_page(void)
{
	enum pt_writer was = writer_enter(PT_WRITER_MIGRATE);
	struct pt_gather g;

	ASSERT_OP(pt_spots_find(&kpt, &again.va, 1, &again.spot), ==, 0);
	pt_gather_begin(&g, &kpt, NULL, 0);
	pt_spots_break(&kpt, &again.spot, 1, &g);
	pt_gather_flush(&g);
	pt_gather_release(&g);
	writer_leave(was);
}

/* Run `body` with pages[0] in a block that is added for it. */
static void with_page(struct test_run *t, const char *owner, void (*body)(struct test_run *t))
{
	struct why why = { 0 };
	struct range r;

	if (!range_get(t, &r, 1, "block") || !range_up(t, &r, ZONE_MOVABLE))
		return;
	if (CHECK_OK(t,
		     movable_alloc_in(&pages[0], r.pa >> page_shift(),
				      (r.pa + r.len) >> page_shift(), owner, &why),
		     &why)) {
		body(t);
		movable_free(&pages[0]);
	}
	range_down(t, &r);
	range_reset(&r);
}

static void is_moved_again(struct test_run *t)
{
	again = (__typeof__(again)) { .va = pages[0].va,
				      .home = page_pa(pages[0].page),
				      .window = kern_hooks.fault_window };
	*(volatile u64 *)va_ptr(again.va) = 0xa9a1;
	break_page();
	kern_hooks.fault_window = moves_again;
	atomic_fence_interrupt(); /* the fault handler reads it */
	CHECK_EQ(t, *(volatile u64 *)va_ptr(again.va), 0xa9a1);
	kern_hooks.fault_window = again.window;
	CHECK_EQ(t, again.checks, 2);
}

TEST(hotplug, migrate_again,
     .mutes_sanitizer = true, /* it stores as migration does, but without its lock */
     .claim = "a fault on a page that migrates again while it is handled waits and is not reported",
     .rows = "S2-33", .needs = NEED_RANGE)
{
	with_page(t, "migrate_again", is_moved_again);
}

static void is_retried(struct test_run *t)
{
	struct why why = { 0 };

	for (unsigned move = 0; move < 2; move++) {
		CHECK_OK(t, movable_move(&pages[0], &why), &why);
		CHECK(t, break_window_fault(pages[0].va));
		CHECK(t, !break_window_fault(pages[0].va));
	}
}

/* A fault may have occurred before its window ended; a second one there has another cause, unless
 * the page has migrated again. */
TEST(hotplug, migrate_retry,
     .claim = "a fault on a page that has migrated is retried once for each migration, and no more",
     .rows = "S2-33", .needs = NEED_RANGE)
{
	with_page(t, "migrate_retry", is_retried);
}
