/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/model/fail_points.c - every failure point of add, online, offline and remove, over
 * several blocks and with partial removals: the n-th point fails for n from 1 until there is
 * none, once alone and once with all that follow.
 */
#include "model.h"
#include <mm/hotplug/subsection.h>
#include <mm/pt/taps/inject.h>

#define LEN (3 * SMALL)

struct op {
	const char *name;
	int (*act)(const struct hotplug_opts *, struct why *);
	void (*undo)(const struct hotplug_opts *);
};

static int add(const struct hotplug_opts *o, struct why *why)
{
	return hotplug_add(MODEL_HOT, LEN, 1, o, NULL, why);
}

static int remove_all(const struct hotplug_opts *o, struct why *why)
{
	return hotplug_remove(MODEL_HOT, LEN, o, NULL, why);
}

static int remove_last(const struct hotplug_opts *o, struct why *why)
{
	return hotplug_remove(MODEL_HOT + 2 * SMALL, SMALL, o, NULL, why);
}

static int online(const struct hotplug_opts *o, struct why *why)
{
	return hotplug_online(MODEL_HOT, LEN, ZONE_MOVABLE, NULL, why);
}

static int offline(const struct hotplug_opts *o, struct why *why)
{
	return hotplug_offline(MODEL_HOT, LEN, NULL, why);
}

/* Ranges smaller than a block. */
#define PART (2 * MiB)

static int add_parts(const struct hotplug_opts *o, struct why *why)
{
	return subsection_add(MODEL_HOT, 3 * PART, 1, o, NULL, why);
}

static int remove_parts(const struct hotplug_opts *o, struct why *why)
{
	return subsection_remove(MODEL_HOT, 3 * PART, o, NULL, why);
}

static int remove_middle(const struct hotplug_opts *o, struct why *why)
{
	return subsection_remove(MODEL_HOT + PART, PART, o, NULL, why);
}

static void undo_add_parts(const struct hotplug_opts *o)
{
	OK(remove_parts(o, why));
}

static void undo_remove_parts(const struct hotplug_opts *o)
{
	OK(add_parts(o, why));
}

static void undo_remove_middle(const struct hotplug_opts *o)
{
	OK(subsection_add(MODEL_HOT + PART, PART, 1, o, NULL, why));
}

static void undo_add(const struct hotplug_opts *o)
{
	OK(remove_all(o, why));
}

static void undo_remove(const struct hotplug_opts *o)
{
	OK(add(o, why));
}

static void undo_remove_last(const struct hotplug_opts *o)
{
	OK(hotplug_remove(MODEL_HOT, 2 * SMALL, o, NULL, why));
	OK(add(o, why));
}

static void undo_online(const struct hotplug_opts *o)
{
	OK(offline(o, why));
}

static void undo_offline(const struct hotplug_opts *o)
{
	OK(online(o, why));
}

static const struct op ops[] = {
	{ "add", add, undo_add },
	{ "online", online, undo_online },
	{ "offline", offline, undo_offline },
	{ "remove", remove_all, undo_remove },
	{ "remove a part", remove_last, undo_remove_last },
	{ "add sub-sections", add_parts, undo_add_parts },
	{ "remove sub-sections", remove_parts, undo_remove_parts },
	{ "remove the middle one", remove_middle, undo_remove_middle },
};

static bool frames_move; /* an add after a remove allocates other frames for the memmap */

static bool chunk(enum fail_point point, u64 order)
{
	return point == FAIL_PAGES && order > 0;
}

/* False: nothing failed, as there is no n-th point. */
static bool one(const struct op *op, const struct hotplug_opts *o, u64 n, bool onwards, bool base)
{
	struct inject how = { .at = n, .onwards = onwards, .also = base ? chunk : NULL };
	struct digest before, after;
	struct inject_count c;
	struct why why = { 0 };
	int err;

	digest_take(&before);
	inject_begin(&how);
	err = op->act(o, &why);
	inject_end(&c);
	if (err)
		WANT(c.failed && why.text[0] && (err == -ENOMEM || err == -EBUSY),
		     "%s, point %lu: %d %s", op->name, n, err, why.text);
	else
		op->undo(o);
	digest_take(&after);
	if (!err && frames_move)
		after.map = before.map;
	SAME(&before, &after);
	model_audit();
	return c.failed;
}

static u64 walk(const struct op *op, const struct hotplug_opts *o, bool base)
{
	u64 failures = 0;

	for (int onwards = 0; onwards < 2; onwards++)
		for (u64 n = 1; one(op, o, n, onwards, base); n++)
			failures++;
	return failures;
}

/* Each operation in the state in which it can start. */
static u64 life(const char *memmap, int leaf, bool base)
{
	struct hotplug_opts o = model_opts(memmap);
	u64 failures = 0;

	o.leaf = leaf;
	failures += walk(&ops[0], &o, base);
	OK(add(&o, why));
	failures += walk(&ops[1], &o, false);
	OK(online(&o, why));
	failures += walk(&ops[2], &o, false);
	OK(offline(&o, why));
	failures += walk(&ops[3], &o, false);
	if (o.memmap->where == MEMMAP_IN_EACH_BLOCK)
		failures += walk(&ops[4], &o, false);
	OK(remove_all(&o, why));
	return failures;
}

static u64 life_of_parts(const char *memmap)
{
	struct hotplug_opts o = model_opts(memmap);
	u64 failures = walk(&ops[5], &o, false);

	OK(add_parts(&o, why));
	failures += walk(&ops[6], &o, false);
	if (o.memmap->where != MEMMAP_IN_FIRST_BLOCKS)
		failures += walk(&ops[7], &o, false);
	OK(remove_parts(&o, why));
	return failures;
}

CASE(every_point_of_subsections_fails)
{
	static const char *const modes[] = { "host", "block", "device" };
	u64 failures = 0;

	model_boot((struct model_shape) { .section = 4 * SMALL, .hot = 4 * SMALL });
	for (unsigned m = 0; m < 3; m++) {
		frames_move = !m; /* memmap in old memory */
		failures += life_of_parts(modes[m]);
	}
	WANT(failures >= 40, "%lu failures were injected", failures);
}

CASE(every_point_fails)
{
	static const char *const modes[] = { "host", "block", "device" };
	u64 failures = 0;

	model_boot((struct model_shape) { .section = SMALL, .hot = LEN });
	for (unsigned m = 0; m < 3; m++)
		for (int leaf = -1; leaf <= 0; leaf++)
			failures += life(modes[m], leaf, false);
	failures += life("host", -1, true);
	WANT(failures >= 100, "%lu failures were injected", failures);
}

/* Fragmented old memory: the list of the memmap's frames is allocated, and that fails. */
CASE(every_point_fails_scattered)
{
	struct hotplug_opts o;
	u64 failures;

	model_boot((struct model_shape) { .section = SMALL, .hot = LEN });
	o = model_opts("host");
	frames_move = true;
	model_eat(200);
	OK(add(&o, why));
	failures = walk(&ops[3], &o, false);
	OK(remove_all(&o, why));
	model_eat_end();
	WANT(failures >= 10, "%lu failures were injected", failures);
}
