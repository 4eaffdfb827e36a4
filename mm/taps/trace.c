/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/taps/trace.c - tap `trace`: the last 1024 events, in the order in which they were claimed.
 *
 * Filled without a lock: a writer takes a number, writes its slot and stamps it last, so a reader
 * skips what is being written or was overtaken.  The ring lies in .noinit, which nobody clears at
 * boot: switching the tap on does.
 */
#include <lib/atomic.h>
#include <mm/pt_tap.h>

#define RING 1024

struct entry {
	struct pt_event event;
	u64 stamp; /* 1 + its number once complete */
};

static struct entry ring[RING] __attribute__((section(".noinit")));
static u64 next_nr;

void pt_trace_reset(void)
{
	for (unsigned i = 0; i < RING; i++)
		atomic_store_relaxed(&ring[i].stamp, 0);
	atomic_store_release(&next_nr, 0);
}

static void trace_after(const struct pt_event *e)
{
	u64 nr = atomic_fetch_add_relaxed(&next_nr, 1);
	struct entry *slot = &ring[nr % RING];

	atomic_store_relaxed(&slot->stamp, 0);
	atomic_fence_release(); /* no stamp while the event is torn */
	slot->event = *e;
	atomic_store_release(&slot->stamp, nr + 1);
}

static bool read_slot(u64 nr, struct pt_event *out)
{
	struct entry *slot = &ring[nr % RING];

	if (atomic_load_acquire(&slot->stamp) != nr + 1)
		return false;
	*out = slot->event;
	atomic_fence_acquire(); /* the copy before the second look */
	return atomic_load_relaxed(&slot->stamp) == nr + 1;
}

size_t pt_trace_copy(struct pt_event *out, size_t max)
{
	u64 end = atomic_load_acquire(&next_nr);
	u64 nr = end - min_u64(end, min_u64(max, RING));
	size_t n = 0;

	for (; nr < end; nr++)
		if (read_slot(nr, &out[n]))
			n++;
	return n;
}

static const struct pt_tap trace_tap = {
	.name = "trace",
	.after = trace_after,
	.reset = pt_trace_reset,
};
PT_TAP(trace, trace_tap);
