/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/body.c - run the body of a test, with .identity between two digests of the kernel,
 * which must be equal.  They are compared before the range is reset to ABSENT: memory that the body
 * left there fails the test.
 */
#include <tests/harness/run.h>
#include <tests/harness/util.h>

static bool as_before(struct test_run *t, const struct digest *before)
{
	struct digest after;
	struct why why = { 0 };
	int err;

	digest_take(&after);
	err = digest_compare(before, &after, &why);
	if (err)
		test_fail(t, t->test->file, 0, "not as before: %s: %s", err_name(err), why.text);
	return !err;
}

void test_body(const struct test_entry *e, struct test_run *t)
{
	struct digest before;

	if (!e->test->identity) {
		e->body(t);
		return;
	}
	digest_take(&before);
	e->body(t);
	if (!as_before(t, &before))
		range_reset(&(struct range) { .pa = t->range_pa, .len = t->range_len });
}
