/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/fakes/arch.h - the interrupt mask of the CPU that runs. */
#pragma once
#include <lib/types.h>

extern bool host_irqs; /* are interrupts enabled?  Initially not */
/* How often arch_irq_save() was called, and for arch_relax(). */
extern unsigned host_irq_saves, host_relaxes;
