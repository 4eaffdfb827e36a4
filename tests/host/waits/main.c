/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/waits/main.c - kern/lock.c and kern/ipi.c: a wait that does not end becomes a crash
 * that names the CPU and the lock or call, once the watchdog has expired, and not before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <arch/arch.h>
#include <kern/hooks.h>
#include <kern/kern_internal.h>
#include <kern/lock.h>
#include <kern/trap.h>
#include <lib/fail.h>
#include <mm/pt/pt_tap.h>

#define ENOUGH 100 /* rounds of a wait */
#define NEVER 300  /* one that has not ended in a crash by then does not */

unsigned cpus_nr = 2;
u32 pt_taps_on;

enum ended { BY_CRASH = 1, NOT, NO_WAIT };

static struct {
	char said[200];
	u64 rounds; /* of the wait */
} * told;           /* shared with the process that waits */

/* ---- fakes ---- */

cpumask_t cpus_online(void)
{
	return 3;
}

cpumask_t cpus_listening(void)
{
	return 3;
}

bool pt_tap_run_before(struct pt_event *e)
{
	(void)e;
	return true;
}

void pt_tap_run_after(const struct pt_event *e)
{
	(void)e;
}

static void pause_one(struct cpu_pause *p)
{
	p->rounds++;
	told->rounds = ++p->waited;
	if (p->waited > NEVER)
		_exit(NOT);
}

void cpu_pause(struct cpu_pause *p)
{
	pause_one(p);
}

void cpu_pause_unless(struct cpu_pause *p, bool (*done)(void *), void *arg)
{
	(void)done, (void)arg;
	pause_one(p);
}

bool watchdog_expired(struct cpu_pause *p)
{
	return p->waited > ENOUGH;
}

NORETURN void crash(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(told->said, sizeof(told->said), fmt, ap);
	va_end(ap);
	_exit(BY_CRASH);
}

NORETURN void assert_failed(const char *file, int line, const char *what, u64 a, u64 b)
{
	crash("%s:%d: %s (%lx, %lx)", file, line, what, a, b);
}

/* ---- the waits ---- */

static struct rw_reader marks[CPUS_MAX];
static struct rwlock shared = { .class = LOCK_HOTPLUG, .name = "shared", .reader = marks };
static struct spinlock own = SPINLOCK_INIT(LOCK_TREE, "own");

static void spin(void)
{
	own.owner = 2;
	spin_lock_irqsave(&own);
}

static void read_behind_writer(void)
{
	shared.writer = 2;
	read_lock(&shared);
}

static void write_behind_writer(void)
{
	shared.writer = 2;
	write_lock(&shared);
}

static void write_behind_reader(void)
{
	marks[1].holds = 1;
	write_lock(&shared);
}

static void write_behind_queue(void)
{
	shared.queued = 1;
	write_lock(&shared);
}

static void nothing(void *arg)
{
	(void)arg;
}

static void call(void)
{
	ipi_call(2, nothing, NULL);
}

/* In CPU 0's own share of its call: CPU 1 wants to make one, too. */
static void call_of_other(void *arg)
{
	(void)arg;
	if (host_cpu != &cpus[0])
		return;
	host_cpu = &cpus[1];
	ipi_call(1, nothing, NULL);
}

static void call_behind_call(void)
{
	ipi_call(3, call_of_other, NULL);
}

static const struct {
	const char *name;
	void (*wait)(void);
	const char *sentence;
} rows[] = {
	{ "a spinlock", spin, "lock own (class 6) is not released: CPU 0 waits for ever" },
	{ "a reader after a writer", read_behind_writer,
	  "lock shared (class 1) is not released: CPU 0 waits for ever" },
	{ "a writer after a writer", write_behind_writer,
	  "lock shared (class 1) is not released: CPU 0 waits for ever" },
	{ "a writer after a reader", write_behind_reader,
	  "lock shared (class 1) is not released: CPU 0 waits for ever" },
	{ "a writer after readers that wait", write_behind_queue,
	  "lock shared (class 1) is not released: CPU 0 waits for ever" },
	{ "a call", call, "CPUs 0x2 do not answer a call" },
	{ "a call after a call", call_behind_call, "CPU 1 waits for ever to make a call" },
};

static int wait_in_child(void (*wait_for_ever)(void))
{
	int status = 0;
	pid_t child = fork();

	assert_true(child >= 0);
	if (!child) {
		for (unsigned n = 0; n < cpus_nr; n++)
			cpus[n].nr = n;
		host_cpu = &cpus[0];
		wait_for_ever();
		_exit(NO_WAIT);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void a_wait_ends_in_a_crash(void **state)
{
	(void)state;
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(told, MAP_FAILED);
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		print_message("    %s\n", rows[i].name);
		fflush(NULL);
		assert_int_equal(wait_in_child(rows[i].wait), BY_CRASH);
		assert_string_equal(told->said, rows[i].sentence);
		assert_int_equal(told->rounds, ENOUGH + 1);
	}
	munmap(told, sizeof(*told));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_wait_ends_in_a_crash) };

	return cmocka_run_group_tests_name("waits", tests, NULL, NULL);
}
