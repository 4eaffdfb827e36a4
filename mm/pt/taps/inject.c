/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/taps/inject.c - tap `inject`: the only tap that may change an operation (see inject.h).
 *
 * Counts are atomic because any CPU may pass a point.  Only occurrences that `mine` accepts count:
 * callers restrict it to one CPU, so that the n-th occurrence is the same in every run.
 */
#include <lib/assert.h>
#include <lib/atomic.h>
#include <mm/pt/taps/inject.h>

/* Points from FAIL_RETRY on never fail by injection (lib/fail.h). */
#define MAY_FAIL (BIT(FAIL_RETRY) - 1)

static struct inject now;
static struct inject_count count;
static bool on;

static bool pause_here(enum fail_point point, u64 about)
{
	if (now.mine && !now.mine(point, about))
		return false;
	if (now.pause)
		now.pause(atomic_add_fetch_relaxed(&count.steps, 1));
	return true;
}

static bool inject_fail(enum fail_point point, u64 about)
{
	u64 nr;

	if (!(MAY_FAIL & BIT(point)) || !pause_here(point, about))
		return false;
	if (now.also && now.also(point, about))
		return true;
	if (now.points && !(now.points & BIT(point)))
		return false;
	nr = atomic_add_fetch_relaxed(&count.points, 1);
	atomic_add_fetch_relaxed(&count.by_point[point], 1);
	if (!now.at || (now.onwards ? nr < now.at : nr != now.at))
		return false;
	atomic_add_fetch_relaxed(&count.failed, 1);
	return true;
}

static bool inject_before(struct pt_event *e)
{
	if (!on)
		return true;
	if (now.pause)
		pause_here(FAIL_POINTS, 0);
	if (!now.bend || now.bend(e))
		return true;
	atomic_add_fetch_relaxed(&count.bent, 1);
	return false;
}

static void inject_after(const struct pt_event *e)
{
	if (on && now.after)
		now.after(e);
}

static const struct pt_tap inject_tap = {
	.name = "inject",
	.bends = true,
	.before = inject_before,
	.after = inject_after,
};
PT_TAP(inject, inject_tap);

bool inject_on(void)
{
	return on;
}

void inject_begin(const struct inject *i)
{
	ASSERT(!on);
	now = *i;
	count = (struct inject_count) { 0 };
	on = true;
	ASSERT_OP(pt_tap_enable("inject", true), ==, 0);
	if (!i->at && !i->also && !i->pause && !i->mine)
		return; /* it only bends events: fail_hook may be in use by a schedule */
	ASSERT(!fail_hook);
	atomic_store_release(&fail_hook, inject_fail);
}

void inject_end(struct inject_count *out)
{
	ASSERT(on);
	if (fail_hook == inject_fail)
		atomic_store_release(&fail_hook, NULL);
	pt_tap_enable("inject", false);
	on = false;
	*out = count;
}
