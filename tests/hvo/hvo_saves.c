/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-09: tails of a chunk in use share a frame: the saved frames, the accesses that CPUs may still
 * make, the refusals, and no trace afterwards.
 */
#include <kern/probe.h>
#include <lib/init.h>
#include <lib/string.h>
#include <mm/hotplug/hotplug.h>
#include <mm/live/live_split.h>
#include <mm/pt/taps/inject.h>
#include <mm/study/set_direct.h>
#include <tests/harness/order.h>
#include <tests/hvo/hvo.h>

#define LOOKS 5

static struct {
	vaddr_t va[LOOKS]; /* words of struct pages: of the head, then of tails */
	int load[CPUS_MAX][LOOKS], store[CPUS_MAX][LOOKS];
	u64 value[CPUS_MAX][LOOKS];
} tails NOINIT;

/*
 * Store the loaded value to the word `table.next`, which no tail uses.  A CPU whose TLB has the old
 * leaves (arg) may load through a new leaf and store through an old one, into a free frame; so it
 * stores the poison of free pages.
 */
static void load_and_store(void *arg)
{
	unsigned cpu = this_cpu()->nr;

	for (unsigned i = 0; i < LOOKS; i++) {
		u64 *value = &tails.value[cpu][i];

		tails.load[cpu][i] = probe_load64(tails.va[i], value);
		tails.store[cpu][i] = probe_store64(tails.va[i], arg && i ? BUDDY_POISON : *value);
	}
}

static void pick(const struct hvo *h)
{
	u64 per_page = page_size() / 64;

	tails.va[0] = ptr_va(&h->head->table);
	tails.va[1] = ptr_va(&h->head[per_page].table);
	tails.va[2] = ptr_va(&h->head[2 * per_page].table);
	tails.va[3] = ptr_va(&h->head[(h->pages - 1) * per_page + 3].table);
	tails.va[4] = ptr_va(&h->head[(1ul << h->order) - 1].table);
}

static void check_tails(struct test_run *t, bool shared)
{
	cpu_run(cpus_online(), load_and_store, NULL);
	for (unsigned c = 0; c < CPUS_MAX; c++)
		for (unsigned i = 0; i < LOOKS && cpus_online() & cpu_bit(c); i++) {
			CHECK_EQ(t, tails.load[c][i], 0);
			CHECK(t, (tails.store[c][i] != 0) == (shared && i > 0));
		}
}

static u64 wrong_tails(const struct hvo *h)
{
	u64 wrong = 0;

	for (u64 i = 1; i < 1ul << h->order; i++)
		wrong += page_state(&h->head[i]) != PAGE_TAIL ||
			 page_provenance(&h->head[i]) != PAGE_BUDDY ||
			 page_node(&h->head[i]) != page_node(h->head);
	return wrong;
}

TEST(hvo, saves,
     .claim = "tails share a frame to which no CPU can store; the saved frames are free; undone, "
	      "the map is as before",
     .rows = "S1-09", .needs = NEED_RANGE | NEED_LEAF_TLB)
{
	u64 free, saved = memmap_optimise_saved();
	struct digest before, after;
	struct why why = { 0 };
	struct hvo h;

	if (!hvo_get(t, &h, 1))
		return;
	pick(&h);
	check_tails(t, false);
	digest_take(&before);
	free = buddy_free_total() + table_pages();
	CHECK_OK(t, memmap_optimise(h.head, &why), &why);
	CHECK_EQ(t, buddy_free_total() + table_pages(), free + h.saves);
	CHECK_EQ(t, memmap_optimise_saved(), saved + h.saves);
	check_tails(t, true);
	CHECK_EQ(t, wrong_tails(&h), 0);
	CHECK(t, memmap_is_shared_tail(tails.va[1]) && !memmap_is_shared_tail(tails.va[0]));
	CHECK_OK(t, memmap_unoptimise(h.head, &why), &why);
	check_tails(t, false);
	CHECK_EQ(t, wrong_tails(&h), 0);
	CHECK_EQ(t, live_splits(), 0);
	CHECK_EQ(t, memmap_optimise_saved(), saved);
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	test_key(t, "pages=%u saved=%lu", h.pages, h.saves);
	hvo_put(t, &h);
}

/* The split has its invalidations: if a CPU had TLB entries of the leaf and of its pages, stores to
 * the tails could cause a TLB conflict abort (Arm ARM D8.17.1). */
static int held_split(const struct hvo *h, struct why *why)
{
	int err;

	hotplug_write_lock();
	err = live_split(h->va, (u64)h->pages << page_shift(), page_node(h->head), why);
	hotplug_write_unlock();
	return err;
}

static void held_join(const struct hvo *h)
{
	hotplug_write_lock();
	live_join(h->va, (u64)h->pages << page_shift());
	hotplug_write_unlock();
}

TEST(hvo, saves_twin, .mutes_sanitizer = true,
     .claim = "without the invalidation a CPU still stores to shared tails", .rows = "S1-09",
     .needs = NEED_RANGE | NEED_SMP | NEED_LEAF_TLB)
{
	struct why why = { 0 };
	unsigned stale = 0;
	struct hvo h;

	if (!hvo_get(t, &h, 1))
		return;
	pick(&h);
	check_tails(t, false);
	if (!CHECK_OK(t, held_split(&h, &why), &why)) {
		hvo_put(t, &h);
		return;
	}
	omit_begin(OMIT_ALL);
	CHECK_OK(t, memmap_optimise(h.head, &why), &why);
	cpu_run(cpus_online(), load_and_store, &h);
	omit_end();
	omit_flush();
	for (unsigned c = 0; c < CPUS_MAX; c++)
		for (unsigned i = 1; i < LOOKS && cpus_online() & cpu_bit(c); i++)
			stale += tails.store[c][i] == 0;
	omit_stale(t, stale, (LOOKS - 1) * cpus_online_nr());
	check_tails(t, true);
	CHECK_OK(t, memmap_unoptimise(h.head, &why), &why);
	held_join(&h);
	hvo_put(t, &h);
}

TEST(hvo, order, .claim = "sharing and its end do all required maintenance before a frame is freed",
     .rows = "S1-09", .needs = NEED_RANGE, .could = COULD_TRACE)
{
	struct order_seen seen;
	struct why why = { 0 };
	struct hvo h;

	if (!hvo_get(t, &h, 1))
		return;
	order_begin();
	CHECK_OK(t, memmap_optimise(h.head, &why), &why);
	order_end(&seen);
	if (seen.alarms)
		test_fail(t, __FILE__, __LINE__, "%u alarms: %s", seen.alarms, seen.what);
	CHECK(t, seen.removed > 0 && seen.freed >= h.saves);
	order_begin();
	CHECK_OK(t, memmap_unoptimise(h.head, &why), &why);
	order_end(&seen);
	if (seen.alarms)
		test_fail(t, __FILE__, __LINE__, "undone: %u alarms: %s", seen.alarms, seen.what);
	hvo_put(t, &h);
}

/* ---- refusals and failures ---- */

static void refused(struct test_run *t, struct page *p, int code, const char *says)
{
	struct digest before, after;
	struct why why = { 0 };

	digest_take(&before);
	CHECK_REFUSED(t, memmap_optimise(p, &why), code, &why);
	CHECK(t, strstr(why.text, says));
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
}

TEST(hvo, refused,
     .claim = "free pages, small chunks, boot memory, self-hosted and optimised chunks are refused",
     .rows = "S1-09", .needs = NEED_RANGE)
{
	struct page *small, *boot = page_alloc(0, ZONE_NORMAL, BUDDY_MAX_ORDER, "tests/hvo");
	struct why why = { 0 };
	struct hvo h;

	if (boot && block_find(page_to_pfn(boot))->boot &&
	    memmap_optimise_order() <= BUDDY_MAX_ORDER)
		refused(t, boot, EBUSY, "boot memory");
	if (boot)
		page_free(boot, BUDDY_MAX_ORDER);
	if (!hvo_get(t, &h, 1))
		return;
	refused(t, h.head + 1, EINVAL, "not the head");
	small = page_alloc_in(h.r.pa >> page_shift(), (h.r.pa + h.r.len) >> page_shift(), "small");
	if (CHECK(t, small)) {
		refused(t, small, EINVAL, "can be saved");
		page_free(small, 0);
	}
	CHECK_REFUSED(t, memmap_unoptimise(h.head, &why), EINVAL, &why);
	CHECK_OK(t, memmap_optimise(h.head, &why), &why);
	refused(t, h.head, EINVAL, "to itself");
	CHECK_REFUSED(t, set_direct(h.head, DIRECT_READ, &why), EBUSY, &why);
	CHECK_REFUSED(t, set_direct(h.head, DIRECT_DEFAULT, &why), EBUSY, &why);
	CHECK_REFUSED(t, hotplug_offline(h.r.pa, layout.block_bytes, NULL, &why), EBUSY, &why);
	CHECK(t, strstr(why.text, "tests/hvo"));
	CHECK_OK(t, memmap_unoptimise(h.head, &why), &why);
	CHECK_OK(t, set_direct(h.head, DIRECT_READ, &why), &why);
	refused(t, h.head, EINVAL, "to itself");
	CHECK_REFUSED(t, memmap_unoptimise(h.head, &why), EINVAL, &why);
	CHECK_OK(t, set_direct(h.head, DIRECT_DEFAULT, &why), &why);
	hvo_put(t, &h);
}

TEST(hvo, self_hosted, .claim = "a block that holds its own memmap is not optimised",
     .rows = "S1-09", .needs = NEED_RANGE)
{
	struct page *p;
	struct range r;

	if (memmap_optimise_order() > BUDDY_MAX_ORDER) {
		test_skip(t, "no chunk has struct pages on more than two pages");
		return;
	}
	if (!range_get(t, &r, 1, "block") || !range_up(t, &r, ZONE_MOVABLE))
		return;
	p = page_alloc(r.node, ZONE_MOVABLE, BUDDY_MAX_ORDER, "tests/hvo");
	if (p && page_pa(p) - r.pa < r.len)
		refused(t, p, EBUSY, "its own memmap");
	else
		test_skip(t, "zone Movable has other memory, which is allocated first");
	if (p)
		page_free(p, BUDDY_MAX_ORDER);
	range_down(t, &r);
	range_reset(&r);
}

/* Fail each point n of one of the two operations; after a refusal nothing has changed. */
static unsigned fail_each(struct test_run *t, struct hvo *h,
			  int (*act)(struct page *, struct why *),
			  int (*undo)(struct page *, struct why *))
{
	struct inject_count count = { .failed = 1 };
	struct digest before, after;
	struct why why = { 0 };
	unsigned refusals = 0;

	for (u64 n = 1; count.failed && n < 200; n++) {
		int err;

		digest_take(&before);
		inject_begin(&(struct inject) { .at = n,
						.onwards = true,
						.points = BIT(FAIL_PAGE) | BIT(FAIL_PAGES) |
							  BIT(FAIL_TABLE) | BIT(FAIL_PLAN) });
		err = act(h->head, &why);
		inject_end(&count);
		if (err) {
			CHECK_EQ(t, err, -ENOMEM);
			refusals++;
		} else {
			CHECK_OK(t, undo(h->head, &why), &why);
		}
		digest_take(&after);
		CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	}
	return refusals;
}

TEST(hvo, failures, .claim = "each failure of sharing, and of its end, changes nothing",
     .rows = "S1-09", .needs = NEED_RANGE)
{
	unsigned there, back;
	struct why why = { 0 };
	struct hvo h;

	if (inject_on()) {
		test_skip(t, "bug= makes mistakes already");
		return;
	}
	if (!hvo_get(t, &h, 1))
		return;
	there = fail_each(t, &h, memmap_optimise, memmap_unoptimise);
	CHECK_OK(t, memmap_optimise(h.head, &why), &why);
	back = fail_each(t, &h, memmap_unoptimise, memmap_optimise);
	CHECK_OK(t, memmap_unoptimise(h.head, &why), &why);
	CHECK(t, there > 0 && back >= h.saves);
	test_key(t, "refused=%u+%u", there, back);
	hvo_put(t, &h);
}
