/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/shell/complete.c - completion against commands, schemes, bugs and tests registered
 * here (the tests of select.c among them).
 */
#include "unit.h"
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/policy/policy.h>
#include <shell/command.h>
#include <shell/complete.h>
#include <tests/harness/bench.h>
#include <tests/harness/bug.h>

static const struct command add = {
	.name = "add",
	.usage = "add [ADDR+SIZE | node N | blocks A-B] [memmap=SCHEME] [leaf=auto|page] [node=N]",
};
COMMAND(add, add);
static const struct command run_ = { .name = "run", .usage = "run GLOB[,GLOB...] [key=value ...]" };
COMMAND(run_, run_);
static const struct command report = { .name = "report", .usage = "report" };
COMMAND(report, report);
static const struct command show = {
	.name = "show",
	.usage = "show failure N | machine | tests [GLOB] | schemes | bugs",
};
COMMAND(show, show);
static const struct command help = { .name = "help", .usage = "help [args | COMMAND]" };
COMMAND(help, help);
static const struct command bench = { .name = "bench", .usage = "bench [GLOB]" };
COMMAND(bench, bench);

static const struct tlb_scheme bcast = { .s = { .name = "bcast" } },
			       full = { .s = { .name = "full" } };
TLB_SCHEME(bcast, bcast);
TLB_SCHEME(full, full);
static const struct bug drop = { .name = "drop-tlbi" };
BUG(drop, drop);
static const struct bench cycle = { .name = "cycle.add" };
BENCH(cycle, cycle);
static const struct pt_fmt live = { .name = "arm64-4k-48" }, dry = { .name = "fake-3" };
REGISTER(formats, live, live);
REGISTER(formats, dry, dry);

bool geometry_usable(const struct pt_fmt *fmt)
{
	return fmt == &live;
}

/* The line after one Tab at its end; "!" where a blank may follow. */
static void one_tab(void **state)
{
	static const struct {
		const char *line, *becomes;
		unsigned nr;
	} rows[] = {
		{ "ad", "add!", 1 },
		{ "r", "r", 6 }, /* run report remove= rounds= reserve= run= */
		{ "repo", "report!", 1 },
		{ "ru", "run", 2 }, /* the command and the argument */
		{ "xyz", "xyz", 0 },
		{ "add me", "add memmap=", 1 },
		{ "add n", "add node", 2 },
		{ "add 0x8000", "add 0x8000", 0 }, /* ranges are typed */
		{ "add node=", "add node=", 0 },
		{ "add leaf=p", "add leaf=page!", 1 },
		{ "tlb=", "tlb=", 2 },
		{ "tlb=b", "tlb=bcast!", 1 },
		{ "zone=M", "zone=Movable!", 1 },
		{ "poison=o", "poison=o", 2 },
		{ "poison=of", "poison=off!", 1 },
		{ "bug=", "bug=drop-tlbi!", 1 },
		{ "geometry=4", "geometry=4k-48!", 1 },
		{ "geometry=fa", "geometry=fa", 0 }, /* not of this machine */
		{ "seed=", "seed=", 0 },
		{ "nonesuch=", "nonesuch=", 0 },
		{ "run a", "run a", 5 }, /* a group, `all`, acpi= as-if= at= */
		{ "run aa", "run aa.", 1 },
		{ "run aa.", "run aa.", 2 },
		{ "run aa.o", "run aa.one!", 1 },
		{ "run aa.one,b", "run aa.one,bb.", 1 },
		{ "run aa.one bug", "run aa.one bug=", 1 },
		{ "run=aa.t", "run=aa.two!", 1 },
		{ "run=aa.one,bb.s", "run=aa.one,bb.sized!", 1 },
		{ "run bb.sized/", "run bb.sized/", 2 },
		{ "run bb.sized/1", "run bb.sized/1g!", 1 },
		{ "list bb", "list bb.", 1 },
		{ "show fa", "show failure!", 1 },
		{ "help ar", "help args!", 1 },
		{ "help aa.t", "help aa.two!", 1 },
		{ "? memm", "? memmap!", 1 },
		{ "?repo", "?report!", 1 },
		{ "? aa", "? aa.", 1 },
		{ "bench c", "bench cycle.add!", 1 },
		{ "report x", "report x", 0 },
		{ "  ad", "  add!", 1 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct completion c;
		char line[200];

		complete(rows[i].line, (unsigned)strlen(rows[i].line), &c);
		snprintf(line, sizeof(line), "%s%s%s", rows[i].line, c.text + c.typed,
			 c.whole ? "!" : "");
		if (strcmp(line, rows[i].becomes) || c.nr != rows[i].nr)
			fail_msg("%s becomes %s of %u, wanted %s of %u", rows[i].line, line, c.nr,
				 rows[i].becomes, rows[i].nr);
	}
}

/* Only the text before the cursor counts. */
static void inside_a_line(void **state)
{
	struct completion c;

	(void)state;
	complete("ad node 1", 2, &c);
	assert_int_equal(c.nr, 1);
	assert_string_equal(c.text, "add");
	assert_int_equal(c.typed, 2);
	complete("", 0, &c);
	assert_true(c.nr > 40); /* all commands and arguments */
	assert_int_equal(c.typed, 0);
	assert_string_equal(c.text, "");
}

static void a_list_fits(void **state)
{
	unsigned width = 0, lines = 0;

	(void)state;
	printed_reset();
	complete_list("", 0);
	for (const char *p = printed; *p; p++) {
		width = *p == '\n' ? 0 : width + 1;
		lines += *p == '\n';
		assert_true(width <= 79);
	}
	assert_true(lines > 5);
	assert_int_equal(width, 0);
	assert_non_null(strstr(printed, "memmap="));
	printed_reset();
	complete_list("xyz", 3);
	assert_string_equal(printed, "");
}

const struct CMUnitTest complete_tests[] = {
	cmocka_unit_test(one_tab),
	cmocka_unit_test(inside_a_line),
	cmocka_unit_test(a_list_fits),
};
const size_t complete_tests_nr = sizeof(complete_tests) / sizeof(complete_tests[0]);
