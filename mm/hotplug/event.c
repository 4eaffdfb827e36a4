/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/event.c - the consumer: one event after the other, each answered once.
 */
#include <arch/arch.h>
#include <kern/args.h>
#include <kern/cpu.h>
#include <kern/grace.h>
#include <kern/trap.h>
#include <lib/assert.h>
#include <lib/atomic.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/hotplug/event_internal.h>

#define ROUNDS 4096 /* per event_run(), for a device that posts without end */

static struct event_stats stats;
static bool running;
static u64 next_poll; /* ns */

void event_stats(struct event_stats *s)
{
	*s = stats;
}

/* ---- one event ---- */

static const char *const op_names[] = { [EVENT_ADD] = "add", [EVENT_REMOVE] = "remove" };

/* Execute an event, and describe the result in *text. */
static int act(const struct event *e, struct event_answer *a, char *text, size_t size,
	       struct why *why)
{
	if (!e->nr_ranges || e->nr_ranges > EVENT_RANGES)
		return refuse(why, EINVAL, "%u ranges: an event has 1 to %u", e->nr_ranges,
			      EVENT_RANGES);
	return e->op == EVENT_ADD ? event_add(e, &a->report, text, size, why)
				  : event_remove(e, &a->report, text, size, why);
}

/*
 * Answer the source.  It may reuse the event from the moment that `pending` is clear.
 * Unshown (release): loads of the event decide branches (MODEL.md control) or are stored to the
 * record before: MODEL.md late-used. `source` of an event never changes.
 * Unshown (fence): only loads of the event are before it, and branches used their values: MODEL.md
 * control.
 */
static int event_answer_source(struct event *e, const struct event_answer *a)
{
	const struct event_source *s = e->source;

	/* release: a CPU that sees it clear may fill the event again */
	atomic_store_release(&e->pending, 0);
	stats.answered++;
	stats.refused += a->code != 0;
	return s->answer ? s->answer(e, a) : EVENT_NO_OST;
}

static void handle(struct work *w)
{
	struct event *e = container_of(w, struct event, work);
	struct event_answer a = { 0 };
	struct event_record *r = NULL;
	struct why why = { 0 };
	char text[80] = "";
	bool quiet = e->source->quiet;

	a.code = act(e, &a, text, sizeof(text), &why);
	a.why = a.code ? why.text : text;
	a.nr = event_next_nr();
	if (!quiet) {
		r = event_enter(e->source->name, op_names[e->op], a.code, a.why);
		r->nr_ranges = e->nr_ranges < EVENT_RANGES ? e->nr_ranges : EVENT_RANGES;
		memcpy(r->range, e->range, sizeof(r->range));
	}
	if (!r) {
		event_answer_source(e, &a);
		return;
	}
	r->ost = event_answer_source(e, &a);
	event_print(r);
}

/*
 * Unshown (acquire aq): the source then stores the next event, and loads nothing that the consumer
 * stored to the event: MODEL.md control.
 */
bool event_post(struct event *e)
{
	/* acquire: pairs with the release in event_answer_source() */
	if (atomic_exchange_acquire(&e->pending, 1))
		return false;
	e->work.fn = handle;
	return work_post(&e->work);
}

/* Unshown (acquire fence): as in event_post(). */
bool event_pending(const struct event *e)
{
	return atomic_load_acquire(&e->pending);
}

/* ---- the consumer ---- */

/* Call the sources that have no interrupt, at most every EVENT_POLL_MS. */
static void poll_sources(void)
{
	u64 now = work_clock();

	if (now < next_poll)
		return;
	next_poll = now + EVENT_POLL_MS * 1000000ul;
	reg_for_each (events, it)
		if ((*it)->poll)
			(*it)->poll();
}

bool event_waiting(void)
{
	return !running && (work_due() || work_clock() >= next_poll);
}

u64 event_run(void)
{
	u64 before = stats.answered;

	ASSERT_OP(this_cpu()->nr, ==, 0);
	if (running)
		return 0;
	running = true;
	poll_sources();
	stats.works += work_run(ROUNDS);
	grace_poll();
	running = false;
	return stats.answered - before;
}

bool events_wait(bool (*done)(void *), void *arg, u64 ms)
{
	struct cpu_pause p = { 0 };

	for (;;) {
		event_run();
		if (done(arg))
			return true;
		if (!cpu_pause_within(&p, ms * 1000))
			return false;
		cpu_serve();
	}
}

/* ---- arguments ---- */

/* Is the part of SOURCE.key=value before the dot the name of a source? */
static bool is_source(const char *word)
{
	size_t len = (size_t)(strchr(word, '.') - word);

	reg_for_each (events, it)
		if (strlen((*it)->name) == len && !memcmp((*it)->name, word, len))
			return true;
	return false;
}

void event_check_words(void (*log)(const char *sentence))
{
	const char *word;
	char line[160];

	for (unsigned n = 0; (word = arg_of_source(n)); n++) {
		if (is_source(word))
			continue;
		snprintf(line, sizeof(line), "%s: there is no event source of that name", word);
		log(line);
	}
}
