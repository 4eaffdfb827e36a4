// SPDX-License-Identifier: BSD-2-Clause
/*
 * tests/harness/failure.c - what is kept of a failure, and how it is said.
 *
 * Where the tap `trace` is on (trace=on, and the second run of a test that failed) the first failed
 * check freezes its last events, so that they are those before the failure and not those of the
 * clean-up.
 */
#include <kern/args.h>
#include <kern/log.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/kpt.h>
#include <tests/harness/run.h>
#include <shell/shell.h>

#define FAILURES_MAX 8
#define EVENTS_MAX 64
#define EVENTS_SHOWN 8

static struct failure {
	char geometry[32], name[TEST_NAME_MAX], text[200], at[64];
	char again[200]; /* what the second run gave, "" = there was none */
	const struct test *test;
	struct pt_event event[EVENTS_MAX];
	unsigned nr_events, checks;
	bool known;            /* listed in docs/LIMITS.md: not a failure of this run */
} failures[FAILURES_MAX] KEPT; /* a run may go on in another life */
static struct failure beyond;  /* the current one, when the table is full */
static unsigned nr_failures;   /* also counts those beyond the table */
static bool fresh;             /* failure_first was called for the current test */

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

/* They were not sealed: nothing in them is trusted to end, or to point anywhere. */
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
	f->test = run.selected.entry ? run.selected.entry->test : NULL;
	keep_events(f);
}

/* Options that were named at boot and are not in the reproduce line under a name of their own. */
static void given_options(const char *indent)
{
	static const u8 skip[] = { ARG_RUN,      ARG_EXIT, ARG_SEED, ARG_CPUS,
				   ARG_GEOMETRY, ARG_SOAK, ARG_BENCH };
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
	given_options(more);
}

static void schemes_line(void)
{
	kprintf("  #   by         tlb=%s memmap=%s remove=%s block=%s leaf=%s\n",
		tlb_selected()->s.name, arg_text(NULL, ARG_MEMMAP), arg_text(NULL, ARG_REMOVE),
		arg_text(NULL, ARG_BLOCK), arg_text(NULL, ARG_LEAF));
}

static void last_events(const struct failure *f)
{
	unsigned n = f->nr_events < EVENTS_SHOWN ? f->nr_events : EVENTS_SHOWN;
	char text[EVENTS_SHOWN * 16];
	size_t at = 0;

	if (!n)
		return;
	for (unsigned i = f->nr_events - n; i < f->nr_events; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", at ? " " : "",
				       pt_event_name(f->event[i].kind));
	log_wrapped("  #   last ops", "  #", 17, text);
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
		kprintf("  #: failure nr=%u path=%s/%s at=%s\n", nr_failures, f->geometry, f->name,
			f->at);
	}
	failure_reproduce("  ");
}

static void show_event(const struct pt_event *e)
{
	kprintf("%8lu %-8s cpu%u L%u va %016lx n %-6lu old %016lx new %016lx\n", e->seq,
		pt_event_name(e->kind), e->cpu, e->level, e->va, e->n, e->old, e->new);
}

int failure_show(unsigned nr, struct why *why)
{
	struct failure *f = slot(nr - 1);

	if (!nr || nr > nr_failures)
		return refuse(why, ENOENT, "failure %u: the last run had %u", nr, nr_failures);
	if (!f)
		return refuse(why, ENOENT, "only the first %u failures are kept", FAILURES_MAX);
	kprintf("%s\n  %s\n  at %s, checks failed: %u\n", f->name, f->text, f->at, f->checks);
	if (*f->again)
		kprintf("  again, with trace=on: %s\n", f->again);
	for (unsigned i = 0; i < f->nr_events; i++)
		show_event(&f->event[i]);
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
