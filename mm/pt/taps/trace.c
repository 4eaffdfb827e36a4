/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/taps/trace.c - tap `trace`: the last events of each CPU, read as one sequence.
 *
 * A CPU writes its own ring, and an interrupt on it takes a slot of its own.  There is no barrier
 * between the words of an entry (mm/pt/pt_tap.h has the reason): a reader on another CPU checks the
 * sum to see whether it has read all of them.  The rings are in .noinit, which boot does not clear;
 * switching the tap on clears them.
 */
#include <lib/atomic.h>
#include <mm/pt/pt_tap.h>

#define WORDS (sizeof(struct pt_event) / sizeof(u64))
_Static_assert(sizeof(struct pt_event) % sizeof(u64) == 0, "an event is whole words");

union trace_words {
	struct pt_event event;
	u64 word[WORDS];
};

struct trace_entry {
	union trace_words of;
	u64 sum; /* over the entry's number and its words; 0: never written */
};

static struct trace_entry ring[PT_TAP_CPUS][PT_TRACE_LAST] __attribute__((section(".noinit")));
static struct {
	u64 next;
} __attribute__((aligned(64))) head[PT_TAP_CPUS];

static struct trace_entry *slot(unsigned cpu, u64 nr)
{
	return &ring[cpu][nr % PT_TRACE_LAST];
}

static u64 sum_of(const union trace_words *w, u64 nr)
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

/* Frees occur in hundreds, and would push out the events before them: a free that follows another
 * of its kind on this CPU is added to that entry, `n` pages in `ops` further calls. */
static bool trace_joins(const struct pt_event *e)
{
	u64 nr = atomic_load_relaxed(&head[e->cpu].next);
	struct trace_entry *s = slot(e->cpu, nr - 1);
	struct pt_event *last = &s->of.event;

	if (e->kind != PT_EV_PAGE_FREE && e->kind != PT_EV_FRAME_FREE)
		return false;
	if (!nr || !atomic_load_relaxed(&s->sum) || last->kind != e->kind)
		return false;
	last->n += e->n;
	last->ops++;
	atomic_store_relaxed(&s->sum, sum_of(&s->of, nr - 1));
	return true;
}

static void trace_after(const struct pt_event *e)
{
	unsigned cpu = e->cpu;
	struct trace_entry *s;
	u64 nr;

	if (e->kind == PT_EV_LOCK || e->kind == PT_EV_UNLOCK || trace_joins(e))
		return; /* they would displace the events under the lock */
	nr = atomic_fetch_add_relaxed(&head[cpu].next, 1);
	s = slot(cpu, nr);
	s->of.event = *e;
	atomic_store_relaxed(&s->sum, sum_of(&s->of, nr));
}

/* False: the writer has not finished the entry, or has overwritten it. */
static bool read_slot(unsigned cpu, u64 nr, union trace_words *out)
{
	struct trace_entry *s = slot(cpu, nr);
	u64 sum = atomic_load_relaxed(&s->sum);

	for (unsigned i = 0; i < WORDS; i++)
		out->word[i] = atomic_load_relaxed(&s->of.word[i]);
	return sum && sum == sum_of(out, nr);
}

/* Merge backwards: the latest event before the marks of all CPUs.  False: none is left. */
static bool take_latest(u64 *mark, const u64 *stop, struct pt_event *out)
{
	unsigned from = PT_TAP_CPUS;
	union trace_words w;

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
