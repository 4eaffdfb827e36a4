/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/irq/irq.h - initialisation of the interrupt controller and the table of handlers;
 * requests are in drivers/device.h. */
#pragma once
#include <drivers/device.h>

/* Boot CPU, interrupts off: find, map (`map`) and initialise the controller and its children.
 * -ENODEV: no supported controller serves this CPU; devices are polled. */
int irq_init(const void *fdt, volatile void *(*map)(paddr_t, u64 len));
void irq_cpu_init(void); /* every other CPU, on itself, before it enables interrupts */

/* ---- the table of handlers ---- */

/* One entry of the table.  `count` is atomic; only the CPU that receives the interrupt writes the
 * other counters of a device. */
struct irq_handler {
	u32 irq;
	const char *name;
	void (*fn)(void *);
	void *arg;
	u64 count, served; /* interrupts, and those with irq_served() */
	u64 idle;          /* those without irq_served(), except one after each served one */
	struct irq_rate {
		u64 nr, since; /* the count at the time `since`, in ns */
	} idle_rate, served_rate;
	bool spare; /* the next idle interrupt is not counted */
	bool per_cpu, off;
};
/* Called by a handler: the interrupt transferred data.  Served and idle interrupts have different
 * limits. */
void irq_served(u32 irq);
const char *irq_controller(u32 irq); /* name of a cascaded controller; "" for the main one */
const struct irq_handler *irq_nth(unsigned n); /* NULL past the end */
/* Disable this interrupt permanently, in its handler or elsewhere on its CPU; logged once with the
 * reason.  Console and PCI are polled from then on. */
void irq_turn_off(u32 irq, const char *reason);
/* Was it turned off?  False also for an interrupt without a handler. */
bool irq_is_off(u32 irq);
