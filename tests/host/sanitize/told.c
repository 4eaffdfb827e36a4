/* SPDX-License-Identifier: BSD-2-Clause */
/* told.c - a report as text, line by line, and one report for one mistake. */
#include "told.h"
#include <stdio.h>
#include <string.h>

static char said[256][200];
static unsigned lines;

static void keep_line(const char *text)
{
	if (lines < ARRAY_SIZE(said))
		snprintf(said[lines], sizeof(said[lines]), "%s", text);
	lines++;
}

static const char *place_name(u64 pc, char *buf, size_t size)
{
	snprintf(buf, size, "at_%lu", pc);
	return buf;
}

static unsigned failed(const char *what)
{
	printf("not ok: %s, %s, %u lines:\n", what, isa == ARM ? "arm64" : "riscv64", lines);
	for (unsigned i = 0; i < lines && i < ARRAY_SIZE(said); i++)
		printf("%s\n", said[i]);
	return 1;
}

unsigned told_wrong(const char *what)
{
	return failed(what);
}

unsigned told_now(void)
{
	lines = 0;
	san_print_reports(keep_line, place_name);
	return lines;
}

const char *told_line(unsigned i)
{
	return i < lines && i < ARRAY_SIZE(said) ? said[i] : "";
}

/* CPU 0 unmaps four pages, CPU 1 invalidates three, and frees the frame of the fourth. */
static void one_page_left(void)
{
	set(0, VA, 0, 4, entry(FRAME, "w"));
	event(0, PT_EV_VISIBLE);
	place = 10;
	set(0, VA, 0, 4, 0);
	place = 20;
	event(1, PT_EV_SYNC);
	tlbi(1, VA, 3 * PAGE, 1, false, EVERY);
	place = 30;
	event(1, PT_EV_WAIT);
	event(1, PT_EV_CTX);
	place = 40;
	frame(1, PT_EV_FRAME_FREE, FRAME + 3 * PAGE);
}

/* The text of each line of its report.  A chain is of the six innermost return addresses. */
static const char *const wanted[] = {
	"# SANITIZE R1: 0x10203000: invalidated at other addresses only",
	"#   rule      Arm ARM \"TLB maintenance instructions\"; RISC-V 4.2.1",
	"#   entry     stage, 0x10203000..0x10203fff, level 0, frame 0x90003000, held by CPUs 0x3",
	" -> 0x0, 4 entries from 0x10200000, level 0",
	" CPU 1: TLBI of 0x10200000, 0x3000 bytes, on CPUs 0x3: invalidated at other",
	"#   stored    at_10",
	"#             at_11",
	"#             at_12",
	"#             at_13",
	"#             at_14",
	"#             at_15",
	"#   TLBI      at_20",
	"#             at_21",
	"#             at_22",
	"#             at_23",
	"#             at_24",
	"#             at_25",
	" CPU 1: FRAME_FREE, 0x90003000, 1 pages",
	"#   noticed   at_40",
	"#             at_41",
	"#             at_42",
	"#             at_43",
	"#             at_44",
	"#             at_45",
};

static unsigned check_text(void)
{
	lines = 0;
	one_page_left();
	san_print_reports(keep_line, place_name);
	for (unsigned i = 0; i < ARRAY_SIZE(wanted); i++)
		if (i >= lines || !strstr(said[i], wanted[i]))
			return failed(wanted[i]);
	if (lines != ARRAY_SIZE(wanted))
		return failed("the lines of a report");
	san_print_reports(keep_line, place_name);
	return lines == ARRAY_SIZE(wanted) ? 0 : failed("a report printed again");
}

/* A pointer is removed with the leaf below it, nothing is invalidated, and both pages are freed:
 * that is one store without its invalidation. */
static unsigned check_once(void)
{
	unsigned all = 0;

	set(0, VA, 0, 1, entry(FRAME, "w"));
	event(0, PT_EV_VISIBLE);
	set(0, VA, 1, 1, 0);
	frame(0, PT_EV_FRAME_FREE, stage_table() + PAGE); /* beside it */
	if (san_count(SAN_NEVER))
		return failed("a page beside a table");
	frame(0, PT_EV_FRAME_FREE, FRAME);
	frame(0, PT_EV_FRAME_FREE, stage_table());
	for (unsigned r = 0; r < SAN_RULES; r++)
		all += san_count(r);
	lines = 0;
	san_print_reports(keep_line, place_name);
	return all == 1 && san_count(SAN_NEVER) == 1 ? 0 : failed("one report for a store");
}

/* Every report counts, those that are not kept too; a row of leaves is one piece. */
static unsigned check_counts(void)
{
	struct san_seen seen;
	unsigned failures = 0;

	for (unsigned i = 0; i < 9; i++) {
		set(0, VA, 0, 4, entry(FRAME, "w"));
		event(0, PT_EV_VISIBLE);
		set(0, VA, 0, 4, 0);
		san_seen(&seen);
		if (seen.unclean != 1 || seen.most != 1)
			failures += failed("one piece for a row of leaves");
		frame(0, PT_EV_FRAME_FREE, FRAME - PAGE); /* its neighbours are no part of it */
		frame(0, PT_EV_FRAME_FREE, FRAME + 4 * PAGE);
		san_seen(&seen);
		if (seen.reports != i || seen.unclean != 1)
			failures += failed("a report of a frame beside those that are held");
		frame(0, PT_EV_FRAME_FREE, FRAME + 2 * PAGE);
		san_seen(&seen);
		if (seen.reports != i + 1 || seen.unclean || seen.muted)
			failures += failed("the number of reports");
	}
	san_print_reports(keep_line, place_name);
	if (seen.sets != 18)
		failures += failed("the number of stores");
	return failures;
}

/* The frames of a self-hosted memmap were removed with their block and are reported late. */
static unsigned check_told_late(void)
{
	static const u8 of[] = { PAGE_ALTMAP, PAGE_TABLE };
	struct san_seen seen;
	unsigned failures = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(of); i++) {
		stage_begin(isa);
		set(0, VA, 0, 1, entry(FRAME, "w"));
		event(0, PT_EV_VISIBLE);
		set(0, VA, 0, 1, 0);
		provenance = of[i];
		frame(0, PT_EV_PAGE_FREE, FRAME);
		san_seen(&seen);
		if (seen.reports != i || san_count(SAN_NEVER) != i)
			failures += failed("frames that were removed with their block");
		san_print_reports(keep_line, place_name);
	}
	return failures;
}

/* ---- mistakes on purpose: the first halves, and the second ones ---- */

static void unmap_begins(void)
{
	set(0, VA, 0, 1, entry(FRAME, "w"));
	event(0, PT_EV_VISIBLE);
	set(0, VA, 0, 1, 0);
}

static void frame_goes(void)
{
	frame(0, PT_EV_FRAME_FREE, FRAME);
}

static void map_begins(void)
{
	set(0, VA, 0, 1, entry(FRAME, "w"));
}

static void lock_goes(void)
{
	event(0, PT_EV_UNLOCK);
	event(0, PT_EV_UNLOCK); /* of another holder: there is nothing left to report */
}

static void unmap_without_ctx(void)
{
	unmap_begins();
	event(0, PT_EV_SYNC);
	tlbi(0, VA, PAGE, 1, false, EVERY);
	event(0, PT_EV_WAIT);
}

static void another_map(void)
{
	set(0, VA + 8 * PAGE, 0, 1, entry(OTHER, "w"));
	event(0, PT_EV_VISIBLE);
}

static void fill_frame(void)
{
	frame(0, PT_EV_FILL, OTHER);
}

static const struct {
	const char *name;
	void (*begin)(void), (*end)(void);
	enum san_rule rule; /* that is broken unless it is forgotten ... */
	bool arm_only;
	bool locked;
} halves[] = {
	{ "an entry that is not clean", unmap_begins, frame_goes, SAN_NEVER, false, false },
	{ "a new entry", map_begins, lock_goes, SAN_UNSEEN, false, true },
	{ "a removed entry, and its lock", unmap_begins, lock_goes, SAN_NEVER, false, true },
	{ "a barrier that is owed", unmap_without_ctx, another_map, SAN_CTX, true, false },
	{ "a frame that is filled", fill_frame, another_map, SAN_PUBLISH_DATA, false, false },
};

/* Writers that store under the hotplug lock (ENGINE 1). */
static const u8 hotplug_writers[] = { PT_WRITER_HOTPLUG, PT_WRITER_DIRECT, PT_WRITER_OPTIMISE,
				      PT_WRITER_SHADOW };

static unsigned check_half(unsigned i, bool muted, u8 who)
{
	bool wrong = !muted && !(halves[i].arm_only && isa != ARM);
	struct san_seen seen;

	locks = halves[i].locked ? 1 << 9 : 0;
	writer = halves[i].locked ? who : PT_WRITER_NONE;
	halves[i].begin();
	if (muted) {
		san_mute(true);
		san_mute(false);
	}
	halves[i].end();
	san_seen(&seen);
	lines = 0;
	san_print_reports(keep_line, place_name);
	if (seen.reports != wrong || san_count(halves[i].rule) != wrong || !lines == wrong)
		return failed(halves[i].name);
	return 0;
}

/* Violations meanwhile are counted and not reported; trees and tables are known as before. */
static unsigned check_muted(void)
{
	struct san_seen seen;

	lines = 0;
	san_mute(true);
	one_page_left();
	san_seen(&seen);
	if (seen.reports || seen.muted != 1 || !san_count(SAN_RANGE))
		return failed("the number of mistakes on purpose");
	san_mute(false);
	unmap_begins();
	frame_goes();
	san_seen(&seen);
	san_print_reports(keep_line, place_name);
	if (seen.reports != 1 || seen.muted != 1 || san_count(SAN_NEVER) != 1 || !lines)
		return failed("a mistake after the deliberate ones");
	return 0;
}

unsigned told_failures(void)
{
	unsigned failures = 0;

	for (unsigned on = 0; on < ISAS; on++) {
		stage_begin(on);
		failures += check_text();
		stage_begin(on);
		failures += check_once();
		stage_begin(on);
		failures += check_counts();
		stage_begin(on);
		failures += check_muted();
		failures += check_told_late() + other_text();
		for (unsigned i = 0; i < 2 * ARRAY_SIZE(halves); i++)
			for (unsigned w = 0; w < ARRAY_SIZE(hotplug_writers); w++) {
				stage_begin(on);
				failures += check_half(i / 2, i & 1, hotplug_writers[w]);
			}
	}
	return failures;
}
