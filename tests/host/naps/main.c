/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/naps/main.c - kern/worker.c: a wait first spins, then sleeps twice as long each time
 * up to a bound (kern/cpu.h: 10 to 640 us, 40 with interrupts off).
 */
#include "fake.h"
#include <fakes/arch.h>

#define SPINS 128

struct fake now;

/* ---- fakes ---- */

/* An interrupt that is taken before the wait does not end it. */
void arch_wait(void)
{
	assert_false(host_irqs);
	now.waits++;
	if (now.in_wait)
		now.in_wait();
}

u64 arch_counter(void)
{
	return now.counter;
}

u64 clock_us_ticks(u64 us)
{
	return us;
}

bool clock_running(void)
{
	return now.running;
}

/* A tick in the middle would poll the clock inside. */
void clock_poll(void)
{
	assert_false(host_irqs);
	now.clock_polls++;
	if (now.in_clock_poll)
		now.in_clock_poll();
}

void arch_timer_next(u64 ticks)
{
	assert_false(host_irqs);
	now.nap = ticks;
}

void ipi_poll(bool calls, const struct trap_frame *frame)
{
	assert_false(host_irqs);
	assert_true(calls);
	assert_null(frame);
	now.polls++;
	if (now.in_poll)
		now.in_poll();
}

void ipi_wake(cpumask_t to)
{
	now.sent++;
	now.sent_to = to;
	if (now.in_send)
		now.in_send();
}

cpumask_t cpus_online(void)
{
	return now.online;
}

void cpu_serve(void)
{
	now.served++;
}

void begins(bool irqs)
{
	now = (struct fake) { .running = true, .counter = 1000000 };
	host_irqs = irqs;
	host_relaxes = 0;
}

/* ---- naps ---- */

static u64 nap_of_round(struct cpu_pause *p)
{
	now.nap = 0;
	cpu_pause(p);
	return now.nap;
}

static void spins(struct cpu_pause *p)
{
	for (unsigned i = 0; i < SPINS; i++) {
		bool irqs = host_irqs;
		unsigned polls = now.clock_polls, relaxes = host_relaxes;

		assert_int_equal(nap_of_round(p), 0);
		assert_int_equal(now.clock_polls, polls + irqs);
		assert_int_equal(host_relaxes, relaxes + 1);
		assert_int_equal(host_irqs, irqs);
	}
	assert_int_equal(now.waits, 0);
}

/* After the spins a nap lasts 10, 20 or 40 us. With interrupts off it lasts no longer, because
 * other CPUs wait until this one polls. */
static void naps_grow_to_a_bound(void **state)
{
	static const u64 wanted[2][10] = { { 10, 20, 40, 40, 40, 40, 40, 40, 40, 40 },
					   { 10, 20, 40, 80, 160, 320, 640, 640, 640, 640 } };

	(void)state;
	for (unsigned irqs = 0; irqs < 2; irqs++) {
		struct cpu_pause p = { 0 };

		begins(irqs);
		spins(&p);
		for (unsigned i = 0; i < ARRAY_SIZE(wanted[0]); i++) {
			now.counter += 7;
			assert_int_equal(nap_of_round(&p), wanted[irqs][i]);
			assert_int_equal(now.waits, i + 1);
			assert_int_equal(host_irqs, irqs);
			assert_int_equal(cpus[0].last_seen, now.counter); /* it does not hang */
		}
		assert_int_equal(now.clock_polls, irqs * SPINS);
	}
}

static void who_may_not_sleep_spins(void **state)
{
	struct cpu_pause p = { 0 }, inside = { 0 };

	(void)state;
	begins(true);
	for (unsigned i = 0; i < 2 * SPINS; i++) {
		now.running = false; /* no timer interrupt would end the nap */
		assert_int_equal(nap_of_round(&p), 0);
		now.running = true;
		cpus[0].irq_depth = 1;
		assert_int_equal(nap_of_round(&inside), 0);
		cpus[0].irq_depth = 0;
	}
	assert_int_equal(now.waits, 0);
	assert_int_equal(now.clock_polls, 4 * SPINS);
	assert_int_equal(host_relaxes, 4 * SPINS);
	host_irqs = false;
	cpu_sleep();
	assert_int_equal(now.waits, 1);
	assert_int_equal(now.clock_polls, 4 * SPINS);
	now.running = false;
	cpu_sleep();
	assert_int_equal(now.waits, 1);
	assert_int_equal(now.clock_polls, 4 * SPINS + 1);
}

static bool is_true(void *cond)
{
	assert_false(host_irqs); /* or the wake-up could arrive between the check and the wait */
	assert_int_not_equal(now.nap, 0);
	return *(bool *)cond;
}

static void what_is_done_is_not_slept_for(void **state)
{
	bool done = true;
	struct cpu_pause p = { 0 };

	(void)state;
	begins(true);
	spins(&p);
	cpu_pause_unless(&p, is_true, &done);
	assert_int_equal(now.waits, 0);
	assert_true(host_irqs);
	done = false;
	cpu_pause_unless(&p, is_true, &done);
	assert_int_equal(now.waits, 1);
	assert_true(host_irqs);
}

/* Two ticks are 40 ms: a CPU that was suspended did not wait meanwhile. Spins count nothing, and
 * the first step after them only starts the count. */
static void a_step_counts_two_ticks_at_most(void **state)
{
	static const struct {
		u64 step, waited;
	} rows[] = { { 1000000, 0 },    { 10, 10 },          { 39999, 40009 }, { 40000, 80009 },
		     { 40001, 120009 }, { 1000000, 160009 }, { 0, 160009 },    { -5ul, 200009 } };
	struct cpu_pause p = { 0 };

	(void)state;
	begins(true);
	for (unsigned i = 0; i < SPINS; i++) {
		now.counter += 10;
		assert_true(cpu_pause_within(&p, 0));
	}
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		now.counter += rows[i].step;
		cpu_pause(&p);
		assert_int_equal(p.waited, rows[i].waited);
	}
	now.counter += 1; /* 200010 */
	assert_true(cpu_pause_within(&p, 200010));
	now.counter += 1;
	assert_false(cpu_pause_within(&p, 200010));
	assert_true(cpu_pause_within(&p, 200011));
	assert_int_equal(now.waits, ARRAY_SIZE(rows) + 3);
}

static unsigned looks;

static bool last_look(void *nr)
{
	return ++looks == *(unsigned *)nr;
}

static void has_served(void)
{
	assert_int_equal(now.served, SPINS + now.waits);
}

/* With interrupts off only the wait itself answers another CPU's call: once between any two checks,
 * before the nap, and not after the last check. */
static void who_waits_serves_others(void **state)
{
	unsigned nr = SPINS + 3;

	(void)state;
	begins(false);
	now.in_wait = has_served;
	looks = 0;
	cpu_wait_until(last_look, &nr);
	/* the second nap looks once more itself, and that is the last look but one */
	assert_int_equal(looks, nr);
	assert_int_equal(host_relaxes, SPINS);
}

static void it_stops_at_the_look(void **state)
{
	unsigned nr = 3;

	(void)state;
	begins(false);
	looks = 0;
	cpu_wait_until(last_look, &nr);
	assert_int_equal(looks, 3);
	assert_int_equal(now.served, 2);
	assert_int_equal(host_relaxes, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(naps_grow_to_a_bound),
		cmocka_unit_test(who_may_not_sleep_spins),
		cmocka_unit_test(what_is_done_is_not_slept_for),
		cmocka_unit_test(a_step_counts_two_ticks_at_most),
		cmocka_unit_test(who_waits_serves_others),
		cmocka_unit_test(it_stops_at_the_look),
		cmocka_unit_test(own_share_comes_last),
		cmocka_unit_test(a_wait_loses_no_wakeup),
		cmocka_unit_test(who_has_ended_is_not_waited_for),
		cmocka_unit_test(a_worker_runs_what_is_posted),
		cmocka_unit_test(spare_cpus),
	};

	return cmocka_run_group_tests_name("naps", tests, NULL, NULL);
}
