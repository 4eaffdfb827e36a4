/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/shell/inval_trace.c - the store, its duty and the invalidation that followed, from
 * made-up events. */
#include "unit.h"
#include <lib/string.h>
#include <tests/harness/inval_trace.h>

#define VA 0xffff000080000000ul
#define LEAF PT_DUTY_TLBI

static const struct pt_fmt fmt = { .levels = 4, .page_shift = 12, .bits = { 9, 9, 9, 9 } };

static const struct pt_event noise = { .kind = PT_EV_PAGE_FREE, .n = 8, .ops = 7 };
static const struct pt_event made = {
	.kind = PT_EV_SET, .va = VA, .n = 64, .level = 1, .old = 0, .new = 0x711
};
static const struct pt_event gone = { .kind = PT_EV_SET,
				      .va = VA,
				      .n = 64,
				      .level = 1,
				      .cpu = 2,
				      .old = 0x711,
				      .new = 0,
				      .duty = LEAF };
static const struct pt_event page = {
	.kind = PT_EV_SET, .va = VA, .n = 1, .level = 0, .old = 0x713
};
static const struct pt_event table = {
	.kind = PT_EV_SET, .va = VA, .n = 1, .level = 2, .old = 0x9003
};
static const struct pt_event tlbi = {
	.kind = PT_EV_TLBI, .va = VA, .len = 64ul << 21, .cpus = 15, .cpu = 2
};
static const struct pt_event wait_ = { .kind = PT_EV_WAIT, .cpus = 15, .cpu = 2 };

static struct inval_trace found(const struct pt_event *const *events, vaddr_t va)
{
	static struct pt_event e[8];
	struct inval_trace o;
	unsigned nr = 0;

	for (; events[nr]; nr++)
		e[nr] = *events[nr];
	inval_trace_find(e, nr, &fmt, va, 15, &o);
	return o;
}

#define FOUND(va, ...) found((const struct pt_event *const[]) { __VA_ARGS__, NULL }, va)

static void the_store(void **state)
{
	struct inval_trace o = FOUND(VA + 5 * (2 << 20), &made, &noise, &gone, &noise);

	(void)state;
	assert_true(o.known);
	assert_int_equal(o.level, 1);
	assert_int_equal(o.cpu, 2);
	assert_int_equal(o.span, 2 << 20);
	assert_int_equal(o.old, 0x711);
	assert_int_equal(o.new, 0);
	assert_false(FOUND(VA + (64ul << 21), &made, &gone).known); /* one byte beyond */
	assert_false(FOUND(VA, &made, &noise).known);               /* nothing was taken away */
	assert_false(FOUND(VA, &noise).known);
	/* the leaf, not the table that was freed after it, nor an earlier mapping of the address
	 */
	assert_int_equal(FOUND(VA, &page, &made, &gone, &table).level, 1);
	assert_int_equal(FOUND(VA, &page, &table).level, 0);
}

static void what_followed(void **state)
{
	struct pt_event local = tlbi, narrow = tlbi, all = tlbi;

	(void)state;
	local.cpus = 4;
	narrow.len = 4096;
	all.va = all.len = 0;
	assert_string_equal(inval_done_word(FOUND(VA, &gone, &noise).done), "nothing");
	assert_string_equal(inval_done_word(FOUND(VA, &tlbi, &wait_, &gone).done), "nothing");
	assert_string_equal(inval_done_word(FOUND(VA + 4096, &gone, &narrow, &wait_).done),
			    "elsewhere");
	assert_string_equal(inval_done_word(FOUND(VA, &gone, &local, &wait_).done), "partly");
	assert_string_equal(inval_done_word(FOUND(VA, &gone, &tlbi).done), "no-wait");
	assert_string_equal(inval_done_word(FOUND(VA, &gone, &wait_, &tlbi).done), "no-wait");
	assert_string_equal(inval_done_word(FOUND(VA, &gone, &tlbi, &wait_).done), "all");
	assert_string_equal(inval_done_word(FOUND(VA, &gone, &tlbi, &narrow, &wait_).done), "all");
	assert_string_equal(inval_done_word(FOUND(VA, &gone, &all, &wait_).done), "all");
	assert_string_equal(inval_done_word(99), "?");
}

static void said(void **state)
{
	char text[200], cpus[64];
	struct pt_event local = tlbi;
	struct inval_trace o;

	(void)state;
	local.cpus = 4;
	o = FOUND(VA, &gone, &local, &wait_);
	inval_trace_text(&o, 15, text, sizeof(text));
	assert_string_equal(text,
			    "TLBI of this leaf on CPUs 0-3, complete before its frame is free");
	done_text(&o, text, sizeof(text));
	assert_string_equal(text,
			    "TLBI of 0xffff000080000000+128M by CPU 2 on CPU 2 alone, waited for");
	o = FOUND(VA, &gone);
	done_text(&o, text, sizeof(text));
	assert_string_equal(text, "no TLBI after that store");
	assert_string_equal(cpus_text(0, cpus), "no CPU");
	assert_string_equal(cpus_text(1, cpus), "CPU 0");
	assert_string_equal(cpus_text(0x2f, cpus), "CPUs 0-3,5");
	assert_string_equal(cpus_text(1ul << 63, cpus), "CPU 63");
	assert_string_equal(cpus_text(~0ul, cpus), "CPUs 0-63");
	assert_true(strlen(cpus_text(0x5555555555555555ul, cpus)) < 64);
}

const struct CMUnitTest inval_trace_tests[] = {
	cmocka_unit_test(the_store),
	cmocka_unit_test(what_followed),
	cmocka_unit_test(said),
};
const size_t inval_trace_tests_nr = sizeof(inval_trace_tests) / sizeof(inval_trace_tests[0]);
