/* SPDX-License-Identifier: BSD-2-Clause */
/* Pinned pages and notifiers veto; the error names the veto, and nothing has changed. */
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/hotplug/movable.h>
#include <tests/harness/util.h>

TEST(hotplug, pinned_veto,
     .claim = "a pinned page vetoes the offlining of its block and its owner is named",
     .rows = "V-03 S1-08", .needs = NEED_RANGE)
{
	struct digest before, after;
	struct why why = { 0 };
	struct movable m;
	struct range r;

	if (!range_pinned(t, &r, &m, "pinned_veto"))
		return;
	digest_take(&before);
	CHECK_REFUSED(t, hotplug_offline(r.pa, r.len, NULL, &why), EBUSY, &why);
	CHECK(t, strstr(why.text, "pinned_veto") != NULL);
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	movable_unpin(&m);
	range_offline(t, &r);
	CHECK_EQ(t, r.report.moved_pages, 1);
	movable_free(&m);
	range_remove(t, &r);
	range_reset(&r);
}

static enum hotplug_note veto_at;
static bool veto_armed;

static int veto(enum hotplug_note note, paddr_t pa, u64 len, struct why *why)
{
	if (!veto_armed || note != veto_at)
		return 0;
	return refuse(why, EBUSY, "vetoed by a test at %s", range_text(pa, len).text);
}

static const struct hotplug_notifier veto_notifier = { .name = "test veto", .call = veto };
HOTPLUG_NOTIFIER(test_veto, veto_notifier);

TEST(hotplug, notifier_veto,
     .claim = "a notifier may veto each step before it happens; the digest is unchanged",
     .rows = "S0-38", .needs = NEED_RANGE)
{
	struct why why = { 0 };
	struct range r;

	if (!range_get(t, &r, 1, "block"))
		return;
	veto_armed = true;
	veto_at = NOTE_PREPARE_ADD;
	CHECK_REFUSED(t, hotplug_add(r.pa, r.len, r.node, &r.opts, NULL, &why), EBUSY, &why);
	veto_armed = false;
	if (!range_add(t, &r))
		return;
	veto_armed = true;
	veto_at = NOTE_GOING_ONLINE;
	CHECK_REFUSED(t, hotplug_online(r.pa, r.len, ZONE_MOVABLE, NULL, &why), EBUSY, &why);
	veto_armed = false;
	range_online(t, &r, ZONE_MOVABLE);
	veto_armed = true;
	veto_at = NOTE_GOING_OFFLINE;
	CHECK_REFUSED(t, hotplug_offline(r.pa, r.len, NULL, &why), EBUSY, &why);
	CHECK_EQ(t, range_block(&r, 0)->state, BLOCK_ONLINE);
	veto_armed = false;
	range_offline(t, &r);
	veto_armed = true;
	veto_at = NOTE_PREPARE_REMOVE;
	CHECK_REFUSED(t, hotplug_remove(r.pa, r.len, &r.opts, NULL, &why), EBUSY, &why);
	CHECK_EQ(t, range_block(&r, 0)->state, BLOCK_OFFLINE);
	veto_armed = false;
	range_remove(t, &r);
	range_reset(&r);
}
