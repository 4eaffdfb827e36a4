/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S2-24, V-07: memory of an event source is added and removed by its policy, in the order of the
 * events.  Each event is answered once, and no state remains.
 */
#include <lib/init.h>
#include <lib/string.h>
#include <mm/page/region.h>
#include <tests/events/events.h>

/* Set the policy as `test.memmap=SCHEME test.online=HOW` at the prompt does. */
static void policy(struct test_run *t, const char *word)
{
	struct why why = { 0 };

	CHECK_OK(t, args_word(&boot_args, word, &why), &why);
}

TEST(events, add_remove,
     .claim = "an add and a removal by a device are each answered once and follow its policy; no "
	      "trace",
     .rows = "S2-24", .identity = true, .needs = NEED_RANGE, .params = memmap_names)
{
	char word[32] = "test.memmap=";
	struct args saved = boot_args;
	struct why why = { 0 };
	struct event e;
	struct range r;

	if (!range_get(t, &r, 1, t->param))
		return;
	memcpy(word + strlen(word), t->param, strlen(t->param) + 1);
	policy(t, word);
	test_event(&e, EVENT_ADD, &r);
	if (CHECK_OK(t, test_event_run(t, &e, &why), &why)) {
		const struct block *b = range_block(&r, 0);

		CHECK(t, b->state == BLOCK_ONLINE && b->zone == ZONE_MOVABLE);
		CHECK(t, b->memmap == r.opts.memmap && b->node == r.node);
	}
	test_event(&e, EVENT_REMOVE, &r);
	CHECK_OK(t, test_event_run(t, &e, &why), &why);
	boot_args = saved;
}

static const char *const ways[] = { "movable", "normal", "no", NULL };

TEST(events, online_policy,
     .claim = "added memory is onlined in the zone of SOURCE.online=, or not at all",
     .rows = "S2-24", .needs = NEED_RANGE, .params = ways)
{
	char word[32] = "test.online=";
	struct args saved = boot_args;
	struct why why = { 0 };
	struct event e;
	struct range r;

	if (!range_get(t, &r, 1, NULL))
		return;
	memcpy(word + strlen(word), t->param, strlen(t->param) + 1);
	policy(t, word);
	test_event(&e, EVENT_ADD, &r);
	if (CHECK_OK(t, test_event_run(t, &e, &why), &why)) {
		const struct block *b = range_block(&r, 0);

		CHECK_EQ(t, b->state, strcmp(t->param, "no") ? BLOCK_ONLINE : BLOCK_OFFLINE);
		CHECK_EQ(t, b->state == BLOCK_ONLINE && b->zone == ZONE_NORMAL,
			 !strcmp(t->param, "normal"));
	}
	test_event(&e, EVENT_REMOVE, &r);
	CHECK_OK(t, test_event_run(t, &e, &why), &why);
	boot_args = saved;
	range_reset(&r);
}

/* ---- memory that a device brings ---- */

/* Get withheld memory that is not in the registry yet, and the digest at that time.  False: the
 * test is skipped or failed. */
static bool unknown_range(struct test_run *t, struct range *r, u64 blocks, struct digest *d)
{
	if (!range_get(t, r, blocks, NULL) || !CHECK_EQ(t, range_known(r, false), 0))
		return false;
	digest_take(d);
	return true;
}

/* Verify that no state remains, and enter the memory into the registry again. */
static void no_trace(struct test_run *t, struct range *r, const struct digest *before)
{
	struct digest after;
	struct why why = { 0 };

	CHECK(t, !region_find(MEM_WITHHELD, r->pa, r->len));
	digest_take(&after);
	CHECK_OK(t, digest_compare(before, &after, &why), &why);
	range_known(r, true);
	range_reset(r);
}

TEST(events, brought, .claim = "memory that a device brings is unknown before and after",
     .rows = "S2-24", .needs = NEED_RANGE)
{
	struct digest before;
	struct why why = { 0 };
	struct event e;
	struct range r;

	if (!unknown_range(t, &r, 1, &before))
		return;
	test_event(&e, EVENT_ADD, &r);
	CHECK_REFUSED(t, test_event_run(t, &e, &why), ENXIO, &why); /* no memory there */
	e.brings = true;
	CHECK_OK(t, test_event_run(t, &e, &why), &why);
	CHECK(t, range_block(&r, 0) && range_block(&r, 0)->withheld);
	CHECK_REFUSED(t, test_event_run(t, &e, &why), EEXIST, &why);
	e.op = EVENT_REMOVE;
	CHECK_OK(t, test_event_run(t, &e, &why), &why);
	no_trace(t, &r, &before);
}

TEST(events, by_hand,
     .claim = "memory that the operator removed completely counts as removed when its device "
	      "requests it; memory that the operator added there again is the operator's",
     .rows = "X-09 S0-38", .needs = NEED_RANGE)
{
	struct digest before;
	struct why why = { 0 };
	struct event e;
	struct range r;

	if (!unknown_range(t, &r, 2, &before))
		return;
	test_event(&e, EVENT_ADD, &r);
	e.brings = true;
	CHECK_OK(t, test_event_run(t, &e, &why), &why);
	range_offline(t, &r);
	range_remove(t, &r);
	e.op = EVENT_REMOVE;
	CHECK_REFUSED(t, test_event_run(t, &e, &why), ENXIO, &why); /* not `here`: no add */
	CHECK(t, region_find(MEM_WITHHELD, r.pa, r.len));
	e.here = true;
	if (range_add(t, &r))
		CHECK_REFUSED(t, test_event_run(t, &e, &why), EPERM, &why);
	range_remove(t, &r);
	CHECK_OK(t, test_event_run(t, &e, &why), &why);
	no_trace(t, &r, &before);
}

/* ---- events during an operation ---- */

static struct {
	enum hotplug_note at;
	struct event *post[4];
	unsigned nr;
	u64 taken;
} during;

static void post_three(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < during.nr; i++)
		during.taken += event_post(during.post[i]);
}

/* Post from the interrupt of another CPU, if there is one, in the middle of an operation. */
static int post_during(enum hotplug_note note, paddr_t pa, u64 len, struct why *why)
{
	cpumask_t others = cpus_online() & ~cpu_bit(0);

	(void)pa, (void)len, (void)why;
	if (!during.nr || note != during.at)
		return 0;
	if (others)
		ipi_call(others & -others, post_three, NULL);
	else
		post_three(NULL);
	during.nr = 0;
	return 0;
}

static const struct hotplug_notifier notifier = { .name = "test events", .call = post_during };
HOTPLUG_NOTIFIER(test_events, notifier);

static struct event add_a NOINIT, remove_a NOINIT, add_b NOINIT, add_again NOINIT;

static void four_events(const struct range *a, const struct range *b)
{
	test_event(&add_a, EVENT_ADD, a);
	test_event(&remove_a, EVENT_REMOVE, a);
	test_event(&add_b, EVENT_ADD, b);
	test_event(&add_again, EVENT_ADD, a);
}

static void check_order(struct test_run *t)
{
	CHECK_EQ(t, answers.nr, 4);
	CHECK_EQ(t, answers.wrong + answers.refused, 0);
	CHECK(t, answers.last[0].event == &add_a && answers.last[1].event == &remove_a);
	CHECK(t, answers.last[2].event == &add_b && answers.last[3].event == &add_again);
}

static void sequentially(struct test_run *t, struct digest *d)
{
	struct event *all[] = { &add_a, &remove_a, &add_b, &add_again };
	struct why why = { 0 };

	for (unsigned i = 0; i < ARRAY_SIZE(all); i++)
		CHECK_OK(t, test_event_run(t, all[i], &why), &why);
	digest_take(d);
}

TEST(events, during_operation,
     .claim = "events that arrive by interrupt during an operation run after it, in their order",
     .rows = "V-07", .needs = NEED_RANGE)
{
	static const enum hotplug_note notes[] = { NOTE_PREPARE_ADD, NOTE_ADDED, NOTE_GOING_ONLINE,
						   NOTE_ONLINE };
	struct digest want, got;
	struct why why = { 0 };
	struct range r, a, b;

	if (!range_get(t, &r, 2, NULL))
		return;
	a = b = r;
	a.len = b.len = layout.block_bytes;
	b.pa += layout.block_bytes;
	four_events(&a, &b);
	sequentially(t, &want);
	for (unsigned i = 0; i < ARRAY_SIZE(notes); i++) {
		range_reset(&a);
		range_reset(&b);
		answers_begin();
		during = (typeof(during)) {
			notes[i], { &add_a, &remove_a, &add_b, &add_again }, 4, 0
		};
		CHECK(t, event_post(&add_a));
		event_run();
		CHECK_EQ(t, during.taken, 3); /* all but the outstanding one */
		check_order(t);
		digest_take(&got);
		CHECK_OK(t, digest_compare(&want, &got, &why), &why);
	}
	range_reset(&a);
	range_reset(&b);
}
