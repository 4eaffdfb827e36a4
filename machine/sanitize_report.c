/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/sanitize_report.c - reports, call chains, and the calls of two functions of the kernel
 * (sanitize.h).
 */
#include <machine/core.h>
#include <machine/order.h>
#include <machine/power.h>
#include <machine/sanitize_report.h>
#include <machine/sanitize_tables.h>
#include <machine/story.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define FULL_REPORTS 4u    /* reports of a rule that are printed in full */
#define SHORT_REPORTS 200u /* reports that are printed in one line; the rest is counted */

static u64 frames; /* number of events of frames */
static u32 reported[SAN_RULES];

/* ---- functions of the kernel, by name ---- */
enum { CALL_TAP, CALL_MUTE };

static struct {
	const char *name;
	u64 pa; /* of its first instruction; 0: it is not in the image, or elf= is missing */
} functions[OBSERVED_FUNCTIONS] = {
	[CALL_TAP] = { "pt_tap_run_after", 0 },
	[CALL_MUTE] = { "sanitize_mute", 0 },
};

void observe_decoded(void *operation, u64 pa)
{
	for (unsigned i = 0; i < OBSERVED_FUNCTIONS; i++)
		if (pa == functions[i].pa && pa)
			core_observe_call(operation, i);
}

static bool read_guest(unsigned cpu, u64 va, void *to, u64 bytes)
{
	const struct watched_root *r = observe_root(cpu, va);

	return r && executed_read(r, va, to, bytes);
}

/* The kernel's events that are taken: owners of frames, the writer of a store, and the release of a
 * lock. */
#define FRAMES (BIT(PT_EV_FRAME_ALLOC) | BIT(PT_EV_FRAME_FREE) | BIT(PT_EV_PAGE_FREE))
#define TAKEN (FRAMES | BIT(PT_EV_SET) | BIT(PT_EV_UNLOCK))

/* The event is on the caller's stack. */
static void tap_runs(unsigned cpu, u64 at)
{
	struct pt_event e;

	if (!read_guest(cpu, at, &e, sizeof(e)))
		return;
	if (!(TAKEN >> e.kind & 1))
		return;
	frames += FRAMES >> e.kind & 1;
	observe_kernel_event(cpu, &e);
}

void observe_call(unsigned cpu, unsigned function, u64 argument)
{
	if (function == CALL_TAP)
		tap_runs(cpu, argument);
	else
		observe_mistakes(cpu, argument & 1);
}

bool observe_foreign(void)
{
	return !functions[CALL_TAP].pa;
}

bool observe_frames_known(void)
{
	return functions[CALL_TAP].pa && strstr(power.args, "sanitize=on");
}

/* ---- reports ---- */
static const u64 *delayed;
static unsigned delayed_nr;

void observe_chain_of(const u64 *pc, unsigned n)
{
	delayed = pc;
	delayed_nr = n;
}

unsigned observe_chain(u64 *pc, unsigned max, u64 after)
{
	u64 fp, next;
	unsigned n = 0;

	(void)after;
	for (; delayed && n < delayed_nr && n < max; n++)
		pc[n] = delayed[n];
	if (delayed || !max)
		return n;
	core_frame(observe_cpu(), &pc[n++], &fp);
	for (; n < max; n++, fp = next)
		if (!read_guest(observe_cpu(), fp + (u64)core_frame_return, &pc[n], 8) ||
		    !read_guest(observe_cpu(), fp + (u64)core_frame_next, &next, 8) || !pc[n])
			break;
	return n;
}

static void print_line(const char *text)
{
	fprintf(stderr, "%s\n", text);
}

static void print_head(const char *text)
{
	static unsigned lines;

	if (!strncmp(text, "# SANITIZE", 10) && lines++ < SHORT_REPORTS)
		print_line(text);
}

static const char *print_symbol(u64 pc, char *text, size_t size)
{
	snprintf(text, size, "%s", story_name(pc));
	return text;
}

/* True: a rule was broken again, of which fewer than TOLD_EACH reports were printed. */
static bool is_news(u32 reports)
{
	bool news = false;

	for (unsigned r = 0; r < SAN_RULES; r++) {
		u32 n = san_count((enum san_rule)r);

		news |= n > reported[r] && reported[r] < FULL_REPORTS;
		reported[r] = n;
	}
	return news && reports;
}

void observe_report(unsigned cpu)
{
	static u32 before;
	struct san_seen seen;

	san_seen(&seen);
	if (seen.reports == before)
		return;
	before = seen.reports;
	if (!is_news(seen.reports)) {
		san_print_reports(print_head, print_symbol);
		return;
	}
	fflush(stdout);
	fprintf(stderr, "sanitize: step %lu, CPU %u before %s:\n", ordering.steps, cpu,
		core_where(cpu));
	san_print_reports(print_line, print_symbol);
	story_print_cpus(stderr);
}

void observe_find_functions(void)
{
	for (unsigned i = 0; i < OBSERVED_FUNCTIONS; i++)
		functions[i].pa = story_address(functions[i].name);
}

bool observe_end(void)
{
	struct san_seen seen;

	if (!order_hooks.execution)
		return false;
	san_seen(&seen);
	fprintf(stderr,
		"worst: sanitize: %lu stores to tables, %u reports, %u of mistakes on purpose, "
		"%lu not checked for lack of memory; frames: %lu events%s\n",
		seen.sets, seen.reports, seen.muted, seen.lost + watched_lost(), frames,
		functions[CALL_TAP].pa ? "" : " (no elf=: their owners are not known)");
	return seen.reports != 0;
}
