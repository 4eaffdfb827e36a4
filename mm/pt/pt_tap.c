/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/pt_tap.c - the dispatcher of taps: which are on, and the order of events.
 *
 * Bit n of pt_taps_on is the n-th registered tap, of TAPS_MAX.  `before` runs first and may swallow
 * the event; then the operation is executed; then `after` runs with the same sequence number.
 */
#include <lib/atomic.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/pt/pt_tap.h>

#define TAPS_MAX 32

u32 pt_taps_on;
static u64 last_seq;

void (*pt_tap_who)(struct pt_event *);

int pt_tap_enable(const char *name, bool on)
{
	unsigned n = 0;

	reg_for_each (taps, it) {
		if (n < TAPS_MAX && !strcmp((*it)->name, name)) {
			if (on && (*it)->reset)
				(*it)->reset();
			if (on) /* release: reset() is complete before the bit is set */
				atomic_fetch_or_release(&pt_taps_on, 1u << n);
			else
				atomic_fetch_and_release(&pt_taps_on, ~(1u << n));
			return 0;
		}
		n++;
	}
	return -ENOENT;
}

bool pt_tap_run_before(struct pt_event *e)
{
	u32 on = atomic_load_relaxed(&pt_taps_on);
	bool go = true;
	unsigned n = 0;

	if (pt_tap_who)
		pt_tap_who(e);
	e->seq = atomic_add_fetch_relaxed(&last_seq, 1);
	reg_for_each (taps, it) {
		if (on >> n & 1 && (*it)->before && !(*it)->before(e))
			go = false;
		if (++n == TAPS_MAX)
			break;
	}
	return go;
}

void pt_tap_run_after(const struct pt_event *e)
{
	u32 on = atomic_load_relaxed(&pt_taps_on);
	unsigned n = 0;

	reg_for_each (taps, it) {
		if (on >> n & 1 && (*it)->after)
			(*it)->after(e);
		if (++n == TAPS_MAX)
			break;
	}
}

void pt_tap_run_fill(paddr_t pa, u64 len)
{
	struct pt_event e = { .kind = PT_EV_FILL, .pa = pa, .len = len };

	pt_tap_run_before(&e);
	pt_tap_run_after(&e);
}

const char *pt_event_name(unsigned kind)
{
	static const char *const names[PT_EV_KINDS] = {
		[PT_EV_SET] = "SET",
		[PT_EV_PUBLISH] = "PUBLISH",
		[PT_EV_PUBLISH_DATA] = "PUBLISH_DATA",
		[PT_EV_FILL] = "FILL",
		[PT_EV_VISIBLE] = "VISIBLE",
		[PT_EV_SYNC] = "SYNC",
		[PT_EV_TLBI] = "TLBI",
		[PT_EV_WAIT] = "WAIT",
		[PT_EV_CTX] = "CTX",
		[PT_EV_ROOT_LOAD] = "ROOT_LOAD",
		[PT_EV_WALK_BEGIN] = "WALK_BEGIN",
		[PT_EV_WALK_END] = "WALK_END",
		[PT_EV_LOCK] = "LOCK",
		[PT_EV_UNLOCK] = "UNLOCK",
		[PT_EV_PAGE_ALLOC] = "PAGE_ALLOC",
		[PT_EV_PAGE_FREE] = "PAGE_FREE",
		[PT_EV_FRAME_ALLOC] = "FRAME_ALLOC",
		[PT_EV_FRAME_FREE] = "FRAME_FREE",
	};

	return kind < PT_EV_KINDS ? names[kind] : "?";
}
