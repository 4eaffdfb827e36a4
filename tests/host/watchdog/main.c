/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/watchdog/main.c - kern/lockup.c on emulated machines: when it must report, and
 * when it must not.  A tick of the counter is a microsecond.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arch/arch.h>
#include <kern/args.h>
#include <kern/emulator.h>
#include <kern/kern_internal.h>
#include <kern/trap.h>

struct machine {
	const char *name;
	unsigned cpus;
	bool emulated, counts; /* counts: arch_instret_works() */
	bool speaks;
	u64 hang_ms;
};

static const struct machine machines[] = {
	{ "a board: its CPUs count instructions, too", 4, false, true, true, 3000 },
	{ "a board whose counters may not be read", 4, false, false, true, 3000 },
	{ "an emulator on the host's clock", 4, true, false, true, 10000 },
	{ "an emulator that counts, CPUs by turns", 4, true, true, false, 10000 },
	{ "a board with one CPU", 1, false, true, true, 3000 },
	{ "an emulator that counts, one CPU", 1, true, true, true, 10000 },
};

static const struct machine *machine;
static jmp_buf crashed;
unsigned cpus_nr;

bool emulated_cpu(void)
{
	return machine->emulated;
}

bool arch_instret_works(void)
{
	return machine->counts;
}

unsigned cpus_online_nr(void)
{
	return machine->cpus;
}

cpumask_t cpus_online(void)
{
	return (1ul << machine->cpus) - 1;
}

u64 clock_us_ticks(u64 us)
{
	return us;
}

const char *arg_text(const struct args *a, enum arg_id id)
{
	(void)a;
	(void)id;
	return "";
}

u64 arg_number(const struct args *a, enum arg_id id)
{
	(void)a;
	(void)id;
	return 0;
}

NORETURN void crash(const char *fmt, ...)
{
	(void)fmt;
	longjmp(crashed, 1);
}

static void boot(const struct machine *m)
{
	machine = m;
	cpus_nr = m->cpus;
	for (unsigned n = 0; n < CPUS_MAX; n++)
		cpus[n] = (struct cpu) { .nr = n, .activity = "nothing" };
	host_cpu = &cpus[0];
	watchdog_enable(true);
}

/* The emulated counter is at 0: a CPU seen `ms` ago was seen at minus that. */
static void seen_ago(unsigned cpu, u64 ms)
{
	cpus[cpu].last_seen = 0 - ms * 1000;
}

/* Ticks of this CPU for `ms`, while the other one is silent; true: it was reported. */
static bool reported_after(u64 ms)
{
	cpus[1].ticks++; /* it has been alive until now */
	seen_ago(1, 0);
	watchdog_check();
	if (setjmp(crashed))
		return true;
	for (u64 n = 1; n <= ms * TICK_HZ / 1000; n++) {
		seen_ago(1, n * 1000 / TICK_HZ + 1);
		watchdog_check();
	}
	return false;
}

static void who_hangs_is_reported(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(machines); i++) {
		const struct machine *m = &machines[i];

		boot(m);
		print_message("    %s\n", m->name);
		assert_int_equal(watchdog_hang_ms(), m->hang_ms);
		assert_false(reported_after(m->hang_ms - 100));
		assert_int_equal(reported_after(m->hang_ms + 100), m->speaks && m->cpus > 1);
	}
}

static void waits_have_an_end(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(machines); i++) {
		const struct machine *m = &machines[i];
		struct cpu_pause p = { .waited = 10 * m->hang_ms * 1000 };

		boot(m);
		assert_false(watchdog_expired(&p));
		p.waited++;
		assert_int_equal(watchdog_expired(&p), m->speaks);
		watchdog_enable(false);
		assert_false(watchdog_expired(&p));
	}
}

/* Work that takes long ends no wait, as often as it shows progress; the CPU that waits may be any.
 */
static void progress_is_waited_for(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(machines); i++) {
		const struct machine *m = &machines[i];
		const u64 over = 10 * m->hang_ms * 1000 + 1;
		struct cpu_pause p = { .rounds = 1 };

		boot(m);
		cpus[m->cpus - 1].touches = 7; /* of before the wait */
		assert_false(watchdog_expired(&p));
		for (p.rounds = 2; p.rounds < 12; p.rounds++) {
			host_cpu = &cpus[m->cpus - 1];
			watchdog_touch();
			host_cpu = &cpus[0];
			p.waited = over;
			assert_false(watchdog_expired(&p));
			assert_int_equal(p.waited, 0);
		}
		p.waited = over;
		assert_int_equal(watchdog_expired(&p), m->speaks);
	}
}

static unsigned progressed;

static void count_progress(void)
{
	progressed++;
}

/* The hook prints and reads the console: neither another CPU nor an interrupt calls it. */
static void progress_is_the_boot_cpus(void **state)
{
	(void)state;
	boot(&machines[0]);
	watchdog_touch(); /* without a hook */
	progress_hook = count_progress;
	watchdog_touch();
	assert_int_equal(progressed, 1);
	cpus[0].irq_depth = 1;
	watchdog_touch();
	host_cpu = &cpus[1];
	watchdog_touch();
	assert_int_equal(progressed, 1);
	progress_hook = NULL;
}

/* A line printed with interrupts off is a sign of life, but no tick. */
static void who_prints_is_alive(void **state)
{
	(void)state;
	boot(&machines[0]);
	if (setjmp(crashed))
		fail_msg("it was reported");
	for (u64 n = 0; n < 20 * TICK_HZ; n++) {
		seen_ago(1, 100);
		watchdog_check();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_hangs_is_reported),
		cmocka_unit_test(waits_have_an_end),
		cmocka_unit_test(progress_is_waited_for),
		cmocka_unit_test(progress_is_the_boot_cpus),
		cmocka_unit_test(who_prints_is_alive),
	};

	return cmocka_run_group_tests_name("watchdog", tests, NULL, NULL);
}
