/* SPDX-License-Identifier: BSD-2-Clause */
/* shell/cmd_interrupts.c - interrupts: the controller, and each handler with its count. */
#include <drivers/irq/irq.h>
#include <kern/cpu.h>
#include <kern/log.h>
#include <shell/command.h>

/* IRQ_OWN_NUMBER(): the number within its own controller, as device tree and manuals use it; the
 * kernel numbers the interrupts of cascaded controllers consecutively.  "turned off": it stormed,
 * and is masked until the next boot. */
static int interrupts(const struct command_line *line, struct why *why)
{
	const struct irq_handler *h;

	(void)line;
	if (!irqchip)
		return refuse(why, ENODEV, "interrupts: no controller is known here");
	kprintf("controller %s\n", irqchip->name);
	for (unsigned i = 0; (h = irq_nth(i)); i++)
		kprintf("%4u  %-8s  %lu%s%s%s\n", IRQ_OWN_NUMBER(h->irq), h->name, h->count,
			*irq_controller(h->irq) ? "  of " : "", irq_controller(h->irq),
			h->off ? "  turned off" : "");
	for (unsigned c = 0; c < cpus_nr; c++)
		if (cpus[c].online)
			kprintf("CPU %u  ticks %lu  from other CPUs %lu  spurious %lu\n", c,
				cpus[c].ticks, cpus[c].ipis, cpus[c].spurious);
	return 0;
}

static const struct command command = {
	.name = "interrupts",
	.group = GROUP_MACHINE,
	.usage = "interrupts",
	.help = "Shows the interrupt controller, and the handler and count of each interrupt.",
	.run = interrupts,
};
COMMAND(interrupts, command);
