/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/lab/main.c - the verdicts of the TLB lab against a table written from the manuals
 * and the published models; and the order of one CPU's observations.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mm/pt/pt_fmt.h>
#include <tlblab/pattern.h>

/* ---- verdicts ---- */

/* One letter per outcome, in the order of enum outcome: fault, old, new, trap, mark, other (x),
 * kept, stuck, back. */
static const char letters[] = "fontmxksb";

/*
 * Columns: Armv8-A, FEAT_ETS2, RISC-V, Svvptc.  Written by hand, from these rules:
 * - Arm caches no failed walk (D8.17), so a fault after dsb-isb is wrong; a walk may begin
 *   early, so a weaker reader may fault once, unless FEAT_ETS2 orders the walk.  Program order
 *   alone guarantees nothing.
 * - RISC-V lets a failed walk be cached until SFENCE.VMA; with Svvptc only for a bounded time.
 * - After an invalidation on all CPUs has completed, no CPU uses the entry (both).
 * - A store that no barrier of the writer orders may be seen after the flag (both).
 */
static const struct expected {
	const char *name, *forbids[RULES];
} table[] = {
	{ "map.engine.addr", { "ks", "fks", "s", "ks" } },
	{ "map.engine.fence", { "fks", "fks", "s", "ks" } },
	{ "map.engine.po", { "ks", "ks", "s", "ks" } },
	{ "map.engine.rmb", { "ks", "fks", "s", "ks" } },
	{ "map.engine.second", { "fks", "fks", "s", "ks" } },
	{ "map.engine.self", { "fks", "fks", "fks", "fks" } },
	{ "map.engine.third", { "fks", "fks", "s", "ks" } },
	{ "map.engine.walk", { "o", "o", "", "" } },
	{ "map.none.fence", { "", "", "", "" } },
	{ "map.none.self", { "s", "s", "s", "ks" } },
	{ "map.rmb.fence", { "", "", "", "" } },
	{ "map.sync.fence", { "fks", "fks", "s", "ks" } },
	{ "map.sync.self", { "ks", "fks", "s", "ks" } },
	{ "map.wmb.fence", { "fks", "fks", "s", "ks" } },
	{ "protect.all.look", { "o", "o", "o", "o" } },
	{ "protect.none.look", { "", "", "", "" } },
	{ "replace.all.flag", { "ofksb", "ofksb", "osb", "oksb" } },
	{ "store.all.frame", { "m", "m", "m", "m" } },
	{ "store.none.frame", { "", "", "", "" } },
	{ "table.all.replaced", { "ofks", "ofks", "os", "oks" } },
	{ "table.all.reused", { "to", "to", "to", "to" } },
	{ "table.none.look", { "", "", "", "" } },
	{ "table.none.reused", { "", "", "", "" } },
	{ "unmap.all.flag", { "o", "o", "o", "o" } },
	{ "unmap.all.look", { "o", "o", "o", "o" } },
	{ "unmap.beside.look", { "", "", "", "" } },
	{ "unmap.local.flag", { "", "", "", "" } },
	{ "unmap.none.flag", { "", "", "", "" } },
	{ "unmap.none.look", { "", "", "", "" } },
	{ "unmap.weak.flag", { "", "", "", "" } },
	{ "write.all.flag", { "om", "om", "om", "om" } },
	{ "write.none.flag", { "", "", "", "" } },
};

#define TABLE (sizeof(table) / sizeof(table[0]))

static unsigned bits_of(const char *text)
{
	unsigned bits = 0;

	for (; *text; text++)
		bits |= 1u << (strchr(letters, *text) - letters);
	return bits;
}

static const struct pattern *registered(const char *name)
{
	reg_for_each (patterns, it)
		if (!strcmp((*it)->name, name))
			return *it;
	return NULL;
}

static void what_is_forbidden(void **state)
{
	(void)state;
	for (size_t i = 0; i < TABLE; i++) {
		const struct pattern *p = registered(table[i].name);

		if (!p)
			fail_msg("%s is not registered", table[i].name);
		for (unsigned r = 0; r < RULES; r++)
			if (p->forbids[r] != bits_of(table[i].forbids[r]))
				fail_msg("%s forbids 0x%x by %s, wanted %s", p->name, p->forbids[r],
					 lab_rule_name(r), table[i].forbids[r]);
	}
	assert_int_equal(__stop_reg_patterns - __start_reg_patterns, TABLE);
	assert_int_equal(__stop_reg_pattern_names - __start_reg_pattern_names, TABLE);
}

/* The name is CHANGE.WRITER.READER; the fields must agree with it. */
static void names_say_what_is_done(void **state)
{
	static const char *const writers[] = { "engine", "sync", "wmb", "rmb", "none" };
	static const char *const flushes[] = { "all", "local", "none" };
	static const char *const readers[] = { "self", "po", "addr", "rmb", "fence" };

	(void)state;
	reg_for_each (patterns, it) {
		const struct pattern *p = *it;
		char change[16], by[16], look[16];

		assert_int_equal(sscanf(p->name, "%15[a-z].%15[a-z].%15[a-z]", change, by, look),
				 3);
		assert_non_null(p->what);
		assert_non_null(p->arm);
		assert_non_null(p->riscv);
		assert_true(p->cpus >= 1 && p->cpus <= 3);
		if (!strcmp(change, "map")) {
			assert_string_equal(by, writers[p->writer]);
			if (strcmp(look, "walk") && strcmp(look, "second") && strcmp(look, "third"))
				assert_string_equal(look, readers[p->reader]);
		} else if (strcmp(by, "weak") && strcmp(by, "beside")) {
			assert_string_equal(by, flushes[p->flush]);
		}
	}
}

/* A control shows an outcome that a stronger program forbids; under a rule that forbids all of
 * these it is not a control. */
static void controls_show_something(void **state)
{
	(void)state;
	reg_for_each (patterns, it) {
		bool judged = false;

		for (unsigned r = 0; r < RULES; r++)
			judged |= (*it)->forbids[r] != 0;
		if (!judged)
			assert_int_not_equal((*it)->shows, 0);
		assert_int_equal((*it)->shows & (*it)->forbids[RULE_VMSA], 0);
		assert_int_equal((*it)->shows & (*it)->forbids[RULE_RISCV], 0);
	}
}

/* docs/tlb.md has a row for each pattern, with its verdicts. */
static void the_document_says_so(void **state)
{
	static char text[200000];
	FILE *f = fopen("docs/tlb.md", "r");

	(void)state;
	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = 0;
	fclose(f);
	for (size_t i = 0; i < TABLE; i++) {
		const struct expected *e = &table[i];
		char row[100];

		snprintf(row, sizeof(row), "\n| `%s` | %s | %s | %s | %s |", e->name,
			 *e->forbids[0] ? e->forbids[0] : "-", *e->forbids[1] ? e->forbids[1] : "-",
			 *e->forbids[2] ? e->forbids[2] : "-",
			 *e->forbids[3] ? e->forbids[3] : "-");
		if (!strstr(text, row))
			fail_msg("docs/tlb.md has no row%s", row);
	}
}

/* ---- rules ---- */

static void a_rule_for_each_machine(void **state)
{
	(void)state;
	for (u32 caps = 0; caps < 32; caps++) {
		assert_int_equal(lab_rule_of(true, caps),
				 caps & PT_CAP_WALK_ORDERED ? RULE_ETS2 : RULE_VMSA);
		assert_int_equal(lab_rule_of(false, caps),
				 caps & PT_CAP_NEW_BOUNDED ? RULE_SVVPTC : RULE_RISCV);
	}
	assert_int_equal(lab_patience_ns(RULE_RISCV), 0); /* a failed walk may be cached for ever */
	for (unsigned r = 0; r < RULES; r++)
		if (r != RULE_RISCV)
			assert_int_equal(lab_patience_ns(r), 10000000);
}

static void a_fault_by_when_it_went(void **state)
{
	(void)state;
	assert_int_equal(lab_fault_outcome(false, true), SAW_FAULT);
	assert_int_equal(lab_fault_outcome(true, true), SAW_KEPT);
	assert_int_equal(lab_fault_outcome(true, false), SAW_STUCK);
	for (unsigned o = 0; o < OUTCOMES; o++)
		assert_int_equal(outcome_name(o)[0] == letters[o] || o == SAW_OTHER, true);
}

/* ---- orders ---- */

static bool comes_after(const u8 *seen, unsigned n, unsigned first, unsigned then)
{
	for (unsigned i = 0; i < n; i++)
		for (unsigned j = i + 1; seen[i] == first && j < n; j++)
			if (seen[j] == then)
				return true;
	return false;
}

static void order_of_what_one_cpu_saw(void **state)
{
	(void)state;
	srand(1);
	for (unsigned round = 0; round < 20000; round++) {
		unsigned n = (unsigned)rand() % 12;
		struct sight s = { 0 };
		u8 seen[12];

		for (unsigned i = 0; i < n; i++) {
			seen[i] = (u8)(rand() % OUTCOMES);
			sight_add(&s, seen[i]);
		}
		for (unsigned a = 0; a < OUTCOMES; a++)
			for (unsigned b = 0; b < OUTCOMES; b++)
				assert_int_equal(sight_then(&s, a, b), comes_after(seen, n, a, b));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_forbidden),
		cmocka_unit_test(names_say_what_is_done),
		cmocka_unit_test(controls_show_something),
		cmocka_unit_test(the_document_says_so),
		cmocka_unit_test(a_rule_for_each_machine),
		cmocka_unit_test(a_fault_by_when_it_went),
		cmocka_unit_test(order_of_what_one_cpu_saw),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
