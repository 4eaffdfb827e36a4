/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/osl_run.c - the budget of AML, its deferred work, and ACPICA's remaining host
 * functions.
 *
 * The budget counts steps and not time: an endless loop ends after the same number of iterations on
 * a fast machine and on a loaded emulator.  ACPICA reads the timer once in each iteration of a
 * While and allocates memory; once the budget is exhausted, the timer jumps ahead and allocations
 * fail.
 */
#include <arch/arch.h>
#include <drivers/acpi/osl.h>
#include <kern/cpu.h>
#include <kern/trap.h>
#include <lib/init.h>
#include <lib/printf.h>

/* For one call: loop iterations, allocations, and SLEEP_STEPS for each millisecond of sleep. */
#define STEPS 60000
#define SLEEP_STEPS 30 /* at most two seconds of sleep in a call */
/* Notifications that one evaluation may queue; more are refused. */
#define QUEUE 64
#define NS_100 100
#define FOREVER_100NS (u64)(3600 * 10000000ul)

/* The remaining budget of the current call.  Only the one thread of control accesses the state
 * below. */
static u32 steps_left;
static paddr_t root;
static struct deferred {
	acpi_osd_exec_callback fn;
	void *arg;
} queue[QUEUE] NOINIT;
static unsigned queue_from, queue_nr;

void osl_begin(void)
{
	steps_left = STEPS;
	osl_text_clear();
	osl_io_clear();
}

/* Called from all host functions that AML can make ACPICA call repeatedly. */
bool osl_step(unsigned steps)
{
	if (steps_left < steps)
		steps_left = 0;
	else
		steps_left -= steps;
	return steps_left;
}

/* The budget stays exhausted until the next osl_begin(), so all later failures of the call have
 * this cause. */
bool osl_spent(void)
{
	return !steps_left;
}

/* In units of 100 ns.  After the budget is exhausted it is an hour later, which ends every While.
 */
u64 acpi_os_get_timer(void)
{
	return clock_ns() / NS_100 + (osl_step(1) ? 0 : FOREVER_100NS);
}

/* Serve calls of other CPUs meanwhile: one of them may be waiting for a shootdown. */
void acpi_os_sleep(u64 milliseconds)
{
	struct cpu_pause p = { 0 };

	if (osl_step(min_u32(STEPS, milliseconds) * SLEEP_STEPS))
		while (cpu_pause_within(&p, milliseconds * 1000))
			cpu_serve();
}

void acpi_os_stall(u32 microseconds)
{
	struct cpu_pause p = { 0 };

	while (osl_step(1) && cpu_pause_within(&p, microseconds))
		;
}

/* Notifications arrive while the namespace is locked: their handlers run later, from osl_work(). */
acpi_status acpi_os_execute(acpi_execute_type type, acpi_osd_exec_callback fn, void *context)
{
	(void)type;
	if (queue_nr == QUEUE)
		return AE_LIMIT;
	queue[(queue_from + queue_nr++) % QUEUE] = (struct deferred) { fn, context };
	return AE_OK;
}

/* An entry is removed before it runs, because it may queue another. */
void osl_work(void)
{
	while (queue_nr) {
		struct deferred w = queue[queue_from];

		queue_from = (queue_from + 1) % QUEUE;
		queue_nr--;
		w.fn(w.arg);
	}
}

void acpi_os_wait_events_complete(void)
{
	osl_work();
}

void osl_set_root(paddr_t rsdp)
{
	root = rsdp;
}

acpi_physical_address acpi_os_get_root_pointer(void)
{
	return root;
}

acpi_status acpi_os_initialize(void)
{
	return AE_OK;
}

/* ACPICA has freed the objects to which queued work refers, so the work is dropped. */
acpi_status acpi_os_terminate(void)
{
	queue_nr = 0;
	return AE_OK;
}

/* No table or predefined name is overridden. */
acpi_status acpi_os_predefined_override(const struct acpi_predefined_names *object,
					acpi_string *value)
{
	(void)object;
	*value = NULL;
	return AE_OK;
}

acpi_status acpi_os_table_override(struct acpi_table_header *old, struct acpi_table_header **table)
{
	(void)old;
	*table = NULL;
	return AE_OK;
}

acpi_status acpi_os_physical_table_override(struct acpi_table_header *old,
					    acpi_physical_address *address, u32 *length)
{
	(void)old;
	*address = 0;
	*length = 0;
	return AE_OK;
}

/* Fatal() of AML is reported like any message; a breakpoint is ignored. */
acpi_status acpi_os_signal(u32 function, void *info)
{
	(void)function;
	(void)info;
	return AE_OK;
}

/* This kernel has no sleep states; PSCI or SBI turns the machine off or resets it. */
acpi_status acpi_os_enter_sleep(u8 state, u32 a, u32 b)
{
	(void)state;
	(void)a;
	(void)b;
	return AE_SUPPORT;
}
