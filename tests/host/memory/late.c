/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/memory/late.c - struct pages that are written after boot, or after the online of added
 * memory (mm/page/buddy_late.h): by which CPU, once, and before any CPU reads them.
 *
 * Two runs of boot memory: three windows of node 0, and two of node 2 with a window between them.
 * Two added blocks of four windows, of node 1.
 */
#include "memory.h"
#include <lib/fail.h>
#include <mm/page/buddy_late.h>
#include <mm/page/buddy_zone.h>
#include <string.h>

#define RUNS 2
#define WINDOWS 5
#define RUNS_MOST 32 /* that are remembered */

static const struct {
	u8 first, nr, node; /* windows */
} runs[RUNS] = { { 1, 3, 0 }, { 6, 2, 2 } };

static const u8 windows[WINDOWS] = { 1, 2, 3, 6, 7 };

static struct page *head_of(unsigned window)
{
	return pfn_to_page(RAM_PFN + window * BUDDY_WINDOW);
}

static unsigned node_of(unsigned window)
{
	return window < runs[1].first ? runs[0].node : runs[1].node;
}

/* The words of all struct pages of a window after its head. */
static bool all_are(unsigned window, const struct page *want)
{
	const struct page *head = head_of(window);

	for (u64 i = 1; i < BUDDY_WINDOW; i++)
		if (memcmp(&head[i], want, sizeof(*want)))
			return false;
	return true;
}

static bool is_unwritten(unsigned window)
{
	struct page ones;

	memset(&ones, 0xff, sizeof(ones));
	return all_are(window, &ones);
}

static bool is_written(unsigned window)
{
	struct page tail;

	memset(&tail, 0, sizeof(tail));
	tail.flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_TAIL, 0, node_of(window));
	return all_are(window, &tail) && !head_of(window)->private;
}

/* The state after boot: the struct pages of the runs are not written yet. */
static void boot(void)
{
	machine_new();
	late_begin();
	for (unsigned i = 0; i < RUNS; i++) {
		pfn_t pfn = RAM_PFN + runs[i].first * BUDDY_WINDOW;
		u64 nr = runs[i].nr * BUDDY_WINDOW;

		memset(pfn_to_page(pfn), 0xff, nr * sizeof(struct page));
		assert_true(late_run(pfn, nr, runs[i].node));
		buddy_give(pfn, nr, runs[i].node, ZONE_NORMAL);
	}
}

static void check_counts(u64 left, u64 taken, u64 awaited)
{
	struct late_counts c = late_counts();

	assert_int_equal(c.boot, WINDOWS);
	assert_int_equal(c.left, left);
	assert_int_equal(c.taken, taken);
	assert_int_equal(c.awaited, awaited);
}

/* Exactly these windows (bits) are written. */
static void check_written(u32 want)
{
	for (unsigned i = 0; i < WINDOWS; i++)
		if (want & BIT(windows[i]))
			assert_true(is_written(windows[i]));
		else
			assert_true(is_unwritten(windows[i]));
}

static void runs_are_remembered(void **state)
{
	pfn_t pfn;
	u64 nr;

	(void)state;
	boot();
	check_counts(WINDOWS, 0, 0);
	check_written(0);
	for (unsigned i = 0; i < RUNS; i++) {
		assert_true(late_nth(i, &pfn, &nr));
		assert_int_equal(pfn, RAM_PFN + runs[i].first * BUDDY_WINDOW);
		assert_int_equal(nr, runs[i].nr * BUDDY_WINDOW);
	}
	assert_false(late_nth(RUNS, &pfn, &nr));
	for (unsigned i = RUNS; i < RUNS_MOST; i++)
		assert_true(late_run(RAM_PFN, BUDDY_WINDOW, 0));
	memset(head_of(9), 0x5a, sizeof(struct page));
	assert_false(late_run(RAM_PFN + 9 * BUDDY_WINDOW, BUDDY_WINDOW, 0));
	assert_int_equal(head_of(9)->private, 0x5a5a5a5a5a5a5a5aul);
	assert_int_equal(late_counts().boot, WINDOWS + RUNS_MOST - RUNS);
	assert_true(late_nth(RUNS_MOST - 1, &pfn, &nr));
	assert_false(late_nth(RUNS_MOST, &pfn, &nr));
	late_begin();
	assert_int_equal(late_counts().boot, 0);
	assert_int_equal(late_counts().left, 0);
	assert_false(late_next());
}

static void windows_are_written_in_their_order(void **state)
{
	u32 written = 0;

	(void)state;
	boot();
	for (unsigned i = 0; i < WINDOWS; i++) {
		assert_true(late_next());
		written |= BIT(windows[i]);
		check_written(written);
		check_counts(WINDOWS - 1 - i, 0, 0);
	}
	assert_false(late_next());
	assert_false(late_next());
	check_counts(0, 0, 0);
}

/* A page of a window that is not written: all of it is, before it is split. */
static void who_takes_a_window_writes_it(void **state)
{
	struct page *p, *bulk[3];
	unsigned window;

	(void)state;
	boot();
	p = page_alloc(0, ZONE_NORMAL, 0, "late");
	assert_non_null(p);
	window = (unsigned)((page_to_pfn(p) - RAM_PFN) / BUDDY_WINDOW);
	check_counts(WINDOWS - 1, 1, 0);
	assert_false(head_of(window)->private);
	for (u64 i = 0; i < BUDDY_WINDOW; i++)
		assert_int_equal(page_node(head_of(window) + i), 0);
	page_free(p, 0);
	assert_int_equal(page_alloc_bulk(2, ZONE_NORMAL, 0, bulk, 3, "late"), 3);
	check_counts(WINDOWS - 2, 2, 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(page_node(bulk[i]), 2);
	p = page_alloc(0, ZONE_NORMAL, BUDDY_MAX_ORDER, "late");
	check_counts(WINDOWS - 2, 2, 0); /* the one that was freed */
	assert_ptr_equal(p, head_of(window));
	p = page_alloc(0, ZONE_NORMAL, BUDDY_MAX_ORDER, "late");
	check_counts(WINDOWS - 3, 3, 0);
	p->private = 1; /* its holder's from now on */
	while (late_next())
		;
	assert_int_equal(p->private, 1);
	assert_int_equal(p->refcount, 1);
	check_counts(0, 3, 0);
}

static void a_page_in_a_range_is_written_first(void **state)
{
	pfn_t at = RAM_PFN + 6 * BUDDY_WINDOW + 700;
	struct page *p;

	(void)state;
	boot();
	p = page_alloc_in(at, at + 1, "late");
	assert_ptr_equal(p, pfn_to_page(at));
	assert_int_equal(page_node(p), 2);
	assert_int_equal(p->private, 0);
	check_counts(WINDOWS - 1, 1, 0);
	assert_true(is_unwritten(7));
}

/* The range begins in a window that is written and in use; its page is of the next one. */
static void a_range_of_two_windows(void **state)
{
	struct page *p;

	(void)state;
	boot();
	late_settle_at(RAM_PFN + 6 * BUDDY_WINDOW);
	for (unsigned i = 0; i < BUDDY_WINDOW; i++)
		assert_non_null(page_alloc_in(RAM_PFN + 6 * BUDDY_WINDOW,
					      RAM_PFN + 7 * BUDDY_WINDOW, "late"));
	check_counts(WINDOWS - 1, 1, 0);
	p = page_alloc_in(RAM_PFN + 6 * BUDDY_WINDOW, RAM_PFN + 8 * BUDDY_WINDOW, "late");
	assert_ptr_equal(p, head_of(7));
	check_counts(WINDOWS - 2, 2, 0);
	assert_int_equal(page_node(p + BUDDY_WINDOW - 1), 2);
}

/* Only the requested window, and only while it is late. */
static void a_window_is_settled_by_itself(void **state)
{
	u32 written = 0;

	(void)state;
	boot();
	late_settle_at(RAM_PFN); /* boot wrote it */
	late_settle_at(RAM_PFN + BUDDY_WINDOW - 1);
	late_settle_at(RAM_PFN + 4 * BUDDY_WINDOW);
	late_settle_at(RAM_PFN + 6 * BUDDY_WINDOW - 1);
	late_settle_at(RAM_PFN + 8 * BUDDY_WINDOW);
	check_counts(WINDOWS, 0, 0);
	check_written(0);
	for (unsigned i = WINDOWS; i--;) {
		late_settle_at(RAM_PFN + windows[i] * BUDDY_WINDOW +
			       (i & 1 ? BUDDY_WINDOW - 1 : 0));
		written |= BIT(windows[i]);
		check_written(written);
		check_counts(i, WINDOWS - i, 0);
		late_settle_at(RAM_PFN + windows[i] * BUDDY_WINDOW + 5);
		check_counts(i, WINDOWS - i, 0);
	}
	while (late_next())
		;
	check_counts(0, WINDOWS, 0);
}

/* Pages that boot wrote: their pool is not used, and struct pages after a run are unchanged. */
static void windows_beside_runs_are_left(void **state)
{
	static const u8 beside[] = { 0, 4, 5, 8 };
	u64 locks;

	(void)state;
	boot();
	locks = machine_locks;
	for (unsigned i = 0; i < ARRAY_SIZE(beside); i++) {
		assert_int_equal(head_of(beside[i])->private, 0);
		late_settle_at(RAM_PFN + beside[i] * BUDDY_WINDOW);
		late_settle_at(RAM_PFN + (beside[i] + 1) * BUDDY_WINDOW - 1);
	}
	assert_int_equal(machine_locks, locks);
	late_settle_at(RAM_PFN + 4 * BUDDY_WINDOW - 1); /* the last page of a run is of it */
	late_settle_at(RAM_PFN + 8 * BUDDY_WINDOW - 1);
	check_written(BIT(3) | BIT(7));
}

static bool claimed;

static void see_claim(void)
{
	claimed |= head_of(1)->private == LATE_BUSY;
}

/* While a CPU writes the window, the window is claimed: another CPU waits. */
static void a_window_is_claimed(void **state)
{
	(void)state;
	boot();
	claimed = false;
	machine_on_unlock = see_claim;
	assert_true(late_next());
	machine_on_unlock = NULL;
	assert_true(claimed);
	check_written(BIT(1));
}

static void *asked[4];
static u8 points[4];
static unsigned nr_asked;

static bool note_lock(enum fail_point point, u64 about)
{
	if (nr_asked < ARRAY_SIZE(asked)) {
		points[nr_asked] = (u8)point;
		asked[nr_asked] = (void *)about;
	}
	nr_asked++;
	return false;
}

static void asked_once(enum fail_point point, const struct page *head)
{
	assert_true(nr_asked >= 1);
	assert_int_equal(points[0], point);
	assert_ptr_equal(asked[0], head);
	nr_asked = 0;
}

static void end_of_the_write(void)
{
	head_of(6)->private = 0;
}

/* Another CPU writes the window that is wanted: who wants it waits for that, and writes nothing. */
static void who_wants_a_window_waits_for_its_writer(void **state)
{
	(void)state;
	boot();
	head_of(6)->private = LATE_BUSY;
	machine_on_serve = end_of_the_write;
	machine_pauses = 0;
	nr_asked = 0;
	fail_hook = note_lock;
	late_settle_at(RAM_PFN + 6 * BUDDY_WINDOW + 1);
	machine_on_serve = NULL;
	assert_int_equal(machine_pauses, 1);
	asked_once(FAIL_LOCK, head_of(6));
	check_counts(WINDOWS, 0, 1);
	check_written(0);
	head_of(7)->private = LATE_BUSY;
	assert_true(late_next());
	fail_hook = NULL;
	asked_once(FAIL_UNLOCK, head_of(1));
	while (late_next()) /* neither does who looks for late ones */
		;
	check_counts(2, 0, 1);
	check_written(BIT(1) | BIT(2) | BIT(3));
	assert_int_equal(head_of(7)->private, LATE_BUSY);
}

/* For tests: whole windows become late again, no others. */
static void what_is_whole_becomes_late_again(void **state)
{
	struct page *p;

	(void)state;
	boot();
	assert_int_equal(late_again(WINDOWS), 0); /* they are late */
	while (late_next())
		;
	assert_int_equal(late_again(2), 2);
	check_counts(2, 0, 0);
	check_written(BIT(3) | BIT(6) | BIT(7));
	while (late_next())
		;
	check_counts(0, 0, 0);
	check_written(BIT(1) | BIT(2) | BIT(3) | BIT(6) | BIT(7));
	p = page_alloc(2, ZONE_NORMAL, 0, "late");
	assert_int_equal(late_again(WINDOWS), WINDOWS - 1);
	check_counts(WINDOWS - 1, 0, 0);
	page_free(p, 0);
	assert_int_equal(late_again(WINDOWS), 1);
	check_counts(WINDOWS, 0, 0);
	check_written(0);
}

/* ---- hot-added memory ---- */

#define ADDED 8 /* its first window */
#define PER_BLOCK (BLOCK_BYTES / 4096 / BUDDY_WINDOW)
#define ADDED_NODE 1

/* Block 2 or 3 is online from its page `front` on, and its whole windows are late. */
static void added(u64 block, u64 front)
{
	struct block *b = machine_block(block);
	pfn_t first = b->first_pfn + align_up(front, BUDDY_WINDOW);

	*b = (struct block) { .state = BLOCK_ONLINE,
			      .node = ADDED_NODE,
			      .zone = ZONE_MOVABLE,
			      .late = true,
			      .first_pfn = b->first_pfn };
	memset(pfn_to_page(first), 0xff,
	       (b->first_pfn + block_pages() - first) * sizeof(struct page));
	for (pfn_t pfn = b->first_pfn + front; pfn < first; pfn++)
		pfn_to_page(pfn)->flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_TAIL, 0, ADDED_NODE);
	buddy_give(b->first_pfn + front, block_pages() - front, ADDED_NODE, ZONE_MOVABLE);
	b->late = false;
}

static bool is_added_written(unsigned window)
{
	struct page tail;

	memset(&tail, 0, sizeof(tail));
	tail.flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_TAIL, 0, ADDED_NODE);
	return all_are(window, &tail) && !head_of(window)->private;
}

static void added_written(unsigned first, u32 want)
{
	for (unsigned i = 0; i < PER_BLOCK; i++) {
		const struct page *head = head_of(first + i);

		if (want & BIT(i)) {
			assert_true(is_added_written(first + i));
			continue;
		}
		assert_true(is_unwritten(first + i));
		assert_int_equal(head->private, LATE);
		assert_int_equal(head->refcount, 0);
		assert_null(head->owner);
		assert_null(head->head);
	}
}

static unsigned taken_window(void)
{
	struct page *p = page_alloc(ADDED_NODE, ZONE_MOVABLE, BUDDY_MAX_ORDER, "late");

	assert_non_null(p);
	return (unsigned)((page_to_pfn(p) - RAM_PFN) / BUDDY_WINDOW);
}

/* Only heads are written, and the lists are those of written memory. */
static void an_online_writes_heads(void **state)
{
	(void)state;
	machine_new();
	late_begin();
	added(2, 0);
	assert_int_equal(late_counts().added, PER_BLOCK);
	assert_int_equal(late_counts().left, PER_BLOCK);
	assert_int_equal(buddy_free_pages(ADDED_NODE, ZONE_MOVABLE), PER_BLOCK * BUDDY_WINDOW);
	assert_int_equal(buddy_check(NULL), 0);
	added_written(ADDED, 0);
	for (unsigned i = PER_BLOCK; i--;) {
		assert_int_equal(taken_window(), ADDED + i);
		assert_int_equal(late_counts().left, i);
		assert_true(is_added_written(ADDED + i));
	}
	assert_int_equal(late_counts().taken, PER_BLOCK);
	assert_false(late_next());
}

/* Pages before the first whole window are written by the add, and are no part of a late window. */
static void the_front_is_not_late(void **state)
{
	(void)state;
	machine_new();
	late_begin();
	added(3, 700);
	assert_int_equal(late_counts().left, PER_BLOCK - 1);
	assert_int_equal(buddy_check(NULL), 0);
	assert_int_equal(buddy_free_pages(ADDED_NODE, ZONE_MOVABLE),
			 PER_BLOCK * BUDDY_WINDOW - 700);
}

/* Boot memory first, then each window of every added block, also if others follow. */
static void idle_cpus_find_every_added_window(void **state)
{
	(void)state;
	boot();
	added(2, 0);
	for (unsigned i = 0; i < WINDOWS + 2; i++)
		assert_true(late_next());
	assert_int_equal(late_counts().left, 2);
	added_written(ADDED, BIT(0) | BIT(1));
	/* a written window is taken first */
	assert_int_equal(taken_window(), ADDED + 1);
	added(3, 0);
	assert_int_equal(taken_window(), ADDED);
	for (unsigned i = 0; i < 6; i++)
		assert_true(late_next());
	assert_false(late_next());
	assert_int_equal(late_counts().left, 0);
	assert_int_equal(late_counts().taken, 0);
	added_written(ADDED + 2, 15);
	added_written(ADDED + PER_BLOCK, 15);
}

static void see_busy(void)
{
	claimed |= head_of(ADDED)->private == LATE_BUSY;
}

static void an_added_window_is_claimed(void **state)
{
	(void)state;
	machine_new();
	late_begin();
	added(2, 0);
	claimed = false;
	machine_on_unlock = see_busy;
	assert_true(late_next());
	machine_on_unlock = NULL;
	assert_true(claimed);
	added_written(ADDED, BIT(0));
}

/* The struct page of `lo` is not written: the pool is that of the block. */
static void a_page_of_an_added_range(void **state)
{
	pfn_t at = RAM_PFN + (ADDED + 2) * BUDDY_WINDOW + 5;

	(void)state;
	machine_new();
	late_begin();
	added(2, 0);
	assert_ptr_equal(page_alloc_in(at, at + 1, "late"), pfn_to_page(at));
	assert_int_equal(late_counts().left, PER_BLOCK - 1);
}

static void end_of_the_added_write(void)
{
	head_of(ADDED + 1)->private = 0;
}

/* Whole windows of the range alone, each written or awaited before it is isolated. */
static void an_offline_settles_its_windows(void **state)
{
	struct block *b;
	u64 locks;

	(void)state;
	machine_new();
	late_begin();
	b = machine_block(2);
	added(2, 0);
	added(3, 0);
	head_of(ADDED + 1)->private = LATE_BUSY;
	machine_on_serve = end_of_the_added_write;
	b->isolated = true;
	assert_int_equal(buddy_isolate(b->first_pfn, block_pages()), block_pages());
	machine_on_serve = NULL;
	assert_int_equal(late_counts().awaited, 1);
	assert_int_equal(late_counts().taken, PER_BLOCK - 1);
	for (unsigned i = 0; i < PER_BLOCK; i++)
		assert_true(i == 1 ? is_unwritten(ADDED + i) : is_added_written(ADDED + i));
	added_written(ADDED + PER_BLOCK, 0);
	b->isolated = false;
	buddy_unisolate(b->first_pfn, block_pages());
	assert_int_equal(late_counts().left, PER_BLOCK + 1);
	while (late_next())
		;
	added_written(ADDED + PER_BLOCK, 15);
	/* nothing is late: no window is locked by itself */
	machine_new();
	late_begin();
	added(2, 0);
	while (late_next())
		;
	locks = machine_locks;
	assert_int_equal(buddy_isolate(b->first_pfn, block_pages()), block_pages());
	assert_int_equal(machine_locks - locks, 1);
}

int run_late_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_are_remembered),
		cmocka_unit_test(windows_are_written_in_their_order),
		cmocka_unit_test(who_takes_a_window_writes_it),
		cmocka_unit_test(a_page_in_a_range_is_written_first),
		cmocka_unit_test(a_range_of_two_windows),
		cmocka_unit_test(a_window_is_settled_by_itself),
		cmocka_unit_test(windows_beside_runs_are_left),
		cmocka_unit_test(a_window_is_claimed),
		cmocka_unit_test(who_wants_a_window_waits_for_its_writer),
		cmocka_unit_test(what_is_whole_becomes_late_again),
		cmocka_unit_test(an_online_writes_heads),
		cmocka_unit_test(the_front_is_not_late),
		cmocka_unit_test(idle_cpus_find_every_added_window),
		cmocka_unit_test(an_added_window_is_claimed),
		cmocka_unit_test(a_page_of_an_added_range),
		cmocka_unit_test(an_offline_settles_its_windows),
	};
	int failed = cmocka_run_group_tests_name("late", tests, NULL, NULL);

	late_begin();
	return failed;
}
