// SPDX-License-Identifier: BSD-2-Clause
/*
 * mm/pt/taps/trace.c - tap `trace`: the last events of each CPU, read as one sequence.
 *
 * A CPU writes its own ring, and an interrupt on it takes a slot of its own.  There is no barrier
 * between the parts of an entry (mm/pt/pt_tap.h says why): its sum tells a reader on another CPU
 * whether it has all of it.  The rings lie in .noinit, which nobody clears at boot: switching the
 * tap on does.
 */
#include <lib/atomic.h>
#include <mm/pt/pt_tap.h>

#define WORDS (sizeof(struct pt_event) / sizeof(u64))
_Static_assert(sizeof(struct pt_event) % sizeof(u64) == 0, "an event is whole words");

union words {
	struct pt_event event;
	u64 word[WORDS];
};

struct entry {
	union words of;
	u64 sum; /* over its number and the words */
};

static struct entry ring[PT_TAP_CPUS][PT_TRACE_LAST] __attribute__((section(".noinit")));
static struct {
	u64 next;
} __attribute__((aligned(64))) head[PT_TAP_CPUS];

static struct entry *slot(unsigned cpu, u64 nr)
{
	return &ring[cpu][nr % PT_TRACE_LAST];
}

static u64 sum_of(const union words *w, u64 nr)
{
	u64 sum = nr + 1;

	for (unsigned i = 0; i < WORDS; i++)
		sum = (sum << 7 | sum >> 57) ^ w->word[i];
	return sum | 1; /* 0 is none */
}

void pt_trace_reset(void)
{
	for (unsigned c = 0; c < PT_TAP_CPUS; c++) {
		for (unsigned i = 0; i < PT_TRACE_LAST; i++)
			atomic_store_relaxed(&ring[c][i].sum, 0);
		atomic_store_relaxed(&head[c].next, 0);
	}
}

static void trace_after(const struct pt_event *e)
{
	unsigned cpu = e->cpu;
	u64 nr = atomic_fetch_add_relaxed(&head[cpu].next, 1);
	struct entry *s = slot(cpu, nr);

	s->of.event = *e;
	atomic_store_relaxed(&s->sum, sum_of(&s->of, nr));
}

/* False: not all of it is here, or it was overtaken. */
static bool read_slot(unsigned cpu, u64 nr, union words *out)
{
	struct entry *s = slot(cpu, nr);
	u64 sum = atomic_load_relaxed(&s->sum);

	for (unsigned i = 0; i < WORDS; i++)
		out->word[i] = atomic_load_relaxed(&s->of.word[i]);
	return sum && sum == sum_of(out, nr);
}

/* The latest event that is not behind its CPU's mark; false: there is none. */
static bool take_latest(u64 *mark, const u64 *stop, struct pt_event *out)
{
	unsigned from = PT_TAP_CPUS;
	union words w;

	for (unsigned c = 0; c < PT_TAP_CPUS; c++) {
		while (mark[c] > stop[c] && !read_slot(c, mark[c] - 1, &w))
			mark[c]--;
		if (mark[c] == stop[c] || (from < PT_TAP_CPUS && w.event.seq < out->seq))
			continue;
		*out = w.event;
		from = c;
	}
	if (from < PT_TAP_CPUS)
		mark[from]--;
	return from < PT_TAP_CPUS;
}

size_t pt_trace_copy(struct pt_event *out, size_t max)
{
	u64 mark[PT_TAP_CPUS], stop[PT_TAP_CPUS];
	size_t n = 0;

	for (unsigned c = 0; c < PT_TAP_CPUS; c++) {
		mark[c] = atomic_load_relaxed(&head[c].next);
		stop[c] = mark[c] - min_u64(mark[c], PT_TRACE_LAST);
	}
	while (n < max && take_latest(mark, stop, &out[n]))
		n++;
	for (size_t i = 0; i < n / 2; i++) { /* oldest first */
		struct pt_event e = out[i];

		out[i] = out[n - 1 - i];
		out[n - 1 - i] = e;
	}
	return n;
}

static const struct pt_tap trace_tap = {
	.name = "trace",
	.after = trace_after,
	.reset = pt_trace_reset,
};
PT_TAP(trace, trace_tap);
