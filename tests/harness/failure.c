/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/failure.c - records and reports of failures.
 *
 * While the tap `trace` is on (trace=on, and the second run of a failed test), the first failed
 * check freezes its last events: the report shows the events before the failure, not those of the
 * clean-up.
 */
#include <kern/args.h>
#include <kern/log.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <lib/version.h>
#include <mm/kernel/kpt.h>
#include <shell/screen/machine_line.h>
#include <shell/screen/pager.h>
#include <shell/screen/text.h>
#include <tests/harness/inval_trace.h>
#include <tests/harness/run.h>

#define FAILURES_MAX 8
#define EVENTS_MAX 64
#define OPS_SHOWN 8   /* kinds in a row */
#define FACT_LINES 12 /* of `show failure N`, before the events */

static struct failure {
	char geometry[32], name[TEST_NAME_MAX], text[200], at[64];
	char again[200]; /* result of the second run, "" = there was none */
	const struct test *test;
	struct pt_event event[EVENTS_MAX];
	struct test_stale stale;
	struct inval_trace inval; /* of stale.va, by the events */
	unsigned nr_events, checks;
	bool known;                  /* listed in docs/LIMITS.md: not a failure of this run */
} failures[FAILURES_MAX] PERSISTENT; /* a run may continue after a restart */
static struct failure beyond
	NOINIT;              /* the current one, when the table is full; filled like these */
static unsigned nr_failures; /* also counts those beyond the table */
static bool fresh;           /* failure_first was called for the current test */

void failure_begin(void)
{
	nr_failures = 0;
	fresh = false;
}

static bool is_registered(const struct test *t)
{
	reg_for_each (tests, it)
		if ((*it)->test == t)
			return true;
	return false;
}

/* They were not sealed: no text in them is trusted to be terminated, no pointer to be valid. */
void failure_adopt(unsigned nr)
{
	nr_failures = nr;
	for (unsigned i = 0; i < nr && i < FAILURES_MAX; i++) {
		struct failure *f = &failures[i];

		f->geometry[sizeof(f->geometry) - 1] = f->name[sizeof(f->name) - 1] = 0;
		f->text[sizeof(f->text) - 1] = f->at[sizeof(f->at) - 1] = 0;
		f->again[sizeof(f->again) - 1] = 0;
		if (f->nr_events > EVENTS_MAX)
			f->nr_events = 0;
		if (!is_registered(f->test))
			f->test = NULL;
	}
}

unsigned failure_count(void)
{
	return nr_failures;
}

static struct failure *slot(unsigned nr)
{
	return nr < FAILURES_MAX ? &failures[nr] : NULL;
}

static struct failure *current(void)
{
	struct failure *f = slot(nr_failures - 1);

	return f ? f : &beyond;
}

void failure_again(const char *text)
{
	struct failure *f = current();

	snprintf(f->again, sizeof(f->again), "%s", text);
}

static void keep_events(struct failure *f)
{
	f->nr_events = run.traced ? (unsigned)pt_trace_copy(f->event, EVENTS_MAX) : 0;
	if (run.test.stale.known)
		inval_trace_find(f->event, f->nr_events, layout.fmt, run.test.stale.va,
				 run.test.stale.asked, &f->inval);
}

void failure_first(const char *file, int line, const char *text)
{
	struct failure *f;

	if (run.again) { /* of a failure that is known already */
		keep_events(current());
		return;
	}
	fresh = true;
	nr_failures++;
	f = current();
	f->again[0] = 0;
	snprintf(f->geometry, sizeof(f->geometry), "%s", run_row()->geometry);
	snprintf(f->name, sizeof(f->name), "%s", run.name);
	snprintf(f->text, sizeof(f->text), "%s", text);
	if (line)
		snprintf(f->at, sizeof(f->at), "%s:%d", file, line);
	else
		snprintf(f->at, sizeof(f->at), "%s", file);
	f->stale = run.test.stale;
	memset(&f->inval, 0, sizeof(f->inval));
	f->test = run.selected.entry ? run.selected.entry->test : NULL;
	keep_events(f);
}

/* Options that were named at boot and are not in the reproduce line under a name of their own. */
static void print_given_options(const char *indent)
{
	static const u8 skip[] = { ARG_RUN,  ARG_EXIT,  ARG_SEED,    ARG_CPUS,  ARG_GEOMETRY,
				   ARG_SOAK, ARG_BENCH, ARG_COMPARE, ARG_SCREEN };
	const char *lead = indent, *word;

	for (unsigned id = 0; id < ARG_NR; id++) {
		if (!arg_given(&boot_args, id) || memchr(skip, (int)id, sizeof(skip)))
			continue;
		kprintf("%s%s=%s", lead, arg_table[id].name, arg_text(&boot_args, id));
		lead = " ";
	}
	for (unsigned n = 0; (word = arg_of_source(n)); n++) {
		kprintf("%s%s", lead, word);
		lead = " ";
	}
	if (lead != indent)
		kputs("\n");
}

void failure_reproduce(const char *indent)
{
	char more[48];

	kprintf("%s# reproduce: run=%s geometry=%s cpus=%u seed=0x%lx\n", indent, run.name,
		run_row()->geometry, cpus_online_nr(), arg_number(NULL, ARG_SEED));
	snprintf(more, sizeof(more), "%s#            ", indent);
	print_given_options(more);
	if (build_extra[0])
		kprintf("%s#            image built with EXTRA= of %s\n", indent, build_extra);
}

static void schemes_line(void)
{
	kprintf("  #   by         tlb=%s memmap=%s remove=%s block=%s leaf=%s\n",
		tlb_selected()->s.name, arg_text(NULL, ARG_MEMMAP), arg_text(NULL, ARG_REMOVE),
		arg_text(NULL, ARG_BLOCK), arg_text(NULL, ARG_LEAF));
}

/* Consecutive frees are one event (mm/pt/taps/trace.c). */
static unsigned event_calls(const struct pt_event *e)
{
	bool joined = e->kind == PT_EV_PAGE_FREE || e->kind == PT_EV_FRAME_FREE;

	return joined ? e->ops + 1 : 1;
}

/* The last events as "8 x PAGE_FREE", equal ones in a row as one item. */
static void ops_text(const struct failure *f, char *buf, size_t size)
{
	unsigned i = f->nr_events, runs = 0;
	size_t at = 0;

	while (i && runs < OPS_SHOWN) { /* back to their beginning */
		unsigned kind = f->event[--i].kind;

		while (i && f->event[i - 1].kind == kind)
			i--;
		runs++;
	}
	buf[0] = 0;
	while (i < f->nr_events && at < size) {
		unsigned kind = f->event[i].kind, times = 0;

		for (; i < f->nr_events && f->event[i].kind == kind; i++)
			times += event_calls(&f->event[i]);
		at += (size_t)snprintf(buf + at, size - at, "%s", at ? "  " : "");
		if (times > 1 && at < size)
			at += (size_t)snprintf(buf + at, size - at, "%u x ", times);
		if (at < size)
			at += (size_t)snprintf(buf + at, size - at, "%s", pt_event_name(kind));
	}
}

static void last_events(const struct failure *f)
{
	char text[OPS_SHOWN * 28];

	if (!f->nr_events)
		return;
	ops_text(f, text, sizeof(text));
	log_wrapped("  #   last ops", "  #", 17, text);
}

/* ---- a translation that a CPU still used ---- */

static void fact(const char *lead, const char *label, const char *text)
{
	char first[24];

	snprintf(first, sizeof(first), "%s%s", lead, label);
	log_wrapped(first, lead, (unsigned)strlen(lead) + 11, text);
}

static void entry_fact(const char *lead, const struct inval_trace *o)
{
	char text[200], span[24];
	size_t at;

	at = (size_t)snprintf(text, sizeof(text), "level %u (%s), 0x%lx -> 0x%lx, stored by CPU %u",
			      o->level, size_text(o->span, span), o->old, o->new, o->cpu);
	if (o->n > 1 && at < sizeof(text))
		snprintf(text + at, sizeof(text) - at, "; the first of %lu cells from 0x%lx", o->n,
			 o->va);
	fact(lead, "entry", text);
}

static void stale_facts(const char *lead, const struct failure *f)
{
	const struct test_stale *s = &f->stale;
	const struct inval_trace *o = &f->inval;
	char text[200], asked[64], reading[64];

	if (!s->known)
		return;
	snprintf(text, sizeof(text), "a translation fault on %s, at each address",
		 cpus_text(s->asked, asked));
	fact(lead, "wanted", text);
	snprintf(text, sizeof(text), "0x%lx on CPU %u; %s read, %s faulted", s->value, s->cpu,
		 cpus_text(s->reading, reading),
		 s->asked & ~s->reading ? cpus_text(s->asked & ~s->reading, asked) : "none");
	fact(lead, "got", text);
	if (!o->known)
		return;
	entry_fact(lead, o);
	inval_trace_text(o, s->asked, text, sizeof(text));
	fact(lead, "owed", text);
	done_text(o, text, sizeof(text));
	fact(lead, "done", text);
}

/* Keys of the `#: failure` line. */
static void stale_keys(const struct failure *f)
{
	const struct inval_trace *o = &f->inval;

	if (f->stale.known)
		kprintf(" cpu=%u va=0x%lx reads=%u/%u", f->stale.cpu, f->stale.va, f->stale.reads,
			f->stale.tried);
	if (f->stale.known && o->known)
		kprintf(" level=%u old=0x%lx new=0x%lx done=%s", o->level, o->old, o->new,
			inval_done_word(o->done));
}

void failure_block(bool known)
{
	struct failure *kept = slot(nr_failures - 1), *f = current();

	if (!fresh)
		return;
	fresh = false;
	if (f->test) {
		f->checks = run.test.failed;
		f->known = known;
		if (!f->checks)
			log_wrapped("  #", "  #", 4, f->text);
		stale_facts("  #   ", f);
		log_wrapped("  #   claim", "  #", 17, f->test->claim ? f->test->claim : "");
		kprintf("  #   rows       %s\n", f->test->rows ? f->test->rows : "none");
		schemes_line();
		if (*f->again)
			log_wrapped("  #   again", "  #", 17, f->again);
		last_events(f);
		if (kept)
			kprintf("  #   more       `show failure %u`: %u trace entries, checks "
				"failed: %u\n",
				nr_failures, f->nr_events, f->checks);
		machine_line_begin();
		kprintf("  #: failure nr=%u path=%s/%s at=%s", nr_failures, f->geometry, f->name,
			f->at);
		stale_keys(f);
		machine_line_end();
	}
	failure_reproduce("  ");
}

/* ---- show failure N ---- */

struct event_text {
	char buf[200];
	size_t at;
};

static void PRINTF_LIKE(2, 3) event_text_add(struct event_text *t, const char *fmt, ...)
{
	va_list ap;

	if (t->at >= sizeof(t->buf))
		return;
	va_start(ap, fmt);
	t->at += (size_t)vsnprintf(t->buf + t->at, sizeof(t->buf) - t->at, fmt, ap);
	va_end(ap);
}

/* Print only the fields that this kind of event has. */
static bool show_event(const struct pt_event *e)
{
	struct event_text t = { .at = 0 };
	char label[32], cpus[64];

	snprintf(label, sizeof(label), "%8lu cpu%-2u %s ", e->seq, e->cpu, pt_event_name(e->kind));
	event_text_add(&t, "%s", "");
	if (e->va)
		event_text_add(&t, "0x%lx", e->va);
	if (e->len)
		event_text_add(&t, "+0x%lx", e->len);
	if (e->pa && e->pa != PA_NONE)
		event_text_add(&t, "%spa 0x%lx", t.at ? ", " : "", e->pa);
	if (e->kind == PT_EV_SET)
		event_text_add(&t, ", level %u, %lu cell%s, 0x%lx -> 0x%lx", e->level, e->n,
			       e->n == 1 ? "" : "s", e->old, e->new);
	else if (e->n)
		event_text_add(&t, "%s%lu page%s", t.at ? ", " : "", e->n, e->n == 1 ? "" : "s");
	if (e->kind == PT_EV_TLBI)
		event_text_add(&t, "%s%s, %u operation%s", t.at ? "" : "everything",
			       e->walk ? ", walks too" : "", e->ops, e->ops == 1 ? "" : "s");
	else if (e->ops)
		event_text_add(&t, " in %u calls", e->ops + 1);
	if (e->cpus)
		event_text_add(&t, "%s%s", t.at ? ", " : "", cpus_text(e->cpus, cpus));
	return pager_wrapped(label, 27, t.buf);
}

int failure_show(unsigned nr, struct why *why)
{
	struct failure *f = slot(nr - 1);

	if (!nr || nr > nr_failures)
		return refuse(why, ENOENT, "failure %u: the last run had %u", nr, nr_failures);
	if (!f)
		return refuse(why, ENOENT, "only the first %u failures are kept", FAILURES_MAX);
	pager_begin();
	pager_room(FACT_LINES);
	kprintf("%s/%s\n", f->geometry, f->name);
	print_wrapped("", 2, f->text);
	kprintf("  at %s, %u check%s failed\n", f->at, f->checks, f->checks == 1 ? "" : "s");
	if (*f->again)
		print_wrapped("  again, with trace=on: ", 4, f->again);
	stale_facts("  ", f);
	for (unsigned i = 0; i < f->nr_events; i++)
		if (!show_event(&f->event[i]))
			break;
	return 0;
}

void failure_list(void)
{
	char text[320];

	for (unsigned i = 0; i < nr_failures && i < FAILURES_MAX; i++) {
		if (failures[i].known)
			continue;
		snprintf(text, sizeof(text), "%s/%s: %s", failures[i].geometry, failures[i].name,
			 failures[i].text);
		log_wrapped("# failed", "#", 10, text);
	}
	if (nr_failures > FAILURES_MAX)
		kprintf("# failed: and %u more\n", nr_failures - FAILURES_MAX);
}
