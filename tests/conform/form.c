/* SPDX-License-Identifier: BSD-2-Clause */
/* S0-50, S1-43: every form of TLB maintenance against every kind of entry (tlblab/conform.h). */
#include <kern/errata.h>
#include <kern/log.h>
#include <lib/init.h>
#include <lib/string.h>
#include <shell/screen/machine_line.h>
#include <tests/harness/test.h>
#include <tlblab/conform.h>

#define ROUNDS 8

static const struct tlb_form *form_named(const char *name)
{
	reg_for_each (tlb_forms, it)
		if (!strcmp((*it)->name, name))
			return *it;
	return NULL;
}

static void record_begin_pair(const struct tlb_form *f, const struct conform_target *t,
			      const char *result)
{
	char rule[80];

	machine_line_begin();
	kprintf("  #: conform geometry=%s form=%s target=%s must=%s rule=%s at=%s:%d result=%s",
		layout.fmt->name, f->name, t->name, conform_must(f, t) ? "yes" : "no",
		one_word(f->rule, rule, sizeof(rule)), f->file, f->line, result);
	if (t->kind)
		kprintf(" access=%s", one_word(t->kind->insn, rule, sizeof(rule)));
}

static void record_missing(const struct tlb_form *f, const struct conform_target *t,
			   const char *why)
{
	char reason[120];

	record_begin_pair(f, t, "not-run");
	kprintf(" reason=%s", one_word(why, reason, sizeof(reason)));
	machine_line_end();
}

static void record_count(const char *key, const struct profile_count *n)
{
	if (n->trials)
		kprintf(" %s=%u/%u", key, n->hits, n->trials);
}

static bool failed(const struct tlb_form *f, const struct conform_target *t,
		   const struct conform_result *r)
{
	return conform_must(f, t) && conform_failed(f, r);
}

/* While the kernel works around the form's erratum, a failure is recorded and fails no test. */
static bool by_erratum(const struct tlb_form *f)
{
	return f->erratum && errata_in_force(f->erratum);
}

/* Without a duty to remove the entry, nothing can fail. */
static const char *result_word(const struct tlb_form *f, const struct conform_target *t,
			       const struct conform_result *r)
{
	if (!conform_must(f, t))
		return "none";
	if (!failed(f, t, r))
		return "pass";
	return by_erratum(f) ? "erratum" : "fail";
}

static void record(const struct tlb_form *f, const struct conform_target *t,
		   const struct conform_result *r)
{
	record_begin_pair(f, t, result_word(f, t, r));
	if (failed(f, t, r) && by_erratum(f))
		kprintf(" erratum=%s", f->erratum);
	kprintf(" could=%s", conform_must(f, t) && conform_could(f, r) ? "yes" : "no");
	record_count("own", &r->own);
	record_count("others", &r->others);
	record_count("control", &r->control_own);
	record_count("control-others", &r->control_others);
	machine_line_end();
}

static void judge(struct test_run *t, const struct tlb_form *f, const struct conform_target *target,
		  const struct conform_result *r)
{
	CHECK(t, r->own.trials > 0 && r->control_own.trials > 0);
	if (failed(f, target, r) && !by_erratum(f))
		test_fail(t, __FILE__, __LINE__,
			  "%s must remove %s (%s): CPU %u still used it at 0x%lx, named 0x%lx "
			  "ASID %u; %u of %u, others %u of %u",
			  f->name, target->what, f->rule, r->cpu, r->va, r->named.va, r->named.asid,
			  r->own.hits, r->own.trials, r->others.hits, r->others.trials);
}

TEST(conform, form,
     .claim = "a form of TLB maintenance removes every entry that the manual states it must, on "
	      "each CPU in its reach",
     .rows = "S0-50 S1-43", .needs = NEED_LEAF_TLB, .params = __start_reg_tlb_form_names,
     .mutes_sanitizer = true, .timeout_s = 300)
{
	static struct conform c NOINIT;
	const struct tlb_form *f = form_named(t->param);
	struct conform_target target;
	struct conform_result r;
	unsigned could = 0, must = 0, kept = 0;
	char reason[120];

	if (f->usable && !f->usable(reason, sizeof(reason))) {
		test_skip(t, "%s", reason);
		return;
	}
	if (!CHECK(t, conform_open(&c, t->rng.state)))
		return;
	for (unsigned i = 0; conform_target(i, &target) && !test_aborted(); i++) {
		const char *why;

		if (!conform_applies(f, &target))
			continue;
		why = conform_missing(&c, &target);
		if (why) {
			record_missing(f, &target, why);
			continue;
		}
		conform_try(&c, f, &target, ROUNDS, &r);
		record(f, &target, &r);
		judge(t, f, &target, &r);
		must += conform_must(f, &target);
		could += conform_must(f, &target) && conform_could(f, &r);
		kept += failed(f, &target, &r) && by_erratum(f);
	}
	conform_close(&c);
	test_could(t, could > 0 && !by_erratum(f));
	test_key(t, "must=%u tested=%u", must, could);
	if (kept)
		test_key(t, "erratum=%s kept=%u", f->erratum, kept);
}
