/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-11, S1-12: the shadow of added memory is mapped before the first access to the memory and
 * until after the last one; it is mapped once, and shares no table with another region.
 *
 * The check has a map of its own, made from the events of stores, of the range's mapped shadow
 * pages, and reads whether a page of the range is free in the allocator.
 */
#include <kern/probe.h>
#include <lib/atomic.h>
#include <lib/init.h>
#include <lib/string.h>
#include <mm/kernel/shadow.h>
#include <mm/pt/taps/inject.h>
#include <tests/harness/util.h>

#define PAGES_MAX 65536 /* pages of shadow: enough for a block of 2 GiB with pages of 4 KiB */

static struct {
	const struct range *r;
	u8 mapped[PAGES_MAX];
	u64 set, cleared, twice, used_early, early, late;
} seen NOINIT;

static bool has_shadow(struct test_run *t)
{
	if (!shadow_on())
		test_skip(t, "booted without shadow=on");
	return shadow_on();
}

/* The test's own arithmetic: one byte for eight. */
static vaddr_t eighth(paddr_t pa)
{
	return layout.r[REGION_SHADOW].va + (linear_va(pa) - layout.r[REGION_LINEAR].va) / 8;
}

static bool is_of_range(const struct pt_event *e)
{
	return e->pt == &kpt && e->va - eighth(seen.r->pa) < seen.r->len / 8;
}

static bool any_page_is_free(void)
{
	for (u64 i = 0; i < range_blocks(seen.r); i++) {
		const struct block *b = range_block(seen.r, i);

		if (b && b->state == BLOCK_ONLINE)
			return true;
		for (pfn_t p = 0; b && p < block_pages(); p += block_pages() / 8)
			if (page_state(pfn_to_page(b->first_pfn + p)) == PAGE_FREE)
				return true;
	}
	return false;
}

static void shadow_set(const struct pt_event *e)
{
	u64 first = (e->va - eighth(seen.r->pa)) >> page_shift();

	for (u64 i = first; i < first + e->n && i < PAGES_MAX; i++) {
		seen.twice += e->new &&seen.mapped[i];
		seen.mapped[i] = e->new != 0;
		seen.set += e->new != 0;
		seen.cleared += !e->new;
	}
	/* The shadow is mapped after a page could be allocated, or unmapped while one still can. */
	if (any_page_is_free())
		*(e->new ? &seen.early : &seen.late) += e->n;
}

static bool shadow_check(struct pt_event *e)
{
	u64 at;

	if (e->kind == PT_EV_SET && !e->level && is_of_range(e))
		shadow_set(e);
	if ((e->kind == PT_EV_FRAME_ALLOC || e->kind == PT_EV_FRAME_FREE) &&
	    e->pa - seen.r->pa < seen.r->len) {
		at = (eighth(e->pa) - eighth(seen.r->pa)) >> page_shift();
		seen.used_early += at < PAGES_MAX && !seen.mapped[at];
	}
	return true;
}

static const struct pt_tap check_tap = { .name = "test.shadow", .before = shadow_check };
PT_TAP(test_shadow, check_tap);

static void check_begin(const struct range *r)
{
	memset(&seen, 0, sizeof(seen));
	seen.r = r;
	pt_tap_enable("test.shadow", true);
}

/* Probe the first and the last byte, and bytes between, of the range's shadow. */
static void shadow_probes(struct probes *p, const struct range *r)
{
	p->nr = 0;
	probes_spread(p, eighth(r->pa), r->len / 8, 6);
	probes_add(p, eighth(r->pa + r->len - 8) & ~7ul);
}

static void use_some(struct test_run *t, const struct range *r)
{
	struct page *p =
		page_alloc_in(r->pa >> page_shift(), (r->pa + r->len) >> page_shift(), "shadow");
	u64 value;

	if (!CHECK(t, p))
		return;
	CHECK_EQ(t, probe_load64(eighth(page_pa(p)) & ~7ul, &value), 0);
	page_free(p, 0);
}

static void up_and_down(struct test_run *t, struct range *r)
{
	static struct probes p NOINIT;

	shadow_probes(&p, r);
	PROBES_ALL_FAULT(t, &p);
	if (!range_online(t, r, ZONE_MOVABLE))
		return;
	PROBES_ALL_PRIMED(t, &p);
	use_some(t, r);
	range_offline(t, r);
	PROBES_ALL_FAULT(t, &p);
}

TEST(shadow, follows,
     .claim = "a block's shadow is mapped once, before its first page can be allocated, and until "
	      "its last page no longer can",
     .rows = "S1-11", .needs = NEED_RANGE | NEED_LEAF_TLB, .params = memmap_names)
{
	struct digest before, after;
	struct why why = { 0 };
	struct range r;

	if (!has_shadow(t) || !range_get(t, &r, 1, t->param) || !range_add(t, &r))
		return;
	digest_take(&before);
	check_begin(&r);
	up_and_down(t, &r);
	/* Frames of the first shadow may be page tables by now: a second online would mark its
	 * pages there, through stale entries. */
	if (!test_twin_failed(t))
		up_and_down(t, &r);
	pt_tap_enable("test.shadow", false);
	CHECK_EQ(t, seen.set, 2 * (r.len / 8 >> page_shift()));
	CHECK_EQ(t, seen.cleared, seen.set);
	CHECK_EQ(t, seen.twice + seen.early + seen.late + seen.used_early, 0);
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	test_key(t, "pages=%lu", seen.set / 2);
	range_remove(t, &r);
	range_reset(&r);
}

/* ---- the variant that populates late ---- */

static struct {
	const struct range *r;
	u32 stop;
	u64 got[CPUS_MAX], missing[CPUS_MAX];
} user NOINIT;

/* Do as a checked access: allocate a page of the block, and read the byte of its shadow. */
static void shadow_user(void *arg)
{
	unsigned cpu = this_cpu()->nr;
	pfn_t lo = user.r->pa >> page_shift();
	u64 value;

	(void)arg;
	while (!atomic_load_relaxed(&user.stop)) {
		struct page *p = page_alloc(user.r->node, ZONE_MOVABLE, 0, "shadow");

		if (!p) {
			cpu_serve();
			continue;
		}
		if (page_to_pfn(p) - lo < user.r->len >> page_shift()) {
			user.missing[cpu] += probe_load64(eighth(page_pa(p)) & ~7ul, &value) != 0;
			user.got[cpu]++;
		}
		page_free(p, 0);
	}
}

static u64 user_sum(const u64 *of)
{
	u64 sum = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		sum += atomic_load_relaxed(&of[c]);
	return sum;
}

/* Online the block while the other CPUs wait for its pages. */
static void online_under_users(struct test_run *t, struct range *r)
{
	cpumask_t others = other_cpus();
	struct cpu_pause p = { 0 };

	memset(&user, 0, sizeof(user));
	user.r = r;
	cpu_post(others, shadow_user, NULL);
	range_online(t, r, ZONE_MOVABLE);
	while (!user_sum(user.got) && cpu_pause_within(&p, 2000000))
		;
	atomic_store_release(&user.stop, 1);
	cpu_wait(others);
	CHECK(t, user_sum(user.got) > 0);
}

static const char *const timing[] = { "before", "late-twin", NULL };

TEST(shadow, users,
     .claim = "a CPU that gets a page as soon as it is free finds its shadow; if populated late, "
	      "not",
     .rows = "S1-11", .needs = NEED_RANGE | NEED_SMP, .params = timing, .could = COULD_YES)
{
	bool late = !strcmp(t->param, "late-twin");
	struct range r;
	u64 missing;

	if (!has_shadow(t) || !range_get(t, &r, 1, "host") || !range_add(t, &r))
		return;
	if (free_of_zone(ZONE_MOVABLE)) {
		test_skip(t, "zone Movable has other memory, which is allocated first");
		range_remove(t, &r);
		return;
	}
	shadow_late = late;
	check_begin(&r);
	online_under_users(t, &r);
	pt_tap_enable("test.shadow", false);
	shadow_late = false;
	missing = user_sum(user.missing);
	if (!late)
		CHECK(t, !missing && !seen.early && !seen.used_early);
	else if (CHECK(t, seen.early > 0) && (!missing || !seen.used_early))
		test_skip(t, "no CPU hit the race window in %lu uses", user_sum(user.got));
	test_key(t, "uses=%lu missing=%lu judged=%lu", user_sum(user.got), missing, seen.early);
	range_down(t, &r);
	range_reset(&r);
}

/* ---- once, disjoint, failures ---- */

TEST(shadow, once, .claim = "memory that has a shadow is not populated again, and nothing changes",
     .rows = "S1-11", .needs = NEED_RANGE)
{
	struct digest before, after;
	struct why why = { 0 };
	struct range r;

	if (!has_shadow(t) || !range_get(t, &r, 1, "host") || !range_up(t, &r, ZONE_MOVABLE))
		return;
	digest_take(&before);
	hotplug_write_lock();
	CHECK_REFUSED(t, shadow_populate(r.pa, r.len, r.node, &why), EEXIST, &why);
	hotplug_write_unlock();
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	range_down(t, &r);
	range_reset(&r);
}

static int shares(const struct pt_slot *slot, void *arg)
{
	u64 span = pt_span(kpt.fmt, slot->level), *shared = arg;

	/* With more than two levels, tables of root entries stay. */
	if (slot->level + 1u == kpt.fmt->levels && kpt.fmt->levels > 2)
		return 0;
	for (unsigned i = 0; i < REGION_NR; i++) {
		const struct va_region *r = &layout.r[i];

		if (i != REGION_SHADOW && r->len &&
		    (slot->va - r->va < r->len || r->va - slot->va < span))
			++*shared;
	}
	return 0;
}

TEST(shadow, disjoint,
     .claim = "no other region shares the shadow's addresses, or tables that can be freed",
     .rows = "S1-12", .needs = NEED_RANGE)
{
	const struct va_region *s = &layout.r[REGION_SHADOW];
	u64 shared = 0;
	struct range r;

	if (!has_shadow(t) || !range_get(t, &r, 1, "host") || !range_up(t, &r, ZONE_MOVABLE))
		return;
	CHECK_EQ(t, s->len, layout.r[REGION_LINEAR].len / 8);
	for (unsigned i = 0; i < REGION_NR; i++) {
		const struct va_region *o = &layout.r[i];

		if (i != REGION_SHADOW && o->len)
			CHECK(t, s->va - o->va >= o->len && o->va - s->va >= s->len);
	}
	hotplug_read_lock();
	hotplug_walk(s->va, s->len, PT_ON_TABLE, shares, &shared);
	hotplug_read_unlock();
	CHECK_EQ(t, shared, 0);
	range_down(t, &r);
	range_reset(&r);
}

TEST(shadow, failures,
     .claim = "a block stays offline and unchanged if there is no memory for its shadow",
     .rows = "S1-11", .needs = NEED_RANGE)
{
	static const u64 at[] = { 1, 2, 3, 7, 20, 100 };
	struct digest before, after;
	struct why why = { 0 };
	unsigned refused = 0;
	struct range r;

	if (inject_on()) {
		test_skip(t, "bug= makes mistakes already");
		return;
	}
	if (!has_shadow(t) || !range_get(t, &r, 1, "host") || !range_add(t, &r))
		return;
	digest_take(&before);
	for (unsigned i = 0; i < ARRAY_SIZE(at); i++) {
		struct inject_count count;
		int err;

		inject_begin(&(struct inject) { .at = at[i],
						.onwards = true,
						.points = BIT(FAIL_PLAN) | BIT(FAIL_TABLE) |
							  BIT(FAIL_PAGES) | BIT(FAIL_PAGE) });
		err = hotplug_online(r.pa, r.len, ZONE_MOVABLE, NULL, &why);
		inject_end(&count);
		CHECK_EQ(t, err != 0, count.failed != 0);
		refused += err != 0;
		if (!err)
			range_offline(t, &r);
		digest_take(&after);
		CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	}
	CHECK(t, refused > 2);
	test_key(t, "refused=%u", refused);
	range_remove(t, &r);
	range_reset(&r);
}

/* ---- the digest ---- */

static struct page *shadow_frame(const struct range *r)
{
	return pa_page(align_down(pt_translate(&kpt, eighth(r->pa)), page_size()));
}

/* Populate the block's shadow again in other frames: the test holds one of the first. */
static bool move_shadow(struct test_run *t, struct range *r)
{
	struct page *was = shadow_frame(r), *held = NULL;
	pfn_t pfn = page_to_pfn(was);

	if (!range_offline(t, r))
		return false;
	held = page_alloc_in(pfn, pfn + 1, "digest");
	CHECK(t, held != NULL);
	range_online(t, r, ZONE_MOVABLE);
	if (held)
		page_free(held, 0);
	return CHECK(t, shadow_frame(r) != was);
}

TEST(shadow, digest,
     .claim =
	     "the digest accepts any frame of the shadow, and detects one that is not the shadow's",
     .rows = "S1-11", .needs = NEED_RANGE)
{
	struct digest before, after;
	struct why why = { 0 };
	struct range r;
	struct page *p;

	if (!has_shadow(t) || !range_get(t, &r, 1, "block") || !range_up(t, &r, ZONE_MOVABLE))
		return;
	digest_take(&before);
	if (move_shadow(t, &r)) {
		digest_take(&after);
		CHECK_OK(t, digest_compare(&before, &after, &why), &why);
		p = shadow_frame(&r);
		p->owner = "another";
		digest_take(&after);
		p->owner = shadow_owner;
		CHECK(t, after.map != before.map);
		CHECK_EQ(t, after.free, before.free);
		digest_take(&after);
		CHECK_EQ(t, after.map, before.map);
	}
	range_down(t, &r);
	range_reset(&r);
}

static void boot_shadow(void *arg)
{
	u64 value, *bad = arg;
	paddr_t pa = boot_ram(page_size());

	atomic_fetch_add_relaxed(bad, probe_load64(eighth(pa) & ~7ul, &value) || value);
}

TEST(shadow, boot_memory, .claim = "every CPU finds the shadow of boot memory, zeroed",
     .rows = "S1-11")
{
	u64 bad = 0;

	if (!has_shadow(t))
		return;
	cpu_run(cpus_online(), boot_shadow, &bad);
	CHECK_EQ(t, bad, 0);
}
