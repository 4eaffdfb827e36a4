// SPDX-License-Identifier: BSD-2-Clause
/*
 * mm/hotplug/event.c - the consumer: one event after the other, each answered once; and the
 * history of what happened to memory, by whom, and the answer.
 */
#include <arch/arch.h>
#include <mm/hotplug/event_internal.h>
#include <kern/args.h>
#include <kern/cpu.h>
#include <kern/trap.h>
#include <lib/assert.h>
#include <lib/atomic.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>

#define EVENTS_KEPT 64
#define ROUNDS 4096 /* of one event_run(): a device that never ends leaves the prompt its turn */

static struct event_record history[EVENTS_KEPT] NOINIT;
static u64 events_nr;
static struct event_stats stats;
static bool running;
static u64 next_poll; /* ns */

void (*event_say)(const struct event_record *);
const void *event_tree;

/* ---- history ---- */

static struct event_record *record(const char *source, const char *op, int outcome,
				   const char *text)
{
	struct event_record *r = &history[events_nr % EVENTS_KEPT];

	memset(r, 0, sizeof(*r));
	r->nr = ++events_nr;
	r->source = source;
	r->op = op;
	r->outcome = outcome;
	r->ost = EVENT_NO_OST;
	snprintf(r->text, sizeof(r->text), "%s", text ? text : "");
	return r;
}

void event_note(const char *source, const char *op, paddr_t pa, u64 len, int outcome,
		const char *text)
{
	struct event_record *r = record(source, op, outcome, text);

	r->range[0] = (struct event_range) { pa, len, 0 };
	r->nr_ranges = 1;
}

void event_remark(const struct event_source *s, const char *fmt, ...)
{
	struct event_record *r = record(s->name, "remark", 0, NULL);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->text, sizeof(r->text), fmt, ap);
	va_end(ap);
	r->unseen = true;
	if (event_say)
		event_say(r);
}

const struct event_record *event_nth(unsigned back)
{
	if (back >= EVENTS_KEPT || back >= events_nr)
		return NULL;
	return &history[(events_nr - 1 - back) % EVENTS_KEPT];
}

void event_stats(struct event_stats *s)
{
	*s = stats;
}

/* ---- one event ---- */

static const char *const op_names[] = { [EVENT_ADD] = "add", [EVENT_REMOVE] = "remove" };

static int act(const struct event *e, struct event_answer *a, char *text, size_t size,
	       struct why *why)
{
	if (!e->nr_ranges || e->nr_ranges > EVENT_RANGES)
		return refuse(why, EINVAL, "%u ranges: an event has 1 to %u", e->nr_ranges,
			      EVENT_RANGES);
	return e->op == EVENT_ADD ? event_add(e, &a->report, text, size, why)
				  : event_remove(e, &a->report, text, size, why);
}

/* The event is the source's again from the moment that `pending` is clear. */
static int tell(struct event *e, const struct event_answer *a)
{
	const struct event_source *s = e->source;

	/* release: whoever sees it clear may fill the event again */
	atomic_store_release(&e->pending, 0);
	stats.answered++;
	stats.refused += a->code != 0;
	return s->answer ? s->answer(e, a) : EVENT_NO_OST;
}

static void handle(struct event_work *w)
{
	struct event *e = container_of(w, struct event, work);
	struct event_answer a = { 0 };
	struct event_record *r = NULL;
	struct why why = { 0 };
	char text[80] = "";
	bool quiet = e->source->quiet;

	a.code = act(e, &a, text, sizeof(text), &why);
	a.why = a.code ? why.text : text;
	a.nr = events_nr + 1;
	if (!quiet) {
		r = record(e->source->name, op_names[e->op], a.code, a.why);
		r->unseen = true;
		r->nr_ranges = e->nr_ranges < EVENT_RANGES ? e->nr_ranges : EVENT_RANGES;
		memcpy(r->range, e->range, sizeof(r->range));
	}
	if (!r) {
		tell(e, &a);
		return;
	}
	r->ost = tell(e, &a);
	if (event_say)
		event_say(r);
}

bool event_post(struct event *e)
{
	/* acquire: pairs with the release of tell() */
	if (atomic_exchange_acquire(&e->pending, 1))
		return false;
	e->work.fn = handle;
	return event_work_post(&e->work);
}

bool event_pending(const struct event *e)
{
	return atomic_load_acquire(&e->pending);
}

/* ---- the consumer ---- */

static void poll_sources(void)
{
	u64 now = event_clock();

	if (now < next_poll)
		return;
	next_poll = now + EVENT_POLL_MS * 1000000ull;
	reg_for_each (events, it)
		if ((*it)->poll)
			(*it)->poll();
}

bool event_waiting(void)
{
	return !running && (!event_queue_empty() || event_clock() >= next_poll);
}

u64 event_run(void)
{
	u64 before = stats.answered;
	struct event_work *w;

	ASSERT_OP(this_cpu()->nr, ==, 0);
	if (running)
		return 0;
	running = true;
	poll_sources();
	for (unsigned n = 0; n < ROUNDS && (w = event_queue_next()); n++) {
		stats.works++;
		w->fn(w);
	}
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

/* ---- words ---- */

static bool is_source(const char *word)
{
	size_t len = (size_t)(strchr(word, '.') - word);

	reg_for_each (events, it)
		if (strlen((*it)->name) == len && !memcmp((*it)->name, word, len))
			return true;
	return false;
}

void event_check_words(void (*say)(const char *sentence))
{
	const char *word;
	char line[160];

	for (unsigned n = 0; (word = arg_of_source(n)); n++) {
		if (is_source(word))
			continue;
		snprintf(line, sizeof(line), "%s: there is no event source of that name", word);
		say(line);
	}
}
