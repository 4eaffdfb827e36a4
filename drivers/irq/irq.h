/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/irq/irq.h - bringing the interrupt controller up; handlers are in drivers/device.h. */
#pragma once
#include <drivers/device.h>

/* Boot CPU: find, map and initialise.  -ENODEV: none known (the machine then polls). */
int irq_init(const void *fdt, volatile void *(*map)(paddr_t, u64 len));
void irq_cpu_init(void); /* every further CPU */

/* ---- what is handled ---- */

struct irq_handler {
	u32 irq;
	const char *who;
	void (*fn)(void *);
	void *arg;
	u64 count, served; /* how often, and how often it brought something */
	u64 idle;          /* ... nothing, but for one after each that did */
	struct irq_rate {
		u64 nr, since; /* how many there were, and when */
	} idle_rate, served_rate;
	bool spare; /* the next may bring nothing */
	bool per_cpu, off;
};
/* From its handler: it brought something.  How often that may be is another bound. */
void irq_served(u32 irq);
const char *irq_controller(u32 irq); /* whose interrupt it is: a name; "" = the machine's own */
const struct irq_handler *irq_nth(unsigned n); /* NULL past the end */
/* This interrupt is taken no more; one line says why.  The console and PCI poll then. */
void irq_turn_off(u32 irq, const char *reason);
bool irq_is_off(u32 irq);
