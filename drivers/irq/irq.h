/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/irq/irq.h - bringing the interrupt controller up; handlers are in drivers/device.h. */
#pragma once
#include <drivers/device.h>

/* Boot CPU: find, map and initialise.  -ENODEV: none known (the machine then polls). */
int irq_init(const void *fdt, volatile void *(*map)(paddr_t, u64 len));
void irq_cpu_init(void); /* every further CPU */
