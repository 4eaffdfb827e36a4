/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/naps/main.c - kern/worker.c: a wait first spins, then sleeps twice as long each time
 * up to a bound.  A tick of the counter is a microsecond; interrupts are off, as everywhere in a
 * program of the host.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arch/arch.h>
#include <kern/cpu.h>
#include <kern/kern_internal.h>
#include <kern/trap.h>
#include <kern/worker.h>

#define SPINS 128

struct cpu cpus[CPUS_MAX], *host_cpu = cpus;
u64 host_va_offset;
unsigned cpus_nr = 1;

static bool running;
static u64 nap; /* what the timer was set to in this round; 0: it was not */

struct cpu *this_cpu(void)
{
	return host_cpu;
}

u64 clock_us_ticks(u64 us)
{
	return us;
}

bool clock_running(void)
{
	return running;
}

void clock_poll(void)
{
}

void arch_timer_next(u64 ticks)
{
	nap = ticks;
}

void ipi_poll(bool calls, const struct trap_frame *frame)
{
	(void)calls, (void)frame;
}

void ipi_send(cpumask_t to, enum ipi what)
{
	(void)to, (void)what;
}

cpumask_t cpus_online(void)
{
	return 1;
}

static unsigned served;

void cpu_serve(void)
{
	served++;
}

NORETURN void assert_failed(const char *file, int line, const char *what, u64 a, u64 b)
{
	(void)a, (void)b;
	(void)what;
	_fail(file, line);
	__builtin_unreachable();
}

static u64 nap_of_round(struct cpu_pause *p)
{
	nap = 0;
	cpu_pause(p);
	return nap;
}

/* Behind the spins: 10, 20, 40 us, and no longer, for others wait for this CPU's next look. */
static void naps_grow_to_a_bound(void **state)
{
	static const u64 wanted[] = { 10, 20, 40, 40, 40, 40, 40, 40 };
	struct cpu_pause p = { 0 };

	(void)state;
	running = true;
	for (unsigned i = 0; i < SPINS; i++)
		assert_int_equal(nap_of_round(&p), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_int_equal(nap_of_round(&p), wanted[i]);
}

static void who_may_not_sleep_spins(void **state)
{
	struct cpu_pause p = { 0 }, inside = { 0 };

	(void)state;
	for (unsigned i = 0; i < 2 * SPINS; i++) {
		running = false; /* no timer interrupt would end the nap */
		assert_int_equal(nap_of_round(&p), 0);
		running = true;
		cpus[0].irq_depth = 1;
		assert_int_equal(nap_of_round(&inside), 0);
		cpus[0].irq_depth = 0;
	}
}

static bool third_look(void *looks)
{
	return ++*(unsigned *)looks == 3;
}

/* With interrupts off nothing but the wait itself answers another CPU's call: once between any two
 * looks, and not behind the last. */
static void who_waits_serves_others(void **state)
{
	unsigned looks = 0;

	(void)state;
	served = 0;
	cpu_wait_until(third_look, &looks);
	assert_int_equal(looks, 3);
	assert_int_equal(served, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(naps_grow_to_a_bound),
		cmocka_unit_test(who_may_not_sleep_spins),
		cmocka_unit_test(who_waits_serves_others),
	};

	return cmocka_run_group_tests_name("naps", tests, NULL, NULL);
}
