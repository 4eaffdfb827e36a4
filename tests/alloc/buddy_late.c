/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Struct pages of boot memory that boot did not write (mm/page/buddy_late.h).  Each test makes
 * windows late again, with struct pages of all ones, and checks each of them afterwards.
 */
#include <arch/arch.h>
#include <kern/crew.h>
#include <lib/atomic.h>
#include <lib/string.h>
#include <mm/memmap/memmap_late.h>
#include <mm/page/buddy_late.h>
#include <tests/harness/util.h>

#define MOST_WINDOWS 256 /* 1 GiB of 4K pages */
#define WINDOW 1024ul
#define WORDS 8
#define LATE_MARK 1 /* in the head of a window that no CPU writes yet */

/* ---- checks ---- */

/* Is it a free chunk of a whole window: order 10, state FREE, PAGE_BUDDY, of this node? */
static bool whole_window(const struct page *head, unsigned node)
{
	return head->flags == ((u32)node << 16 | 10 << 8 | PAGE_FREE << 4 | PAGE_BUDDY);
}

/* Count the windows of boot memory that are free and written, by their heads. */
static u64 free_windows(void)
{
	u64 found = 0, nr;
	pfn_t pfn;

	for (unsigned n = 0; late_nth(n, &pfn, &nr); n++)
		for (u64 i = 0; i < nr; i += WINDOW) {
			const struct page *head = pfn_to_page(pfn + i);

			found += whole_window(head, page_node(head)) && !head->private;
		}
	return found;
}

/* Make windows late and return their number; 0: the test is skipped. */
static u64 late_get(struct test_run *t, u64 most)
{
	u64 there = free_windows(), n;

	CHECK_EQ(t, late_counts().left, 0); /* nothing is late when a test begins */
	n = late_again(most);
	CHECK_EQ(t, n, min_u64(there, most));
	if (!n)
		test_skip(t, "no whole window of boot memory is free, or boot-memmap=now");
	return n;
}

/* Is this window late? */
static bool late_window_at(const struct page *head)
{
	return whole_window(head, page_node(head)) && head->private;
}

static bool is_clean_tail(const u64 *w, unsigned node)
{
	u64 any = w[0] ^ ((u64)node << 16 | PAGE_TAIL << 4 | PAGE_BUDDY);

	/* the head may have the mark of a page that was filled when it was freed (poison=) */
	for (unsigned i = 1; i < WORDS; i++)
		any |= w[i] == BUDDY_POISON ? 0 : w[i];
	return !any;
}

static bool has_ones(const u64 *w)
{
	bool ones = false;

	for (unsigned i = 0; i < WORDS; i++)
		ones |= w[i] == ~0ul;
	return ones;
}

/* Count the wrong struct pages of the window; *late: the window is late. */
static u64 wrong_pages(struct page *head, bool *late)
{
	u64 wrong = 0;

	*late = late_window_at(head);
	for (u64 i = 1; i < WINDOW && !*late; i++)
		wrong += has_ones((const u64 *)(const void *)(head + i));
	return wrong;
}

/* Check all windows; returns how many of them are late. */
static u64 check_windows(struct test_run *t)
{
	u64 nr, wrong = 0, count = 0;
	pfn_t pfn;
	bool late;

	for (unsigned n = 0; late_nth(n, &pfn, &nr); n++)
		for (u64 i = 0; i < nr; i += WINDOW) {
			wrong += wrong_pages(pfn_to_page(pfn + i), &late);
			count += late;
		}
	CHECK_EQ(t, wrong, 0);
	CHECK_EQ(t, late_counts().left, count);
	return count;
}

/* Record which windows are late: those are read word by word afterwards. */
static u64 late_bits[MOST_WINDOWS / 64] NOINIT;

/* Is this page in a window that may be late? */
static bool late_nth_has(pfn_t at)
{
	pfn_t pfn;
	u64 nr;

	for (unsigned i = 0; late_nth(i, &pfn, &nr); i++)
		if (at - pfn < nr)
			return true;
	return false;
}

static void each_window(void (*fn)(struct page *head, u64 n, void *arg), void *arg)
{
	u64 nr, n = 0;
	pfn_t pfn;

	for (unsigned i = 0; late_nth(i, &pfn, &nr); i++)
		for (u64 at = 0; at < nr && n < MOST_WINDOWS; at += WINDOW, n++)
			fn(pfn_to_page(pfn + at), n, arg);
}

static void note_window(struct page *head, u64 n, void *arg)
{
	(void)arg;
	if (late_window_at(head))
		late_bits[n / 64] |= BIT(n % 64);
}

static void count_dirty(struct page *head, u64 n, void *arg)
{
	u64 *wrong = arg;

	if (!(late_bits[n / 64] & BIT(n % 64)))
		return;
	*wrong += !whole_window(head, page_node(head)) || head->private;
	for (u64 i = 1; i < WINDOW; i++)
		*wrong += !is_clean_tail((const u64 *)(const void *)(head + i), page_node(head));
}

static void note_late_windows(void)
{
	memset(late_bits, 0, sizeof(late_bits));
	each_window(note_window, NULL);
}

static void expect_clean(struct test_run *t)
{
	u64 wrong = 0;

	each_window(count_dirty, &wrong);
	CHECK_EQ(t, wrong, 0);
}

/* ---- by idle CPUs ---- */

static const char *const crews[] = { "1", "2", "3", "4", "8", NULL };

TEST(alloc, late_crew,
     .claim = "idle CPUs write every struct page that boot left, each once, and no other",
     .rows = "S2-29", .params = crews, .could = COULD_YES)
{
	static const u8 cpus_of[] = { 1, 2, 3, 4, 8 };
	u32 before = crew_most;
	struct why why = { 0 };

	if (cpus_online_nr() < cpus_of[t->param_at]) {
		test_skip(t, "needs %u CPUs", cpus_of[t->param_at]);
		return;
	}
	if (!late_get(t, MOST_WINDOWS))
		return;
	note_late_windows();
	check_windows(t);
	crew_most = cpus_of[t->param_at];
	memmap_late_finish();
	crew_most = before;
	CHECK_EQ(t, late_counts().left, 0);
	expect_clean(t);
	CHECK_EQ(t, check_windows(t), 0);
	CHECK_OK(t, buddy_check(&why), &why);
}

static bool called(void)
{
	return true;
}

TEST(alloc, late_interrupts, .claim = "interrupts are as they were when a window has been written",
     .could = COULD_YES)
{
	u64 wrong = 0;
	bool more = late_get(t, 4) != 0;

	for (bool off = false; more && !test_aborted(); off = !off) {
		u64 flags = arch_irq_save();

		if (!off)
			arch_irq_enable();
		more = late_next();
		wrong += arch_irqs_on() == off;
		arch_irq_restore(flags);
	}
	CHECK_EQ(t, wrong, 0);
}

TEST(alloc, late_stop,
     .claim = "a CPU that has other work while it writes late struct pages stops after one window",
     .rows = "S2-29")
{
	u64 n = late_get(t, 8), left = n;
	u32 before = crew_most;

	if (!n)
		return;
	note_late_windows();
	crew_most = 1;
	for (u64 calls = 0; left && calls < 4096; calls++) {
		u64 was = left;

		memmap_late_write(called);
		left = late_counts().left;
		CHECK(t, was - left <= 1);
	}
	CHECK_EQ(t, left, 0);
	CHECK(t, !memmap_late_write(called)); /* and the shell can sleep */
	crew_most = before;
	expect_clean(t);
}

/* ---- readers ---- */

struct late_sight {
	struct digest digest;
	u64 free, longest, managed;
	int check;
};

static void late_read(struct late_sight *s)
{
	digest_take(&s->digest);
	s->free = buddy_free_total();
	s->longest = s->managed = 0;
	for (unsigned node = 0; node < NODES_MAX; node++) {
		s->longest += buddy_longest_run(node, ZONE_NORMAL);
		s->managed += buddy_managed_pages(node, ZONE_NORMAL);
	}
	s->check = buddy_check(NULL);
}

TEST(alloc, late_digest,
     .claim = "digest, counts, longest runs and the buddy's check are the same with late windows",
     .rows = "S2-29 S0-01")
{
	struct late_sight before, while_late, after;
	struct why why = { 0 };

	late_read(&before);
	if (!late_get(t, MOST_WINDOWS))
		return;
	late_read(&while_late);
	CHECK(t, late_counts().left != 0); /* no reader had to write them */
	memmap_late_finish();
	late_read(&after);
	CHECK_OK(t, digest_compare(&before.digest, &while_late.digest, &why), &why);
	CHECK_OK(t, digest_compare(&before.digest, &after.digest, &why), &why);
	CHECK_EQ(t, while_late.free, before.free);
	CHECK_EQ(t, while_late.longest, before.longest);
	CHECK_EQ(t, while_late.managed, before.managed);
	CHECK_EQ(t, while_late.check, 0);
	CHECK_EQ(t, after.check, 0);
}

TEST(alloc, late_hotplug,
     .claim = "memory is added, used and removed while all free boot memory is late",
     .rows = "S2-29 S0-01", .needs = NEED_RANGE, .identity = true, .params = memmap_names)
{
	struct range r;

	if (!range_get(t, &r, 1, t->param))
		return;
	if (!late_get(t, ~0ul))
		return;
	r.opts.leaf = 0;
	if (range_up(t, &r, ZONE_MOVABLE))
		range_down(t, &r);
	range_reset(&r);
	check_windows(t);
	memmap_late_finish();
	CHECK_EQ(t, check_windows(t), 0);
}

/* ---- allocations from a late window ---- */

static struct page *bulk[64] NOINIT;

/* Each function takes memory from some late window; the pages are put into the hog or freed at
 * once. */
static void take_bulk(struct test_hog *h, unsigned node, unsigned order)
{
	unsigned n = page_alloc_bulk(node, ZONE_NORMAL, 0, bulk, ARRAY_SIZE(bulk), "late");

	(void)order;
	for (unsigned i = 0; i < n; i++)
		hog_keep(h, bulk[i]);
}

static void take_order(struct test_hog *h, unsigned node, unsigned order)
{
	hog_one(h, node, ZONE_NORMAL, order);
}

/* Record the last page of a late window. */
static void note_first(struct page *head, u64 n, void *arg)
{
	pfn_t *pfn = arg;

	(void)n;
	if (!*pfn && late_window_at(head))
		*pfn = page_to_pfn(head) + WINDOW - 1;
}

static void take_last(struct test_hog *h, unsigned node, unsigned order)
{
	struct page *p;
	pfn_t pfn = 0;

	(void)node;
	(void)order;
	each_window(note_first, &pfn);
	p = pfn ? page_alloc_in(pfn, pfn + 1, "late") : NULL;
	if (!p)
		return;
	hog_keep(h, p);
}

/* Record the head of a late window whose next window is late too. */
static void note_pair(struct page *head, u64 n, void *arg)
{
	const struct page *next = head + WINDOW;
	pfn_t *pfn = arg;
	bool pair = n + 1 < MOST_WINDOWS && late_nth_has(page_to_pfn(next)) &&
		    whole_window(next, page_node(head)) && next->private;

	if (!*pfn && pair && late_window_at(head))
		*pfn = page_to_pfn(head);
}

/* Take the last page of one window, then a page from there to the end of the next window, which can
 * only be in the latter. */
static void take_next(struct test_hog *h, unsigned node, unsigned order)
{
	struct page *p;
	pfn_t pfn = 0;

	(void)node;
	(void)order;
	each_window(note_pair, &pfn);
	for (unsigned i = 0; pfn && i < 2; i++) {
		p = page_alloc_in(pfn + WINDOW - 1, pfn + (1 + i) * WINDOW, "late");
		if (!p)
			return;
		hog_keep(h, p);
	}
}

static const struct taking {
	const char *name;
	void (*take)(struct test_hog *, unsigned node, unsigned order);
	unsigned order;
	unsigned windows; /* that are written for it */
} takings[] = {
	{ "page", take_order, 0, 1 },       { "order-3", take_order, 3, 1 },
	{ "order-9", take_order, 9, 1 },    { "window", take_order, 10, 1 },
	{ "bulk", take_bulk, 0, 1 },        { "last-page", take_last, 0, 1 },
	{ "next-window", take_next, 0, 2 },
};

/* Record a node that has late windows. */
static void note_node(struct page *head, u64 n, void *arg)
{
	(void)n;
	if (late_window_at(head))
		*(unsigned *)arg = page_node(head);
}

TEST(alloc, late_taken,
     .claim = "a chunk of a late window has its struct pages when it is allocated", .rows = "S2-29",
     .params = PARAMS_OF(takings))
{
	const struct taking *k = &takings[t->param_at];
	u64 had, n = late_get(t, ~0ul);
	bool poison = buddy_poison;
	unsigned node = NODES_MAX;
	struct test_hog h;

	if (!n)
		return;
	had = late_counts().taken;
	each_window(note_node, &node);
	hog_init(&h);
	for (u64 i = 0; node < NODES_MAX && i < 100000 && late_counts().taken == had; i++)
		k->take(&h, node, k->order);
	CHECK_EQ(t, late_counts().taken, had + k->windows);
	CHECK_EQ(t, check_windows(t), n - k->windows);
	buddy_poison = false;
	hog_drop(&h);
	buddy_poison = poison;
	memmap_late_finish();
	CHECK_EQ(t, check_windows(t), 0);
}

/* ---- allocations from a window that is being written ---- */

#define RACE_WINDOWS 2
#define RACE_ROUNDS 200
#define HELD 2

static u64 race_lost, race_got;      /* atomic */
static const struct page *race_head; /* of the window that late_next() writes first */

/* In every other round the taker waits until another CPU has begun to write the window. */
static void race_await(u64 round)
{
	u64 was = LATE_MARK;

	for (u64 i = 0; i < 20000 && round % 2 && was == LATE_MARK; i++)
		was = atomic_load_relaxed(&race_head->private);
}

static void stamp(struct page *head, u64 mark)
{
	for (u64 i = 0; i < WINDOW; i++)
		head[i].private = mark;
}

/* Count the struct pages that another CPU has written since. */
static u64 stamps_lost(const struct page *head, u64 mark)
{
	u64 lost = 0;

	for (u64 i = 0; i < WINDOW; i++)
		lost += head[i].private != mark;
	return lost;
}

/* A user may store any value into the struct pages of its chunk until it frees it, also the mark by
 * which a free window is late. */
static void race_take(unsigned node, u64 mark)
{
	struct page *p[HELD];
	unsigned n = 0;

	for (; n < HELD && (p[n] = page_alloc(node, ZONE_NORMAL, 10, "late")); n++)
		stamp(p[n], mark);
	atomic_fetch_add_relaxed(&race_got, n);
	for (unsigned i = 0; i < n; i++) {
		atomic_fetch_add_relaxed(&race_lost, stamps_lost(p[i], mark));
		stamp(p[i], 0);
		page_free(p[i], 10);
	}
}

static void race_note(struct page *head, u64 n, void *arg)
{
	(void)n;
	if (!race_head && late_window_at(head)) {
		race_head = head;
		*(unsigned *)arg = page_node(head);
	}
}

struct late_race {
	unsigned node;
	u64 round;
};

static void late_racer(void *arg)
{
	const struct late_race *r = arg;
	unsigned cpu = this_cpu()->nr;

	if (cpu % 2) {
		race_await(r->round);
		race_take(r->node, LATE_MARK);
	}
	while (late_next())
		;
}

TEST(alloc, late_race,
     .claim = "a window that is allocated while other CPUs write late windows is written once",
     .rows = "S2-29", .needs = NEED_SMP, .could = COULD_YES)
{
	u64 rounds = 0, awaited = late_counts().awaited;
	bool poison = buddy_poison;
	struct late_race r = { NODES_MAX, 0 };
	struct test_hog h;

	race_lost = race_got = 0;
	buddy_poison = false;
	hog_init(&h);
	hog_orders(&h, ZONE_NORMAL, 10);
	for (unsigned i = 0; i < RACE_WINDOWS && h.nr; i++)
		hog_drop_one(&h);
	for (; rounds < RACE_ROUNDS && !t->failed && !test_aborted(); rounds++) {
		if (!late_get(t, RACE_WINDOWS))
			break;
		note_late_windows();
		race_head = NULL;
		each_window(race_note, &r.node);
		if (!CHECK(t, race_head != NULL))
			break;
		r.round = rounds;
		cpu_run(cpus_online(), late_racer, &r);
		CHECK_EQ(t, late_counts().left, 0);
		expect_clean(t);
	}
	buddy_poison = poison;
	hog_drop(&h);
	CHECK_EQ(t, race_lost, 0);
	test_key(t, "rounds=%lu taken=%lu awaited=%lu", rounds, race_got,
		 late_counts().awaited - awaited);
}
