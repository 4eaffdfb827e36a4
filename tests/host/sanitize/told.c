/* SPDX-License-Identifier: BSD-2-Clause */
/* told.c - a report as text, line by line, and one report for one mistake. */
#include "stage.h"
#include <stdio.h>
#include <string.h>

static char said[64][200];
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

/* What each line of its report has.  A chain is of the six innermost return addresses. */
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
	san_tell(keep_line, place_name);
	for (unsigned i = 0; i < ARRAY_SIZE(wanted); i++)
		if (i >= lines || !strstr(said[i], wanted[i]))
			return failed(wanted[i]);
	if (lines != ARRAY_SIZE(wanted))
		return failed("the lines of a report");
	san_tell(keep_line, place_name);
	return lines == ARRAY_SIZE(wanted) ? 0 : failed("a report told again");
}

/* A pointer goes with the leaf below it, nothing is invalidated, and both pages are freed: that is
 * one store without its invalidation. */
static unsigned check_once(void)
{
	unsigned all = 0;

	set(0, VA, 0, 1, entry(FRAME, "w"));
	event(0, PT_EV_VISIBLE);
	set(0, VA, 1, 1, 0);
	frame(0, PT_EV_FRAME_FREE, FRAME);
	frame(0, PT_EV_FRAME_FREE, stage_table());
	for (unsigned r = 0; r < SAN_RULES; r++)
		all += san_count(r);
	lines = 0;
	san_tell(keep_line, place_name);
	return all == 1 && san_count(SAN_NEVER) == 1 ? 0 : failed("one report for a store");
}

unsigned told_failures(void)
{
	unsigned failures = 0;

	for (unsigned on = 0; on < ISAS; on++) {
		stage_begin(on);
		failures += check_text();
		stage_begin(on);
		failures += check_once();
	}
	return failures;
}
