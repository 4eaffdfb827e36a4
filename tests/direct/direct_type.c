/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-06: a change of the memory type of a page in use.  No function of the kernel changes the type
 * of a live leaf, so the test does it as set_direct() changes rights.
 */
#include <kern/probe.h>
#include <mm/hotplug/hotplug.h>
#include <mm/kernel/writer.h>
#include <mm/live/live_split.h>
#include <tests/direct/direct.h>
#include <tests/harness/order.h>

/* Call under the hotplug lock.  No CPU reads the page while it is uncached: its bytes are in
 * caches. */
static void retype(const struct direct *d, enum pt_prot type)
{
	struct pt_gather g;
	struct pt_plan plan;
	u64 flags;

	pt_plan_sure(&kpt, &plan, PT_OP_PROTECT, d->va, page_size());
	pt_gather_begin(&g, &kpt, NULL, 0);
	flags = live_window_open(d->va, page_size());
	pt_protect(&plan, PT_R | PT_W | PT_GLOBAL | type, &g);
	pt_gather_flush(&g);
	live_window_close(flags);
	pt_gather_release(&g);
	pt_plan_end(&plan);
}

static void change_and_reverse(struct test_run *t, const struct direct *d)
{
	static const enum pt_prot types[] = { PT_NC, 0 };

	for (unsigned i = 0; i < ARRAY_SIZE(types); i++) {
		struct order_seen seen;
		struct pt_slot slot;

		order_begin();
		retype(d, types[i]);
		order_end(&seen);
		if (seen.alarms)
			test_fail(t, __FILE__, __LINE__, "%u alarms: %s", seen.alarms, seen.what);
		CHECK_EQ(t, seen.removed, 1);
		CHECK_EQ(t, pt_lookup(&kpt, d->va, &slot), PT_LEAF);
		CHECK_EQ(t, kpt.fmt->prot(slot.val, slot.level) & PT_NC, types[i]);
	}
}

static u64 count_reads(u64 value, const u64 *got)
{
	u64 n = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		n += cpus_online() & cpu_bit(c) && got[c] == value;
	return n;
}

static struct {
	vaddr_t va;
	u64 got[CPUS_MAX];
} seen_by;

static void read_page(void *arg)
{
	(void)arg;
	if (probe_load64(seen_by.va, &seen_by.got[this_cpu()->nr]))
		seen_by.got[this_cpu()->nr] = 0;
}

TEST(direct, type,
     .claim = "if a page in use becomes uncached, and cached again, every CPU is invalidated "
	      "before the new entry is stored",
     .rows = "S1-06", .needs = NEED_RANGE, .params = direct_shapes, .could = COULD_TRACE)
{
	struct why why = { 0 };
	struct direct d;
	enum pt_writer was;
	int err;

	if (kpt.fmt->pbmt_prot & PT_NC && !(kpt.caps & PT_CAP_PBMT)) {
		test_skip(t, "entries have no memory type: no Svpbmt");
		return;
	}
	if (!direct_get(t, &d))
		return;
	seen_by.va = d.va;
	*(volatile u64 *)va_ptr(d.va) = 0x7e9e;
	cpu_run(cpus_online(), read_page, NULL);
	CHECK_EQ(t, count_reads(0x7e9e, seen_by.got), cpus_online_nr());
	hotplug_write_lock();
	was = writer_enter(PT_WRITER_DIRECT);
	err = live_split(d.va, page_size(), page_node(d.page), &why);
	if (!err)
		change_and_reverse(t, &d);
	if (!err)
		live_join(d.va, page_size());
	writer_leave(was);
	hotplug_write_unlock();
	CHECK_OK(t, err, &why);
	cpu_run(cpus_online(), read_page, NULL);
	CHECK_EQ(t, count_reads(0x7e9e, seen_by.got), cpus_online_nr());
	direct_put(t, &d);
}
