/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/overlay/main.c - what the files need of others, and the parts. */
#include "overlay.h"
#include <asserts.h>
#include <drivers/irq/irq.h>

const struct irqchip *irqchip;
u32 irqchip_phandle;
struct irq_child irq_children[IRQ_CHILDREN_MAX];
unsigned irq_children_nr;

int main(void)
{
	check_tests();
	memory_tests();
	stack_tests();
	tree_tests();
	printf("overlay: %u not so\n", want_failed);
	return want_failed != 0;
}
