/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/irq/irq.h - initialisation of the interrupt controller and the table of handlers;
 * requests are in drivers/device.h. */
#pragma once
#include <drivers/device.h>

/* Boot CPU, interrupts off: find, map (`map`) and initialise the controller and its children.
 * -ENODEV: none that is known serves this CPU; the machine then polls. */
int irq_init(const void *fdt, volatile void *(*map)(paddr_t, u64 len));
void irq_cpu_init(void); /* every other CPU, on itself, before it enables interrupts */

/* ---- the table of handlers ---- */

/* One entry of the table.  Except `count`, which is atomic, the counters of a device's interrupt
 * are written by the CPU that takes it. */
struct irq_handler {
	u32 irq;
	const char *name;
	void (*fn)(void *);
	void *arg;
	u64 count, served; /* interrupts, and those with irq_served() */
	u64 idle;          /* those without, except one after each served one */
	struct irq_rate {
		u64 nr, since; /* the count at a time, and the time in ns */
	} idle_rate, served_rate;
	bool spare; /* the next idle one is not counted */
	bool per_cpu, off;
};
/* From an interrupt's handler: it brought data.  Served and idle interrupts have different
 * limits. */
void irq_served(u32 irq);
const char *irq_controller(u32 irq); /* name of a cascaded controller; "" for the main one */
const struct irq_handler *irq_nth(unsigned n); /* NULL past the end */
/* Disable this interrupt for good, in its handler or elsewhere on its CPU; logged once with the
 * reason.  The console and PCI are polled then. */
void irq_turn_off(u32 irq, const char *reason);
/* Was it turned off?  False also for an interrupt without a handler. */
bool irq_is_off(u32 irq);
