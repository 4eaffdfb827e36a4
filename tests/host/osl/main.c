/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/osl/main.c - drivers/acpi/osl_run.c, osl_sync.c and osl_text.c: the budget of a call
 * into AML ends every loop and every wait, deferred calls run once and in order, a lock is held
 * once, and the first line of ACPICA's messages is kept.
 */
#include <arch_inline.h>
#include <drivers/acpi/osl.h>
#include <kern/cpu.h>
#include <lib/assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <want.h>

#define STEPS 60000u /* of a call, and of a millisecond of sleep: the file's limits */
#define STEPS_MS 30u
#define QUEUE 64u
#define LINE 99u /* letters of a line that are kept */
#define HOUR (3600ul * 10000000)

static jmp_buf failed;
static bool awaited;
static unsigned rounds, pauses, serves, io_clears, frees;
static u64 asked_us;
static bool no_memory;

/* ---- what the files need ---- */

u64 clock_ns(void)
{
	return 12345678;
}

void cpu_serve(void)
{
	serves++;
}

bool cpu_pause_within(struct cpu_pause *p, u64 us)
{
	pauses++;
	asked_us = us;
	return p->rounds++ < rounds;
}

void osl_io_clear(void)
{
	io_clears++;
}

void *acpi_os_allocate(acpi_size size)
{
	static u64 blocks[4][8];
	static unsigned n;

	WANT(size <= sizeof(blocks[0]));
	if (no_memory)
		return NULL;
	memset(blocks[n % 4], 0xa5, sizeof(blocks[0]));
	return blocks[n++ % 4];
}

void acpi_os_free(void *memory)
{
	frees += memory != NULL;
}

void assert_failed(const char *file, int line, const char *what, u64 a, u64 b)
{
	WANT(awaited && strstr(file, "osl_sync.c"));
	longjmp(failed, 1);
}

/* ---- the budget ---- */
static void steps(void)
{
	osl_begin();
	WANT(!osl_spent() && osl_step(STEPS - 1) && !osl_spent());
	WANT(!osl_step(1) && osl_spent());
	WANT(!osl_step(0) && !osl_step(1) && osl_spent());
	osl_begin();
	WANT(!osl_step(STEPS) && osl_spent());
	osl_begin();
	WANT(osl_step(10) && !osl_step(STEPS - 9) && osl_spent()); /* one more than was left */
	osl_begin();
	WANT(osl_step(10) && osl_step(STEPS - 11) && !osl_step(1));
}

/* In units of 100 ns; ACPICA reads the time once in each round of a While. */
static void timer(void)
{
	osl_begin();
	for (unsigned i = 1; i < STEPS; i++)
		if (acpi_os_get_timer() != 123456) {
			WANT(!"time jumps while there is a budget");
			return;
		}
	WANT(!osl_spent() && acpi_os_get_timer() == 123456 + HOUR && osl_spent());
	WANT(acpi_os_get_timer() == 123456 + HOUR);
	osl_begin();
	WANT(acpi_os_get_timer() == 123456);
}

static void sleep_is(u64 ms, unsigned wanted_rounds, u64 us)
{
	pauses = serves = 0;
	rounds = 3;
	acpi_os_sleep(ms);
	WANT(serves == wanted_rounds && pauses == (wanted_rounds ? wanted_rounds + 1 : 0));
	WANT(!wanted_rounds || asked_us == us);
}

static void sleeps(void)
{
	osl_begin();
	sleep_is(7, 3, 7000);
	WANT(osl_step(STEPS - 7 * STEPS_MS - 1) && !osl_step(1));
	sleep_is(1, 0, 0); /* nothing is left */
	osl_begin();
	sleep_is(STEPS / STEPS_MS - 1, 3, (STEPS / STEPS_MS - 1) * 1000);
	WANT(!osl_spent());
	osl_begin();
	sleep_is(STEPS / STEPS_MS, 0, 0);
	WANT(osl_spent());
	osl_begin();
	sleep_is(~0ul, 0, 0);
	WANT(osl_spent());
}

/* A wait of `n` rounds: a step each, and it ends with the time or with the budget. */
static void stalls(void)
{
	osl_begin();
	pauses = serves = 0;
	rounds = 5;
	acpi_os_stall(33);
	WANT(pauses == 6 && asked_us == 33 && !serves);
	WANT(osl_step(STEPS - 7) && !osl_spent() && !osl_step(1));
	pauses = 0;
	acpi_os_stall(33);
	WANT(!pauses);
	osl_begin();
	osl_step(STEPS - 4);
	acpi_os_stall(33);
	WANT(pauses == 3 && osl_spent());
}

/* ---- deferred work ---- */
static char ran[3 * QUEUE + 1];

static void note(void *arg)
{
	size_t n = strlen(ran);

	ran[n] = *(const char *)arg;
	ran[n + 1] = 0;
}

static void note_and_queue(void *arg)
{
	note(arg);
	WANT(acpi_os_execute(OSL_NOTIFY_HANDLER, note, "z") == AE_OK);
}

static bool ran_were(const char *wanted)
{
	bool right = !strcmp(ran, wanted);

	ran[0] = 0;
	return right;
}

static acpi_status put_off(acpi_osd_exec_callback fn, const char *letter)
{
	return acpi_os_execute(OSL_NOTIFY_HANDLER, fn, (void *)(uintptr_t)letter);
}

static void deferred(void)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-";

	_Static_assert(sizeof(letters) == QUEUE + 1, "one for each place");
	WANT(put_off(note, "a") == AE_OK && put_off(note, "b") == AE_OK && ran_were(""));
	osl_work();
	WANT(ran_were("ab"));
	osl_work();
	WANT(ran_were(""));
	WANT(put_off(note_and_queue, "c") == AE_OK && put_off(note, "d") == AE_OK);
	acpi_os_wait_events_complete();
	WANT(ran_were("cdz"));
	for (unsigned i = 0; i < QUEUE; i++)
		WANT(put_off(note, letters + i) == AE_OK);
	WANT(put_off(note, "!") == AE_LIMIT && put_off(note, "!") == AE_LIMIT);
	osl_work();
	WANT(ran_were(letters));
	WANT(put_off(note, "e") == AE_OK && acpi_os_terminate() == AE_OK);
	osl_work();
	WANT(ran_were(""));
	WANT(put_off(note, "f") == AE_OK);
	osl_work();
	WANT(ran_were("f"));
}

/* ---- locks and semaphores ---- */
static void locks(void)
{
	acpi_spinlock l = NULL;

	no_memory = true;
	WANT(acpi_os_create_lock(&l) == AE_NO_MEMORY && !l);
	no_memory = false;
	WANT(acpi_os_create_lock(&l) == AE_OK && l);
	for (unsigned i = 0; i < 3; i++)
		acpi_os_release_lock(l, acpi_os_acquire_lock(l));
	acpi_os_acquire_lock(l);
	awaited = true;
	if (!setjmp(failed)) {
		acpi_os_acquire_lock(l);
		WANT(!"a taken lock is taken");
	}
	awaited = false;
	acpi_os_release_lock(l, 0);
	awaited = true;
	if (!setjmp(failed)) {
		acpi_os_release_lock(l, 0);
		WANT(!"a free lock is released");
	}
	awaited = false;
	frees = 0;
	acpi_os_delete_lock(l);
	WANT(frees == 1);
}

static void semaphores(void)
{
	acpi_semaphore s = NULL;

	no_memory = true;
	WANT(acpi_os_create_semaphore(5, 2, &s) == AE_NO_MEMORY && !s);
	no_memory = false;
	WANT(acpi_os_create_semaphore(5, 2, &s) == AE_OK && s);
	WANT(acpi_os_wait_semaphore(s, 3, ACPI_WAIT_FOREVER) == AE_TIME);
	WANT(acpi_os_wait_semaphore(s, 1, 0) == AE_OK);
	WANT(acpi_os_wait_semaphore(s, 2, 0) == AE_TIME);
	WANT(acpi_os_wait_semaphore(s, 1, 0) == AE_OK);
	WANT(acpi_os_wait_semaphore(s, 1, 0) == AE_TIME);
	WANT(acpi_os_signal_semaphore(s, 6) == AE_LIMIT);
	WANT(acpi_os_signal_semaphore(s, 1) == AE_OK);
	WANT(acpi_os_signal_semaphore(s, 5) == AE_LIMIT);
	WANT(acpi_os_signal_semaphore(s, 4) == AE_OK);
	WANT(acpi_os_signal_semaphore(s, 1) == AE_LIMIT);
	WANT(acpi_os_wait_semaphore(s, 5, 0) == AE_OK);
	frees = 0;
	WANT(acpi_os_delete_semaphore(s) == AE_OK && frees == 1);
}

/* ---- text ---- */
/* Nothing that an earlier call left on the stack helps the next one. */
__attribute__((noinline)) static void scribble(void)
{
	volatile u8 stack[1024];

	for (size_t i = 0; i < sizeof(stack); i++)
		stack[i] = 0xff;
}

static void text(void)
{
	char is[LINE + 60], wanted[LINE + 1];

	acpi_os_printf("an earlier call");
	io_clears = 0;
	osl_begin();
	WANT(io_clears == 1);
	WANT_TEXT(osl_text(), "");
	acpi_os_printf("\n\n");
	scribble();
	acpi_os_printf("ACPI %s: ", "Error");
	scribble();
	acpi_os_printf("no %u\nand", 17u);
	acpi_os_printf(" more\n");
	WANT_TEXT(osl_text(), "ACPI Error: no 17");
	osl_text_clear();
	WANT_TEXT(osl_text(), "");
	acpi_os_printf("x\n");
	acpi_os_printf("y\n");
	WANT_TEXT(osl_text(), "x");
	memset(is, 'l', sizeof(is));
	is[sizeof(is) - 1] = 0;
	memset(wanted, 'l', LINE);
	wanted[LINE] = 0;
	osl_text_clear();
	acpi_os_printf("%s", is);
	acpi_os_printf("%s", is);
	WANT_TEXT(osl_text(), wanted);
	osl_text_clear();
	acpi_os_printf("short");
	WANT_TEXT(osl_text(), "short");
}

/* Firmware's tables and names are used as they are. */
static void overrides(void)
{
	const struct acpi_predefined_names name = { "_OS_", 0, NULL };
	struct acpi_table_header old, *other = &old;
	acpi_physical_address pa = 5;
	acpi_string value = "other";
	u32 len = 6;

	WANT(acpi_os_predefined_override(&name, &value) == AE_OK && !value);
	WANT(acpi_os_table_override(&old, &other) == AE_OK && !other);
	WANT(acpi_os_physical_table_override(&old, &pa, &len) == AE_OK && !pa && !len);
	osl_set_root(0x7f001000);
	WANT(acpi_os_get_root_pointer() == 0x7f001000);
	osl_set_root(0x7f002000);
	WANT(acpi_os_get_root_pointer() == 0x7f002000);
	WANT(acpi_os_get_thread_id() == 5); /* 0 is none */
}

int main(void)
{
	host_cpu = &cpus[4];
	WANT(acpi_os_initialize() == AE_OK);
	steps();
	timer();
	sleeps();
	stalls();
	deferred();
	locks();
	semaphores();
	text();
	overrides();
	printf("osl: %u not so\n", want_failed);
	return want_failed != 0;
}
