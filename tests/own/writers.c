/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-07, S1-16: events name the actor that stores to the kernel's tables.  Mailing-list thread S1
 * assigns each actor a region of its own; the table below follows it, and adds that an offline
 * migrates movable pages.
 */
#include <kern/lock.h>
#include <mm/hotplug/movable.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/owners.h>
#include <tests/harness/util.h>

#define PAGES 4

static const struct {
	enum region_id region;
	u32 writers; /* BIT(enum pt_writer) */
} allowed[] = {
	{ REGION_LINEAR, BIT(PT_WRITER_HOTPLUG) },
	{ REGION_VMEMMAP, BIT(PT_WRITER_HOTPLUG) },
	{ REGION_VMALLOC, BIT(PT_WRITER_VMALLOC) | BIT(PT_WRITER_MIGRATE) },
};

static bool set_of_kernel(const struct pt_event *e)
{
	return e->kind == PT_EV_SET && e->pt == &kpt;
}

/* The writers of entries that end a translation in the region.  Entries that point to tables do not
 * count: they may belong to two regions. */
static u32 writers_of(enum region_id region)
{
	u32 seen = 0;

	for (u32 i = 0; i < recorded.nr; i++) {
		const struct pt_event *e = &recorded.ev[i];

		if (in_region(e->va, region) && kpt.fmt->kind(e->old, e->level) != PT_TABLE &&
		    kpt.fmt->kind(e->new, e->level) != PT_TABLE)
			seen |= BIT(e->writer);
	}
	return seen;
}

/* Run all operations that store at run time: add, online, vmalloc, migration, offline, remove. */
static void run_all_writers(struct test_run *t, struct range *r)
{
	static struct movable page;
	struct why why = { 0 };
	pfn_t pfn = r->pa >> page_shift();
	void *area;

	if (!range_up(t, r, ZONE_MOVABLE))
		return;
	area = vmalloc(PAGES, 0, "own");
	if (CHECK(t, area))
		vfree(area, PAGES);
	if (CHECK_OK(t, movable_alloc_in(&page, pfn, pfn + block_pages(), "own", &why), &why)) {
		range_offline(t, r);
		movable_free(&page);
	}
	range_reset(r);
}

/* Record their stores in `recorded`.  False: the test is skipped. */
static bool record_all_writers(struct test_run *t)
{
	struct range r;

	if (layout.r[REGION_SHADOW].len) {
		test_skip(t, "with shadow=on a block has more stores than the recorder");
		return false;
	}
	if (!range_get(t, &r, 1, NULL))
		return false;
	record_begin(&recorded, set_of_kernel);
	run_all_writers(t, &r);
	record_end();
	CHECK_EQ(t, recorded.lost, 0);
	return true;
}

TEST(own, writers, .claim = "each actor that stores to the kernel's tables is named in the event",
     .rows = "S1-07 S1-16", .needs = NEED_RANGE, .could = COULD_TRACE)
{
	if (!record_all_writers(t))
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(allowed); i++)
		CHECK_EQ(t, writers_of(allowed[i].region), allowed[i].writers);
	CHECK_EQ(t, this_cpu()->writer, PT_WRITER_NONE);
}

/* A class bit and its twin for writing (kern/lock.h); movable_lock is inside the hotplug lock. */
#define LOCKED(class) BIT(class)
#define LOCKED_WRITE(class) (BIT(class) | BIT(8 + (class)))

TEST(own, locks_named,
     .claim = "events of add, remove and migration carry the hotplug lock, held for writing",
     .rows = "S1-17", .needs = NEED_RANGE, .could = COULD_TRACE)
{
	u32 wrong = 0, of_hotplug = 0, moved = 0;

	if (!record_all_writers(t))
		return;
	for (u32 i = 0; i < recorded.nr; i++) {
		const struct pt_event *e = &recorded.ev[i];
		u32 want = LOCKED_WRITE(LOCK_HOTPLUG);

		if (e->writer == PT_WRITER_MIGRATE)
			want |= LOCKED(LOCK_MOVABLE);
		else if (e->writer != PT_WRITER_HOTPLUG)
			continue;
		of_hotplug += e->writer == PT_WRITER_HOTPLUG;
		moved += e->writer == PT_WRITER_MIGRATE;
		wrong += (e->locks & want) != want;
	}
	CHECK(t, of_hotplug && moved);
	CHECK_EQ(t, wrong, 0);
	CHECK_EQ(t, locks_held(), 0);
}
