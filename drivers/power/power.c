// SPDX-License-Identifier: BSD-2-Clause
/*
 * drivers/power/power.c - who starts CPUs and switches the machine off: PSCI or SBI, whichever is
 * there.  Without one the machine halts with its state in the log ring.
 */
#include <arch/arch.h>
#include <drivers/fdt/fdt.h>
#include <kern/log.h>

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
	kprintf("power: no PSCI or SBI: other CPUs stay off, power off is a halt\n");
}

void machine_off(void)
{
	if (power)
		power->off();
	kprintf("power: this machine does not switch itself off; it is halted\n");
	arch_halt();
}

void machine_reset(void)
{
	log_sync(); /* the ring is read by the next boot, from memory */
	if (power)
		power->reset();
	kprintf("power: this machine does not reset itself; it is halted\n");
	arch_halt();
}
