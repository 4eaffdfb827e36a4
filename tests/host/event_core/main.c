/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/event_core/main.c - mm/hotplug/event.c and event_history.c against their headers: each
 * accepted event is answered once, a source may post again in its answer, polls run in time, and
 * the history keeps the last EVENTS_KEPT records.
 */
#include <asserts.h>
#include <kern/args.h>
#include <kern/cpu.h>
#include <kern/grace.h>
#include <lib/assert.h>
#include <lib/printf.h>
#include <mm/hotplug/event_internal.h>

#define POLL_NS 100000000ul /* EVENT_POLL_MS */

struct counted counted;

static struct {
	struct work *queue[8];
	unsigned queued;
	u64 clock;
	int code;   /* returned by event_add() and event_remove() */
	bool again; /* the answer posts once more */
	/* counted */
	unsigned adds, removes, answers, polls, graces, serves, pauses, said;
	struct event_answer answer;
	const struct event_record *record;
	char why[200];
} now;

/* ---- works ---- */

bool work_post(struct work *w)
{
	WANT(now.queued < ARRAY_SIZE(now.queue) && w->fn);
	now.queue[now.queued++] = w;
	return true;
}

bool work_due(void)
{
	return now.queued;
}

u64 work_clock(void)
{
	return now.clock;
}

u64 work_run(u64 most)
{
	u64 n = 0;

	WANT(!event_waiting());
	for (; now.queued && n < most; n++) {
		struct work *w = now.queue[0];

		memmove(now.queue, now.queue + 1, --now.queued * sizeof(now.queue[0]));
		w->fn(w);
	}
	return n;
}

void grace_poll(void)
{
	now.graces++;
	WANT(!now.queued);
}

bool cpu_pause_within(struct cpu_pause *p, u64 us)
{
	WANT(us == 7000);
	now.pauses++;
	return p->rounds++ < 3;
}

void cpu_serve(void)
{
	now.serves++;
}

/* ---- execution of an event ---- */

static struct event event;

static int act_fake(const struct event *e, struct hotplug_report *r, char *text, size_t size,
		    struct why *why)
{
	WANT(e == &event && event_pending(e) && !event_post(&event) && size >= 40);
	*r = (struct hotplug_report) { 0 };
	if (now.code)
		return refuse(why, now.code, "%u ranges are refused", e->nr_ranges);
	snprintf(text, size, "done with %u", e->nr_ranges);
	return 0;
}

int event_add(const struct event *e, struct hotplug_report *r, char *text, size_t size,
	      struct why *why)
{
	now.adds++;
	return act_fake(e, r, text, size, why);
}

int event_remove(const struct event *e, struct hotplug_report *r, char *text, size_t size,
		 struct why *why)
{
	now.removes++;
	return act_fake(e, r, text, size, why);
}

static int answer(struct event *e, const struct event_answer *a)
{
	WANT(e == &event && !event_pending(e));
	WANT(!event_run() && !event_waiting());
	now.answers++;
	now.answer = *a;
	snprintf(now.why, sizeof(now.why), "%s", a->why);
	if (now.again) {
		now.again = false;
		WANT(event_post(e) && event_pending(e) && !event_post(e));
	}
	return 0x84;
}

static void poll(void)
{
	now.polls++;
}

static const struct event_source acpi = { .name = "acpi", .answer = answer, .poll = poll };
static const struct event_source silent = { .name = "sil", .answer = answer, .quiet = true };
static const struct event_source bare = { .name = "bare" };
EVENT_SOURCE(acpi, acpi);
EVENT_SOURCE(bare, bare);
EVENT_SOURCE(silent, silent);

static void log_line(const struct event_record *r)
{
	now.said++;
	now.record = r;
	WANT(r->unseen);
}

/* ---- events ---- */

static void begin(void)
{
	u64 clock = now.clock;

	WANT(!now.queued);
	memset(&now, 0, sizeof(now));
	now.clock = clock;
	event_printer = log_line;
}

static void fill(const struct event_source *s, enum event_op op, unsigned nr)
{
	memset(&event, 0, sizeof(event));
	event.source = s;
	event.op = op;
	event.nr_ranges = nr;
	for (unsigned i = 0; i < EVENT_RANGES; i++)
		event.range[i] = (struct event_range) { i + 1, i + 11, i + 21 };
}

static void check_record(const struct event_record *r, unsigned nr)
{
	WANT(r == event_nth(0) && r->nr_ranges == (nr < EVENT_RANGES ? nr : EVENT_RANGES));
	for (unsigned i = 0; i < EVENT_RANGES; i++)
		WANT(r->range[i].pa == i + 1 && r->range[i].len == i + 11 &&
		     r->range[i].node == i + 21);
	for (unsigned i = 0; i < EVENT_RANGES; i++)
		WANT(event.range[i].pa == i + 1 && event.range[i].len == i + 11);
}

static void check_event(const struct event_source *s, enum event_op op, unsigned nr, int code)
{
	struct event_stats before = { 0 }, after = { 0 };
	bool bad = !nr || nr > EVENT_RANGES;
	u64 next = event_next_nr();
	char text[80];

	begin();
	fill(s, op, nr);
	now.code = code;
	event_stats(&before);
	WANT(!event_pending(&event) && event_post(&event));
	WANT(event_pending(&event) && !event_post(&event) && event_waiting());
	counted.releases = 0;
	WANT(event_run() == 1 && !event_pending(&event) && counted.releases == 1);
	event_stats(&after);
	WANT(after.answered == before.answered + 1 && after.works == before.works + 1);
	WANT(after.refused == before.refused + (bad || code));
	WANT(now.adds == (!bad && op == EVENT_ADD) && now.removes == (!bad && op == EVENT_REMOVE));
	WANT(now.graces == 1 && now.answers == (s != &bare));
	snprintf(text, sizeof(text),
		 bad    ? "%u ranges: an event has 1 to 4"
		 : code ? "%u ranges are refused"
			: "done with %u",
		 nr);
	code = bad ? -EINVAL : -code;
	if (now.answers) {
		WANT(now.answer.code == code && now.answer.nr == next);
		WANT_TEXT(now.why, text);
	}
	WANT(now.said == !s->quiet && event_next_nr() == next + !s->quiet);
	if (!now.said)
		return;
	WANT(now.record->nr == next && now.record->outcome == code);
	WANT_TEXT(now.record->text, text);
	WANT_TEXT(now.record->source, s->name);
	WANT_TEXT(now.record->op, op == EVENT_ADD ? "add" : "remove");
	WANT(now.record->ost == (s == &bare ? EVENT_NO_OST : 0x84));
	check_record(now.record, nr);
}

/* The device changes again while its event runs: the answer posts the event once more. */
static void check_again(void)
{
	begin();
	fill(&acpi, EVENT_ADD, 1);
	now.again = true;
	WANT(event_post(&event));
	WANT(event_run() == 2 && now.adds == 2 && now.answers == 2 && !event_pending(&event));
	WANT(event_run() == 0 && now.adds == 2);
}

/* Another CPU may fill the event once it observes the end: the acquire pairs with the release
 * above. */
static void check_orders(void)
{
	begin();
	fill(&acpi, EVENT_ADD, 1);
	counted.acquires = 0;
	WANT(!event_pending(&event) && counted.acquires == 1);
	WANT(event_post(&event) && counted.acquires == 2);
	event_run();
}

/* ---- polls and waits ---- */

static void check_polls(void)
{
	static const struct {
		u64 passes; /* ns */
		bool due;
	} steps[] = { { 0, false },
		      { POLL_NS - 1, false },
		      { 1, true },
		      { POLL_NS, true },
		      { POLL_NS - 1, false },
		      { 2, true },
		      { POLL_NS - 1, false },
		      { 1, true } };

	now.clock += POLL_NS;
	begin();
	event_run();
	WANT(now.polls == 1);
	for (unsigned i = 0; i < ARRAY_SIZE(steps); i++) {
		begin();
		now.clock += steps[i].passes;
		WANT(event_waiting() == steps[i].due);
		event_run();
		WANT(now.polls == steps[i].due && !event_waiting());
	}
}

static bool answered(void *arg)
{
	WANT(arg == &now);
	return now.answers;
}

static void check_waits(void)
{
	begin();
	fill(&acpi, EVENT_REMOVE, 1);
	WANT(event_post(&event));
	WANT(events_wait(answered, &now, 7) && now.answers == 1 && !now.pauses && !now.serves);
	begin();
	WANT(!events_wait(answered, &now, 7));
	WANT(now.pauses == 4 && now.serves == 3 && now.graces == 4);
}

/* ---- words ---- */

static const char *const words[] = { "acpi.memmap=device", "acp.online=no",    "acpix.online=no",
				     "sil.online=movable", "bcpi.memmap=host", "bare.reserve=1" };
static const char *const wrong[] = { "acp.online=no: there is no event source of that name",
				     "acpix.online=no: there is no event source of that name",
				     "bcpi.memmap=host: there is no event source of that name" };
static unsigned sentences;

const char *arg_of_source(unsigned n)
{
	return n < ARRAY_SIZE(words) ? words[n] : NULL;
}

static void sentence(const char *text)
{
	WANT(sentences < ARRAY_SIZE(wrong));
	if (sentences < ARRAY_SIZE(wrong))
		WANT_TEXT(text, wrong[sentences]);
	sentences++;
}

/* ---- the history ---- */

static void check_history(void)
{
	const struct event_record *r;
	u64 first = event_next_nr();

	begin();
	for (unsigned n = 0; n < 3 * EVENTS_KEPT; n++) {
		WANT(event_next_nr() == first + n);
		event_note("operator", "online", n, n + 1, n & 1 ? -EBUSY : 0,
			   n & 2 ? "text" : NULL);
		r = event_nth(0);
		WANT(r->nr == first + n && r->nr_ranges == 1 && r->range[0].pa == n);
		WANT(r->range[0].len == n + 1 && !r->range[0].node && !r->range[1].len);
		WANT(!r->unseen && r->ost == EVENT_NO_OST && r->outcome == (n & 1 ? -EBUSY : 0));
		WANT_TEXT(r->text, n & 2 ? "text" : "");
		WANT_TEXT(r->source, "operator");
		WANT_TEXT(r->op, "online");
	}
	WANT(!now.said);
	for (unsigned back = 0; back < EVENTS_KEPT; back++) {
		r = event_nth(back);
		WANT(r && r->nr == first + 3 * EVENTS_KEPT - 1 - back);
	}
	WANT(!event_nth(EVENTS_KEPT) && !event_nth(EVENTS_KEPT + 1) && !event_nth(~0u));
}

static void check_remarks(void)
{
	const struct event_record *r;

	begin();
	event_remark("acpi", "slot %u: %s is %d", 3, "_CRS", -1);
	r = event_nth(0);
	WANT(now.said == 1 && now.record == r && !counted.va_lists);
	WANT_TEXT(r->text, "slot 3: _CRS is -1");
	WANT_TEXT(r->op, "remark");
	WANT_TEXT(r->source, "acpi");
	WANT(!r->outcome && !r->nr_ranges && !r->range[0].len && r->ost == EVENT_NO_OST);
	event_printer = NULL; /* before there is a shell */
	event_remark("acpi", "nobody listens");
	WANT(now.said == 1 && event_nth(0)->unseen);
}

static void check_few(void)
{
	WANT(event_next_nr() == 1 && !event_nth(0));
	event_note("operator", "add", 1, 2, 0, "one");
	WANT(event_nth(0) && !event_nth(1));
	event_note("operator", "add", 1, 2, 0, "two");
	WANT(event_nth(1) && !event_nth(2) && event_nth(1)->nr == 1);
}

int main(void)
{
	static const struct event_source *const sources[] = { &acpi, &silent, &bare };

	check_few();
	for (unsigned s = 0; s < ARRAY_SIZE(sources); s++)
		for (unsigned nr = 0; nr <= EVENT_RANGES + 2; nr++)
			for (unsigned i = 0; i < 4; i++)
				check_event(sources[s], i & 1 ? EVENT_REMOVE : EVENT_ADD, nr,
					    i & 2 ? EBUSY : 0);
	check_again();
	check_orders();
	check_polls();
	check_waits();
	check_history();
	check_remarks();
	event_check_words(sentence);
	WANT(sentences == ARRAY_SIZE(wrong));
	printf("event_core: %u not so\n", want_failed);
	return want_failed != 0;
}
