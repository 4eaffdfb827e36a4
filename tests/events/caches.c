/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ENGINE 6: which cache lines are written back when memory is added and removed, by its source.  An
 * emulator needs no write-back; cache-leave=leaves makes a source act as on hardware.
 */
#include <kern/emulator.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <tests/events/events.h>
#include <tests/harness/devmem_fixture.h>

/* Whether bytes must be written back for memory that stays (withheld), and for memory that a device
 * brings. */
static const struct duty {
	const char *value;
	bool stays, brought;
} duties[] = { { "off", false, false }, { "leaves", false, true }, { "on", true, true } };

static void set_cache_leave(struct test_run *t, const char *value)
{
	char word[32];
	struct why why = { 0 };

	snprintf(word, sizeof(word), "cache-leave=%s", value);
	CHECK_OK(t, args_word(&boot_args, word, &why), &why);
}

static void caches_cycle(struct test_run *t, const struct range *r, bool brings, u64 owed)
{
	const struct hotplug_report *report = &answers.last[0].report;
	struct why why = { 0 };
	struct event e;

	test_event(&e, EVENT_ADD, r);
	e.brings = brings;
	if (!CHECK_OK(t, test_event_run(t, &e, &why), &why))
		return;
	CHECK_EQ(t, report->cache_added_bytes, owed);
	e.op = EVENT_REMOVE;
	CHECK_OK(t, test_event_run(t, &e, &why), &why);
	CHECK_EQ(t, report->cache_removed_bytes, owed);
	CHECK_EQ(t, report->cache_dropped_bytes, 0);
}

static const char *const origins[] = { "stays", "brought", NULL };

TEST(events, caches,
     .claim = "memory that a device can take away is flushed from the caches at add and at removal",
     .needs = NEED_RANGE, .params = origins, .could = COULD_TRACE)
{
	bool brings = t->param[0] == 'b';
	struct args saved = boot_args;
	struct range r;

	if (!range_get(t, &r, 1, NULL) || (brings && !CHECK_EQ(t, range_known(&r, false), 0)))
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(duties); i++) {
		set_cache_leave(t, duties[i].value);
		caches_cycle(t, &r, brings,
			     (brings ? duties[i].brought : duties[i].stays) ? r.len : 0);
	}
	set_cache_leave(t, "auto");
	caches_cycle(t, &r, brings, brings && !emulated_cpu() ? r.len : 0);
	boot_args = saved;
	if (brings)
		range_known(&r, true);
	range_reset(&r);
}

TEST(events, caches_by_hand,
     .claim = "a removal by the operator flushes memory that a device brought in the same way",
     .needs = NEED_RANGE, .could = COULD_TRACE)
{
	struct args saved = boot_args;
	struct why why = { 0 };
	struct event e;
	struct range r;

	if (!range_get(t, &r, 2, NULL) || !CHECK_EQ(t, range_known(&r, false), 0))
		return;
	set_cache_leave(t, "leaves");
	test_event(&e, EVENT_ADD, &r);
	e.brings = true;
	CHECK_OK(t, test_event_run(t, &e, &why), &why);
	range_offline(t, &r);
	range_remove(t, &r);
	CHECK_EQ(t, r.report.cache_removed_bytes, r.len);
	e.op = EVENT_REMOVE;
	e.here = true;
	CHECK_OK(t, test_event_run(t, &e, &why), &why);
	boot_args = saved;
	range_known(&r, true);
	range_reset(&r);
}

TEST(events, caches_gone,
     .claim = "memory that disappeared is dropped from the caches, without a write-back",
     .needs = NEED_RANGE, .could = COULD_TRACE)
{
	const struct hotplug_report *report = &answers.last[0].report;
	struct args saved = boot_args;
	struct why why = { 0 };
	struct event e;
	struct range r;

	if (!range_get(t, &r, 1, NULL) || !CHECK_EQ(t, range_known(&r, false), 0))
		return;
	set_cache_leave(t, "leaves");
	test_event(&e, EVENT_ADD, &r);
	e.brings = true;
	CHECK_OK(t, test_event_run(t, &e, &why), &why);
	e.op = EVENT_REMOVE;
	e.surprise = true;
	CHECK_OK(t, test_event_run(t, &e, &why), &why);
	CHECK_EQ(t, report->cache_dropped_bytes, r.len);
	CHECK_EQ(t, report->cache_removed_bytes, 0);
	boot_args = saved;
	range_known(&r, true);
	range_reset(&r);
}

TEST(events, caches_other_type,
     .claim = "memory is flushed from the caches before it is mapped non-cacheable",
     .needs = NEED_RANGE, .could = COULD_TRACE)
{
	static const bool uncached[] = { true, false };
	struct args saved = boot_args;
	struct devrange d = { .t = t };

	if (!range_get(t, &d.r, 1, "host"))
		return;
	d.opts.memmap = d.r.opts.memmap;
	set_cache_leave(t, "leaves");
	for (unsigned i = 0; i < ARRAY_SIZE(uncached); i++) {
		d.opts.uncached = uncached[i];
		if (devrange_up(&d))
			CHECK_EQ(t, d.r.report.cache_added_bytes, uncached[i] ? d.r.len : 0);
		devrange_reset(&d);
	}
	boot_args = saved;
}

/* For each source: does the memory lose power when the source takes it back? */
static const struct {
	const char *label;
	bool leaves;
} sources[] = {
	{ "ACPI", true },         /* _EJ0 removes the power (ACPI 6.5, 6.3.3) */
	{ "PCIe", true },         /* the slot is powered off */
	{ "NVDIMM", true },       /* it may be pulled out */
	{ "device tree", false }, /* withheld memory of this machine, which stays */
	{ "overlays", false },    /* the same, or memory of logic that stays powered */
	{ "pmem-region", false }, /* memory of this machine */
	{ "virtio-mem", false },  /* the host's memory, coherent with our caches */
};

TEST(events, caches_sources,
     .claim = "each source that removes power from its memory requires a flush, no other does",
     .could = COULD_TRACE)
{
	unsigned seen = 0;

	reg_for_each (events, it) {
		unsigned i = 0;

		if (!(*it)->describe)
			continue; /* the banner does not list sources of tests */
		while (i < ARRAY_SIZE(sources) && strcmp(sources[i].label, (*it)->label))
			i++;
		if (i == ARRAY_SIZE(sources)) {
			test_fail(t, __FILE__, __LINE__, "%s: this test has no line for the source",
				  (*it)->label);
			continue;
		}
		seen++;
		if ((*it)->leaves != sources[i].leaves)
			test_fail(t, __FILE__, __LINE__, "%s: leaves is %d", (*it)->label,
				  (*it)->leaves);
	}
	CHECK_EQ(t, seen, ARRAY_SIZE(sources));
}
