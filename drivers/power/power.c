// SPDX-License-Identifier: BSD-2-Clause
/*
 * drivers/power/power.c - who starts CPUs and switches the machine off: PSCI or SBI, whichever is
 * there.  Without one the machine halts with its state in the log ring.
 */
#include <arch/arch.h>
#include <drivers/fdt/fdt.h>
#include <kern/log.h>
#include <kern/trap.h>

const struct power *power;

static int attach(const void *fdt, const struct power *p)
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
		if (!attach(fdt, *it)) {
			power = *it;
			return;
		}
	kprintf("power: no PSCI or SBI: power off and reset are a halt\n");
}

/* The other CPUs stay where they are, and nobody misses this one. */
static NORETURN void halt(const char *what)
{
	watchdog_enable(false);
	kprintf("power: this machine does not %s; it is halted\n", what);
	arch_halt();
}

void machine_off(void)
{
	if (power)
		power->off();
	halt("switch itself off");
}

void machine_reset(void)
{
	log_sync(); /* the ring is read by the next boot, from memory */
	if (power)
		power->reset();
	halt("reset itself");
}
