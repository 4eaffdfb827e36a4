/* SPDX-License-Identifier: BSD-2-Clause */
/* texts.c - the lines of reports of each kind, and how many reports are kept. */
#include "told.h"
#include <stdio.h>
#include <string.h>

static unsigned expect_lines(const char *what, const char *const *want_lines, unsigned nr)
{
	unsigned lines = told_now();

	for (unsigned i = 0; i < nr; i++)
		if (!strstr(told_line(i), want_lines[i]))
			return told_wrong(want_lines[i]);
	return lines == nr ? 0 : told_wrong(what);
}

static const char *stores_line(char *buf, size_t size, unsigned tick, pte_t old, pte_t new)
{
	snprintf(buf, size, "#   #%-8u CPU 1 stores 0x%lx -> 0x%lx, 2 entries", tick, old, new);
	return buf;
}

/* A store that is wrong by itself: no piece, and fewer return addresses than before.  The model
 * took two events when a scene begins, and each store is two. */
static unsigned check_store_text(void)
{
	pte_t wx = entry(FRAME, "wx");
	char text[120];
	const char *const want_lines[] = {
		"# SANITIZE X1: 0x10205000: writable and executable",
		"#   rule      W^X",
		"#   entry     stage, 0x10205000, level 0",
		stores_line(text, sizeof(text), 7, 0, wx),
		"#   noticed   at_7",
		"#             at_8",
		"#             at_9",
		"#             at_10",
		"#             at_11",
	};

	place = 30;
	set(1, VA, 0, 1, entry(OTHER, "w"));
	set(1, VA, 0, 1, 0); /* six return addresses */
	place = 7;
	depth = 5;
	set(1, VA + 5 * PAGE, 0, 2, wx);
	return expect_lines("a store's report", want_lines, ARRAY_SIZE(want_lines));
}

/* A frame of another tree, by its allocator, and a pointer. */
static unsigned check_frame_text(void)
{
	static const char *const want_lines[] = {
		"# SANITIZE R4: 0x10200000: invalidated for another ASID",
		"#   rule      Arm ARM",
		"#   entry     other, 0x10200000..0x103fffff, level 1, a pointer to a table, frame "
		"0x80002000, held by CPUs 0x1",
		"#   #5        CPU 0 stored 0x",
		"#   #7        CPU 0: TLBI of 0x0, 0x0 bytes, on CPUs 0x3: invalidated for another "
		"ASID",
		"#   #10       CPU 1: FRAME_FREE, 0x80002000, 1 pages, someone",
	};
	struct pt_event e = { .kind = PT_EV_FRAME_FREE, .n = 1, .owner = "someone" };
	struct pt_event all = { .kind = PT_EV_TLBI, .cpus = EVERY };

	load_root(0, 1, stage_copy(), 0);
	set_in(1, VA, 1, 0);
	event(0, PT_EV_SYNC);
	all.pt = stage_pt(1);
	stage_run(0, &all); /* of one ASID, and the pointer is of all */
	event(0, PT_EV_WAIT);
	event(0, PT_EV_CTX);
	e.pa = stage_table();
	stage_run(1, &e);
	return expect_lines("a frame's report", want_lines, ARRAY_SIZE(want_lines));
}

static void break_rule(unsigned which, unsigned i)
{
	vaddr_t va = VA + (which * 32 + i) * PAGE;

	if (which == 0) {
		set(0, va, 0, 1, entry(FRAME + i * PAGE, "wx"));
	} else if (which == 1) {
		frame(0, PT_EV_FILL, OTHER + i * PAGE);
		set(0, va, 0, 1, entry(OTHER + i * PAGE, "w"));
		event(0, PT_EV_VISIBLE);
	} else if (which == 2) {
		set_begin(0, va, 0, 1, entry(FRAME + (32 + i) * PAGE, "w"));
		set_ends_unstored();
	} else if (which == 3) {
		set(0, va, 0, 1, entry(FRAME + (64 + i) * PAGE, "w"));
		set(0, va, 0, 1, 0);
		frame(0, PT_EV_FRAME_FREE, FRAME + (64 + i) * PAGE);
	} else {
		frame(0, PT_EV_FRAME_ALLOC, stage_table());
	}
}

static unsigned headlines(void)
{
	unsigned n = 0, lines = told_now();

	for (unsigned i = 0; i < lines; i++)
		n += !strncmp(told_line(i), "# SANITIZE", 10);
	return n;
}

/* Four of a rule and 16 in all, each time that reports are printed; and no earlier ones. */
static unsigned check_kept(void)
{
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned which = 0; which < 2; which++)
			for (unsigned i = 0; i < 3 + 3 * which; i++)
				break_rule(which, i);
		if (headlines() != 3 + 4)
			return told_wrong("four of a rule");
		stage_begin(isa);
	}
	for (unsigned which = 0; which < 5; which++)
		for (unsigned i = 0; i < 5; i++)
			break_rule(which, i);
	if (headlines() != 16)
		return told_wrong("16 reports");
	for (unsigned i = 0; i < 5; i++)
		break_rule(4, i);
	if (headlines() != 4)
		return told_wrong("four of a rule, again");
	break_rule(0, 8);
	stage_begin(isa);
	return headlines() ? told_wrong("a report of before") : 0;
}

/* The report of a leaf that is not visible has its address. */
static unsigned check_made_text(void)
{
	locks = 1 << 9;
	writer = PT_WRITER_HOTPLUG;
	set(0, VA + 3 * PAGE, 0, 1, entry(FRAME, "w"));
	event(0, PT_EV_UNLOCK);
	told_now();
	return strstr(told_line(0), "V1: 0x10203000:") ? 0 : told_wrong("the address of V1");
}

/* The piece that was made over, of two. */
static unsigned check_over_text(void)
{
	set(0, VA, 0, 1, entry(FRAME, "w"));
	set(0, VA, 0, 1, 0);
	set(0, VA + 8 * PAGE, 0, 1, entry(FRAME + 16 * PAGE, "w"));
	set(0, VA + 8 * PAGE, 0, 1, 0);
	set(0, VA, 0, 1, entry(OTHER, "w"));
	if (!told_now() != (isa != ARM))
		return told_wrong("made over it");
	if (isa == ARM && !strstr(told_line(2), "stage, 0x10200000..0x10200fff"))
		return told_wrong("a text of an entry that was overwritten");
	return 0;
}

/* Two stores of a row: one history, as long as both. */
static unsigned check_row_text(void)
{
	set(0, VA, 0, 4, entry(FRAME, "w"));
	set(0, VA, 0, 3, 0);
	set(0, VA + 3 * PAGE, 0, 1, 0);
	frame(0, PT_EV_FRAME_FREE, FRAME + 3 * PAGE);
	told_now();
	if (!strstr(told_line(3), "#8        CPU 0 stored") ||
	    !strstr(told_line(3), ", 4 entries from 0x10200000"))
		return told_wrong("a row of stores");
	return 0;
}

unsigned other_text(void)
{
	static unsigned (*const checks[])(void) = { check_store_text, check_frame_text,
						    check_kept,       check_made_text,
						    check_over_text,  check_row_text };
	unsigned failures = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(checks); i++) {
		stage_begin(isa);
		failures += checks[i]();
	}
	return failures;
}
