/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-06: splits and joins perform all required maintenance: the checks of tests/harness/order.h on
 * events report nothing.  A split without its break is noticed if the manual requires one.
 */
#include <mm/pt/taps/inject.h>
#include <tests/direct/direct.h>
#include <tests/harness/order.h>

/* Each step is checked alone: the next one may do an invalidation that this one left out. */
static void order_round(struct test_run *t, struct direct *d, struct order_seen *seen)
{
	static const enum direct_rights steps[] = { DIRECT_READ, DIRECT_NONE, DIRECT_DEFAULT };
	struct why why = { 0 };

	*seen = (struct order_seen) { 0 };
	for (unsigned i = 0; i < ARRAY_SIZE(steps); i++) {
		struct order_seen step;
		u32 alarms = seen->alarms, removed = seen->removed;

		order_begin();
		CHECK_OK(t, set_direct(d->page, steps[i], &why), &why);
		order_end(&step);
		if (step.alarms)
			*seen = step;
		seen->alarms = alarms + step.alarms;
		seen->removed = removed + step.removed;
	}
}

TEST(direct, order,
     .claim = "splits, changes of rights and joins perform all maintenance that they require",
     .rows = "S1-06", .needs = NEED_RANGE, .params = direct_shapes, .could = COULD_TRACE)
{
	struct order_seen seen;
	struct direct d;

	if (!direct_get(t, &d))
		return;
	order_round(t, &d, &seen);
	if (seen.alarms)
		test_fail(t, __FILE__, __LINE__, "%u alarms: %s", seen.alarms, seen.what);
	CHECK(t, seen.removed > 0);
	direct_put(t, &d);
}

static bool no_break(struct pt_event *e)
{
	if (e->kind == PT_EV_SET)
		e->duty &= ~(u32)PT_DUTY_BREAK;
	return true;
}

TEST(direct, order_twin, .mutes_sanitizer = true,
     .claim = "a split without a required break is noticed", .rows = "S1-06", .needs = NEED_RANGE,
     .params = direct_split_shapes, .could = COULD_TRACE)
{
	struct inject_count count;
	struct order_seen seen;
	struct direct d;

	if (inject_on()) {
		test_skip(t, "bug= makes mistakes already");
		return;
	}
	if (!direct_get(t, &d))
		return;
	if (direct_owes_break(&d)) {
		inject_begin(&(struct inject) { .bend = no_break });
		order_round(t, &d, &seen);
		inject_end(&count);
		tlb_invalidate(&kpt, &(struct pt_inval) { .global = true, .walk = true });
		CHECK(t, seen.alarms > 0);
		test_key(t, "alarms=%u", seen.alarms);
	} else {
		test_skip(t, "these CPUs change the shape of such a leaf without a break");
	}
	direct_put(t, &d);
}
