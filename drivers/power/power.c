/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/power/power.c - finds the firmware that starts CPUs and turns the machine off: PSCI or
 * SBI. Without firmware the machine halts; the log ring stays in RAM.
 */
#include <arch/arch.h>
#include <drivers/fdt/fdt.h>
#include <kern/log.h>
#include <kern/trap.h>

const struct power *power;

/* Probe one firmware interface; those without compatible strings need no node. */
static int power_attach(const void *fdt, const struct power *p)
{
	struct device d = { .fdt = fdt, .node = -1, .irq = ~0u };

	if (p->compatible) {
		d.node = fdt_next_compatible(fdt, -1, p->compatible);
		if (d.node < 0)
			return -ENODEV;
	}
	return p->probe(&d);
}

void power_init(const void *fdt)
{
	reg_for_each (powers, it)
		if (!power_attach(fdt, *it)) {
			power = *it;
			return;
		}
	kprintf("power: no PSCI or SBI: power off and reset are a halt\n");
}

/* The other CPUs continue.  The watchdog is turned off, because this CPU no longer serves it. */
static NORETURN void halt(const char *what)
{
	watchdog_enable(false);
	kprintf("power: this machine does not %s; it is halted\n", what);
	arch_halt();
}

/* The call of firmware returns only on failure: then halt. */
void machine_off(void)
{
	if (power)
		power->off();
	halt("switch itself off");
}

void machine_reset(void)
{
	log_sync(); /* the next boot reads the ring from memory */
	if (power)
		power->reset();
	halt("reset itself");
}
