/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-06: the rights that an owner sets for its page in the linear map hold on every CPU, its
 * neighbours have theirs unchanged, and afterwards the map is as before, leaf by leaf.
 */
#include <kern/probe.h>
#include <lib/init.h>
#include <mm/live/live_split.h>
#include <tests/direct/direct.h>

struct tried {
	vaddr_t va;
	int load[CPUS_MAX], store[CPUS_MAX]; /* result of the probe: 0 or enum trap_kind */
};

/* Load first, so that the TLB has the entry at the store. */
static void try_page(void *arg)
{
	struct tried *a = arg;
	unsigned cpu = this_cpu()->nr;
	u64 value;

	a->load[cpu] = probe_load64(a->va + 8 * cpu, &value);
	a->store[cpu] = probe_store64(a->va + 8 * cpu, 0x5107e + cpu);
}

static void check_rights(struct test_run *t, vaddr_t va, bool load, bool store)
{
	static struct tried a NOINIT;
	unsigned loads = 0, stores = 0;

	a.va = va;
	cpu_run(cpus_online(), try_page, &a);
	for (unsigned c = 0; c < CPUS_MAX; c++) {
		if (!(cpus_online() & cpu_bit(c)))
			continue;
		loads += a.load[c] == 0;
		stores += a.store[c] == 0;
	}
	CHECK_EQ(t, loads, load ? cpus_online_nr() : 0);
	CHECK_EQ(t, stores, store ? cpus_online_nr() : 0);
}

static void change(struct test_run *t, struct direct *d, enum direct_rights to)
{
	struct why why = { 0 };

	CHECK_OK(t, set_direct(d->page, to, &why), &why);
	CHECK_EQ(t, set_direct_of(d->page), to);
	check_rights(t, d->va, to != DIRECT_NONE, to == DIRECT_DEFAULT);
	check_rights(t, d->va - page_size(), true, true);
	check_rights(t, d->va + page_size(), true, true);
	if (d->whole != d->va)
		check_rights(t, d->whole, true, true);
}

TEST(direct, rights,
     .claim = "a page's rights hold on every CPU and those of its neighbours are unchanged; "
	      "restored, the map is as before",
     .rows = "S1-06", .needs = NEED_RANGE | NEED_LEAF_TLB, .params = direct_shapes)
{
	static const enum direct_rights steps[] = { DIRECT_READ,    DIRECT_DEFAULT, DIRECT_NONE,
						    DIRECT_DEFAULT, DIRECT_READ,    DIRECT_NONE,
						    DIRECT_READ,    DIRECT_DEFAULT };
	struct digest before, after;
	struct why why = { 0 };
	struct direct d;

	if (!direct_get(t, &d))
		return;
	digest_take(&before);
	for (unsigned i = 0; i < ARRAY_SIZE(steps); i++) {
		change(t, &d, steps[i]);
		CHECK_EQ(t, live_splits(), steps[i] == DIRECT_DEFAULT ? 0 : 1);
	}
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	test_key(t, "whole=%lu level=%u", d.whole_len, d.level);
	direct_put(t, &d);
}

/* ---- the twin: nothing is invalidated ---- */

TEST(direct, rights_twin, .mutes_sanitizer = true,
     .claim = "without the invalidation a CPU still stores to a page that became read-only",
     .rows = "S1-06", .needs = NEED_RANGE | NEED_SMP | NEED_LEAF_TLB, .params = direct_shapes)
{
	static struct tried a NOINIT;
	struct why why = { 0 };
	unsigned stale = 0;
	struct direct d;

	if (!direct_get(t, &d))
		return;
	a.va = d.va;
	cpu_run(cpus_online(), try_page, &a);
	omit_begin(OMIT_ALL);
	CHECK_OK(t, set_direct(d.page, DIRECT_READ, &why), &why);
	cpu_run(cpus_online(), try_page, &a);
	omit_end();
	for (unsigned c = 0; c < CPUS_MAX; c++)
		stale += cpus_online() & cpu_bit(c) && a.store[c] == 0;
	omit_flush();
	omit_stale(t, stale, cpus_online_nr());
	check_rights(t, d.va, true, false);
	CHECK_OK(t, set_direct(d.page, DIRECT_DEFAULT, &why), &why);
	direct_put(t, &d);
}

/* ---- several pages of one leaf ---- */

#define SHARERS 3

TEST(direct, sharers,
     .claim = "a leaf that several owners split is joined when the last is done, in any order; "
	      "chunks of pages too",
     .rows = "S1-06", .needs = NEED_RANGE, .identity = true, .params = direct_shapes)
{
	struct page *p[SHARERS] = { 0 };
	struct digest before, after;
	struct why why = { 0 };
	struct direct d;

	if (!direct_get(t, &d))
		return;
	for (unsigned i = 0; i < SHARERS; i++)
		p[i] = page_alloc_in((d.r.pa >> page_shift()) + 1 + i,
				     (d.r.pa >> page_shift()) + 2 + i, "tests/direct");
	digest_take(&before);
	for (unsigned i = 0; i < SHARERS && CHECK(t, p[i]); i++)
		CHECK_OK(t, set_direct(p[i], i & 1 ? DIRECT_NONE : DIRECT_READ, &why), &why);
	for (unsigned i = 0; i < SHARERS && p[i]; i++) {
		CHECK(t, live_splits() > 0);
		CHECK_OK(t, set_direct(p[(i + 1) % SHARERS], DIRECT_DEFAULT, &why), &why);
	}
	CHECK_EQ(t, live_splits(), 0);
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	for (unsigned i = 0; i < SHARERS; i++)
		if (p[i])
			page_free(p[i], 0);
	direct_put(t, &d);
}

/* Test chunks of every order that fits in the block. */
TEST(direct, chunks, .claim = "chunks of every order change their rights and leave no trace",
     .rows = "S1-06", .needs = NEED_RANGE, .identity = true, .params = direct_shapes)
{
	struct digest before, after;
	struct why why = { 0 };
	unsigned tried = 0;
	struct direct d;

	if (!direct_get(t, &d))
		return;
	digest_take(&before);
	for (unsigned order = 0; order <= BUDDY_MAX_ORDER; order++) {
		struct page *p = page_alloc(d.r.node, ZONE_MOVABLE, order, "tests/direct");

		if (!p)
			continue;
		if (page_pa(p) - d.r.pa < d.r.len) {
			vaddr_t va = ptr_va(page_ptr(p)), last = va + (page_size() << order) - 8;

			tried++;
			CHECK_OK(t, set_direct(p, DIRECT_NONE, &why), &why);
			check_rights(t, va, false, false);
			check_rights(t, align_down(last, page_size()), false, false);
			CHECK_OK(t, set_direct(p, DIRECT_READ, &why), &why);
			check_rights(t, va, true, false);
			CHECK_OK(t, set_direct(p, DIRECT_DEFAULT, &why), &why);
			check_rights(t, va, true, true);
		}
		page_free(p, order);
	}
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	CHECK(t, tried > 0);
	test_key(t, "orders=%u", tried);
	direct_put(t, &d);
}
