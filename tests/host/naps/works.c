/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/naps/works.c - kern/worker.c: work runs on the CPUs of the mask and on no other, this
 * CPU runs its own share last, and neither a worker nor the CPU that waits for it misses a wake-up
 * (kern/cpu.h).
 */
#include "fake.h"
#include <fakes/arch.h>

#define NR 5

static u64 ran;      /* by CPU */
static void *ran_of; /* its argument */
static int given;

static void job(void *arg)
{
	ran |= cpu_bit(host_cpu->nr);
	ran_of = arg;
}

/* CPU 4 is not online. */
static void machine(bool irqs)
{
	begins(irqs);
	cpus_nr = NR;
	for (unsigned n = 0; n <= NR; n++)
		cpus[n] = (struct cpu) { .nr = n, .online = n < NR - 1 };
	host_cpu = &cpus[0];
	now.online = 0xf;
	ran = 0;
	ran_of = NULL;
}

static bool has(unsigned n)
{
	return cpus[n].work_posted == 1 && cpus[n].work_fn == job && cpus[n].work_arg == &given;
}

static void ends(unsigned n)
{
	host_cpu = &cpus[n];
	cpus[n].work_fn(cpus[n].work_arg);
	host_cpu = &cpus[0];
	cpus[n].work_done = cpus[n].work_posted;
}

static void both_have_it(void)
{
	assert_true(has(1) && has(3)); /* before they are woken */
	assert_int_equal(now.sent_to, 0xa);
}

/* One interrupt ends one work, and one ends none. */
static void one_ends(void)
{
	if (now.waits == 2)
		ends(1);
	if (now.waits == 3)
		ends(3);
}

void own_share_comes_last(void **state)
{
	(void)state;
	machine(true);
	now.in_send = both_have_it;
	cpu_post(0xb, job, &given);
	assert_int_equal(now.sent, 1);
	assert_int_equal(ran, 0);
	assert_int_equal(cpus[0].work_posted | cpus[2].work_posted | cpus[4].work_posted, 0);
	now.in_wait = one_ends;
	cpu_wait(0xb);
	assert_int_equal(ran, 0xb);
	assert_ptr_equal(ran_of, &given);
	assert_int_equal(now.waits, 3);
	assert_true(host_irqs);

	machine(true);
	now.in_wait = one_ends;
	cpu_run(0xa, job, &given);
	assert_int_equal(ran, 0xa);
	assert_int_equal(now.waits, 3);
	ran = 0;
	cpu_run(1, job, &cpus); /* alone: it waits for no CPU */
	assert_int_equal(ran, 1);
	assert_ptr_equal(ran_of, &cpus);
	assert_int_equal(now.waits, 3);
	cpu_wait(1); /* its share has run */
	assert_int_equal(now.sent_to, 0);
}

static void ends_1(void)
{
	ends(1);
}

/* The worker ends after the first look, while this CPU serves calls, of which one is from it. */
void a_wait_loses_no_wakeup(void **state)
{
	(void)state;
	for (unsigned irqs = 0; irqs < 2; irqs++) {
		machine(irqs);
		cpu_post(2, job, &given);
		now.in_poll = ends_1;
		cpu_wait(2);
		assert_int_equal(now.polls, 1);
		assert_int_equal(now.waits, 0);
		assert_int_equal(host_irqs, irqs);
	}
}

void who_has_ended_is_not_waited_for(void **state)
{
	(void)state;
	machine(true);
	cpu_post(2, job, &given);
	ends(1);
	cpu_wait(2);
	assert_int_equal(now.polls + now.waits, 0);
	cpus[2].work_posted = 1;
	cpu_wait(2); /* CPU 2 is not named */
	assert_int_equal(now.polls + now.waits, 0);
}

/* ---- a worker ---- */

static jmp_buf out;
static unsigned posts;

static void posted_job(void *arg)
{
	assert_true(host_irqs);
	assert_string_equal(host_cpu->activity, "work");
	job(arg);
}

/* Work is posted before the worker checks, then while it waits; one interrupt posts none. */
static void the_next_one(void)
{
	assert_string_equal(host_cpu->activity, "idle");
	assert_int_equal(host_cpu->work_done, host_cpu->work_posted);
	if (now.waits == 4)
		longjmp(out, 1);
	if (now.waits == 2)
		return;
	ran = 0;
	host_cpu->work_posted++;
	posts++;
}

static void it_is_done(void)
{
	assert_int_equal(now.sent_to, 1);
	assert_int_equal(ran, 4);
	assert_int_equal(host_cpu->work_done, host_cpu->work_posted);
	assert_string_equal(host_cpu->activity, "idle");
}

static void nothing_came(void)
{
	assert_string_equal(host_cpu->activity, "idle");
	longjmp(out, 1);
}

void a_worker_runs_what_is_posted(void **state)
{
	(void)state;
	machine(true);
	host_cpu = &cpus[2];
	host_cpu->activity = "begins";
	now.in_wait = nothing_came;
	if (!setjmp(out))
		worker_loop(&cpus[2]);
	machine(true);
	host_cpu = &cpus[2];
	cpus[2].work_fn = posted_job;
	cpus[2].work_arg = &given;
	cpus[2].work_posted = posts = 1;
	now.in_wait = the_next_one;
	now.in_send = it_is_done;
	if (!setjmp(out))
		worker_loop(&cpus[2]);
	assert_int_equal(now.waits, 4);
	assert_int_equal(now.sent, 3);
	assert_int_equal(posts, 3);
	assert_ptr_equal(ran_of, &given);
	host_cpu = &cpus[0];
}

/* ---- who has time ---- */

static cpumask_t inside = ~0ul;

static void asks(void *arg)
{
	(void)arg;
	inside = cpus_spare();
}

void spare_cpus(void **state)
{
	(void)state;
	machine(true);
	assert_int_equal(cpus_spare(), 0xe);
	host_irqs = false;
	assert_int_equal(cpus_spare(), 0);
	host_irqs = true;
	cpus[0].irq_depth = 1;
	assert_int_equal(cpus_spare(), 0);
	cpus[0].irq_depth = 0;
	host_cpu = &cpus[1];
	assert_int_equal(cpus_spare(), 0);
	host_cpu = &cpus[0];
	for (unsigned n = 1; n < NR - 1; n++) {
		cpus[n].work_posted = 1;
		assert_false(cpus_idle());
		assert_int_equal(cpus_spare(), 0);
		cpus[n].work_done = 1;
		assert_true(cpus_idle());
	}
	cpus[0].work_posted = cpus[NR - 1].work_posted = 1; /* itself, and one that is not online */
	cpus[NR].online = true;                             /* of no record in use */
	cpus[NR].work_posted = 1;
	assert_int_equal(cpus_spare(), 0xe);
	cpu_run(1, asks, NULL);
	assert_int_equal(inside, 0);
	assert_int_equal(cpus_spare(), 0xe);
	cpus_nr = 1;
}
