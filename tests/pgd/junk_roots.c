/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S4-09, S4-10, S4-16: the TLB entries that an unknown root leaves.  Only one CPU uses the root,
 * and its entries are invalidated before the tests end.
 */
#include <arch/arch.h>
#include <kern/probe.h>
#include <lib/string.h>
#include <tests/harness/root.h>
#include <tests/pgd/spaces.h>

/* ---- a root of the lower half that exception entry derives from the kernel's ---- */

#define SWEEP 10000
#define JUNK_ASID 1

/* Exceptions use the page before a root as the root of an empty lower half. */
static struct {
	struct page *pages; /* two: the page before, and the root */
	struct pt kernel, derived;
	unsigned cpu, exceptions;
	bool armed;
} junk;

static bool junk_get(struct test_run *t, bool dirty)
{
	u8 *before;

	junk.pages = page_alloc_any(0, ZONE_NORMAL, 1, "root");
	if (!CHECK(t, junk.pages != NULL))
		return false;
	before = page_ptr(junk.pages);
	memset(before, 0, 2 * page_size());
	if (dirty) /* any page may be there; this one was once the root of a space */
		memcpy(before, kpt.env->cells(spaces.s[0].pt.root), page_size());
	pt_init(&junk.kernel, "copy", kpt.fmt, &kpt_env, page_pa(junk.pages) + page_size());
	junk.kernel.own_lo = junk.kernel.own_hi = 0;
	pt_share_root(&junk.kernel, &kpt, 0, pt_entries(kpt.fmt, kpt.fmt->levels - 1u));
	return true;
}

/* Do as the uaccess code of mailing-list thread S4: at the entry, once. */
static void derive_low_root(bool leaving)
{
	if (leaving || this_cpu()->nr != junk.cpu || !junk.armed)
		return;
	junk.armed = false;
	junk.exceptions++;
	pt_init(&junk.derived, "derived", kpt.fmt, &kpt_env, arch_current_root() - page_size());
	junk.derived.asid = JUNK_ASID;
	pt_root_load(&junk.derived, junk.cpu, arch_space_load);
}

/* Count how many of 10,000 pages around the space's page the CPU can read, although no space is in
 * use. */
static unsigned sweep(void)
{
	vaddr_t from = space_va() - SWEEP / 2 * page_size();
	unsigned n = 0;
	u64 value;

	for (unsigned i = 0; i < SWEEP; i++)
		n += !probe_load64(from + i * page_size(), &value);
	return n;
}

static const char *const before_root[] = { "empty-page", "junk", NULL };

TEST(pgd, junk_sweep, .mutes_sanitizer = true,
     .claim = "an exception on a copied root loads the page before it for the lower half: junk in "
	      "that page translates, an empty page does not",
     .rows = "S4-09 S4-10", .params = before_root)
{
	bool dirty = t->param_at == 1;
	unsigned hits = 0, kept = 0;
	u64 value;

	if (root_rule() == ROOT_CONSTANT) {
		test_skip(t, "one register holds the root of both halves: none is derived from it");
		return;
	}
	if (!spaces_get(t, 1))
		return;
	if (junk_get(t, dirty)) {
		junk.cpu = this_cpu()->nr;
		junk.exceptions = 0;
		pt_root_load(&junk.kernel, junk.cpu, arch_root_load);
		junk.armed = true;
		trap_watch = derive_low_root;
		probe_load64(space_va(), &value); /* the exception */
		trap_watch = NULL;
		hits = sweep();
		/* the next root under that ASID is empty, so a successful read uses the TLB */
		memset(page_ptr(junk.pages), 0, page_size());
		kept = sweep();
		pt_root_load(&kpt, junk.cpu, arch_root_load);
		pt_root_load(&kpt, junk.cpu, arch_space_leave);
		CHECK_EQ(t, junk.exceptions, 1);
		CHECK_EQ(t, hits != 0, dirty);
		CHECK_EQ(t, sweep(), 0);
		page_free(junk.pages, 1);
	}
	spaces_put(t);
	test_key(t, "translated=%u kept=%u", hits, kept);
}

/* ---- another root under the same ASID ---- */

static u64 read_value(void)
{
	u64 value = 0;

	probe_load64(space_va(), &value);
	return value;
}

static void load_second(bool invalidate)
{
	struct pt *second = &spaces.s[1].pt;

	second->asid = spaces.s[0].pt.asid;
	if (invalidate) { /* so that no walk of the old root fills the TLB again */
		aspace_use(NULL);
		tlb_invalidate(&spaces.s[0].pt,
			       &(struct pt_inval) { .asid = second->asid, .walk = true });
	}
	pt_root_load(second, this_cpu()->nr, arch_space_load);
}

static const char *const switches[] = { "invalidated", "not-invalidated", NULL };

TEST(pgd, switch_no_tlbi, .mutes_sanitizer = true,
     .claim = "a root with other translations under the same ASID is loaded after an invalidation; "
	      "a missing one is noticed by the events",
     .rows = "S4-16", .could = COULD_TRACE, .params = switches)
{
	bool invalidate = t->param_at == 0;
	struct asid_verdict v;
	struct why why = { 0 };
	u64 value;

	if (!asid_count()) {
		test_skip(t, "these CPUs have too few ASIDs: every space has ASID 0");
		return;
	}
	if (!spaces_get(t, 2))
		return;
	record_begin(&recorded, asid_event);
	CHECK(t, space_reads(0));
	load_second(invalidate);
	value = read_value();
	record_end();
	v = asid_judge(&recorded);
	CHECK_EQ(t, v.loads, 2);
	CHECK_EQ(t, v.mistakes, !invalidate);
	if (invalidate)
		CHECK_EQ(t, value, space_value(1));
	test_key(t, "stale=%u", value == space_value(0));
	pt_root_load(&kpt, this_cpu()->nr, arch_space_leave);
	aspace_use(NULL);
	CHECK_OK(t, aspace_destroy(&spaces.s[0], &why), &why); /* invalidates the ASID of both */
	CHECK_OK(t, aspace_create(&spaces.s[0], "space", 0, &why), &why);
	spaces_put(t);
}
