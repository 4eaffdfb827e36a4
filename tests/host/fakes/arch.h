/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/fakes/arch.h - the interrupt mask of the running CPU. */
#pragma once
#include <lib/types.h>

extern bool host_irqs; /* interrupts are enabled; initially false */
/* The numbers of calls of arch_irq_save() and arch_relax(). */
extern unsigned host_irq_saves, host_relaxes;
