/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/osl_sync.c - ACPICA's locks and semaphores for one thread of control.
 *
 * Acquiring a held lock would deadlock, so it is an assertion.  Only the waiting thread itself
 * could signal a semaphore without units, so a wait returns AE_TIME at once, whatever the timeout.
 */
#include <arch/arch.h>
#include <drivers/acpi/osl.h>
#include <kern/cpu.h>
#include <lib/assert.h>

/* Detects a missing release; no other thread waits for the lock. */
struct lock {
	u32 held;
};

struct semaphore {
	u32 units, max;
};

/* Locks are allocated from ACPICA's heap, so osl_heap_close() counts those that are not deleted. */
acpi_status acpi_os_create_lock(acpi_spinlock *out)
{
	struct lock *l = acpi_os_allocate(sizeof(*l));

	if (!l)
		return AE_NO_MEMORY;
	l->held = 0;
	*out = l;
	return AE_OK;
}

void acpi_os_delete_lock(acpi_spinlock handle)
{
	acpi_os_free(handle);
}

/* Interrupts are not masked: no interrupt handler calls ACPICA (drivers/acpi/ged.h). */
acpi_cpu_flags acpi_os_acquire_lock(acpi_spinlock handle)
{
	struct lock *l = handle;

	ASSERT_OP(l->held, ==, 0);
	l->held = 1;
	return 0;
}

void acpi_os_release_lock(acpi_spinlock handle, acpi_cpu_flags flags)
{
	struct lock *l = handle;

	(void)flags;
	ASSERT_OP(l->held, ==, 1);
	l->held = 0;
}

acpi_status acpi_os_create_semaphore(u32 max_units, u32 initial_units, acpi_semaphore *out)
{
	struct semaphore *s = acpi_os_allocate(sizeof(*s));

	if (!s)
		return AE_NO_MEMORY;
	s->units = initial_units;
	s->max = max_units;
	*out = s;
	return AE_OK;
}

acpi_status acpi_os_delete_semaphore(acpi_semaphore handle)
{
	acpi_os_free(handle);
	return AE_OK;
}

acpi_status acpi_os_wait_semaphore(acpi_semaphore handle, u32 units, u16 timeout)
{
	struct semaphore *s = handle;

	(void)timeout;
	if (s->units < units)
		return AE_TIME;
	s->units -= units;
	return AE_OK;
}

/* AE_LIMIT, as ACPICA's interface specifies: the units would exceed the maximum. */
acpi_status acpi_os_signal_semaphore(acpi_semaphore handle, u32 units)
{
	struct semaphore *s = handle;

	if (units > s->max - s->units)
		return AE_LIMIT;
	s->units += units;
	return AE_OK;
}

acpi_thread_id acpi_os_get_thread_id(void)
{
	return this_cpu()->nr + 1; /* 0 means no thread */
}
