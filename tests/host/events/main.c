/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/events/main.c - kern/work.c: which works wait while works are held, and the order in
 * which they run afterwards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <kern/cpu.h>
#include <kern/trap.h>
#include <kern/work.h>
#include <lib/assert.h>

#define MS 1000000ul

static u64 now = 1;

u64 clock_ns(void)
{
	return now;
}

void ipi_wake(cpumask_t mask)
{
	(void)mask;
	fail_msg("CPU 0 sent an IPI");
}

static void fn(struct work *w)
{
	(void)w;
}

/* Works of a device of the machine, initialised before the test, and works of the test. */
static struct work machine[3], own, own_too;

static int begin(void **state)
{
	(void)state;
	work_hold(false);
	while (work_next())
		;
	for (unsigned i = 0; i < 3; i++)
		work_init(&machine[i], fn);
	work_hold(true);
	assert_true(work_held());
	work_init(&own, fn);
	work_init(&own_too, fn);
	return 0;
}

static void what_the_machine_says_waits(void **state)
{
	(void)state;
	assert_true(work_post(&machine[0]));
	assert_true(work_post(&own));
	assert_true(work_post(&machine[1]));
	assert_ptr_equal(work_next(), &own);
	assert_null(work_next());
	assert_false(work_due()); /* otherwise a wait would never sleep */
	assert_false(work_post(&machine[0]));
	assert_true(work_post(&own));
	assert_ptr_equal(work_next(), &own);
	assert_null(work_next());
}

static void afterwards_it_comes_first_and_in_order(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		assert_true(work_post(&machine[i]));
		assert_null(work_next());
	}
	assert_true(work_post(&own));
	assert_true(work_post(&own_too)); /* still pending when the test ends */
	assert_ptr_equal(work_next(), &own);
	work_hold(false);
	assert_true(work_due());
	assert_true(work_post(&machine[2]));
	assert_ptr_equal(work_next(), &machine[0]);
	assert_true(work_post(&machine[0])); /* posted while it runs: it runs once more */
	assert_ptr_equal(work_next(), &machine[1]);
	assert_ptr_equal(work_next(), &own_too);
	assert_ptr_equal(work_next(), &machine[2]);
	assert_ptr_equal(work_next(), &machine[0]);
	assert_null(work_next());
}

static void its_time_does_not_come(void **state)
{
	(void)state;
	assert_true(work_post_after(&machine[0], 5));
	assert_true(work_post_after(&own, 5));
	assert_null(work_next());
	now += 6 * MS;
	assert_true(work_due());
	assert_ptr_equal(work_next(), &own);
	assert_null(work_next());
	assert_false(work_due());
	work_hold(false);
	assert_true(work_due());
	assert_ptr_equal(work_next(), &machine[0]);
	assert_null(work_next());
}

/* Works are held again before the consumer ran: none is lost. */
static void held_twice(void **state)
{
	(void)state;
	assert_true(work_post(&machine[0]));
	assert_null(work_next());
	work_hold(false);
	work_hold(true);
	assert_null(work_next());
	assert_true(work_post(&machine[1]));
	assert_null(work_next());
	work_hold(false);
	assert_ptr_equal(work_next(), &machine[0]);
	assert_ptr_equal(work_next(), &machine[1]);
	assert_null(work_next());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_the_machine_says_waits, begin),
		cmocka_unit_test_setup(afterwards_it_comes_first_and_in_order, begin),
		cmocka_unit_test_setup(its_time_does_not_come, begin),
		cmocka_unit_test_setup(held_twice, begin),
	};

	return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
