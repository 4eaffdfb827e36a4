/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/fakes/arch.c - for arch/arch.h: one CPU, whose interrupt mask is host_irqs.  The
 * counter is constant, and no instructions are counted.
 */
#include "arch.h"
#include "check.h"
#include <arch_inline.h>

#define FLAGS 0x5a5a0000ul /* arch_irq_restore() accepts only these */

u64 host_va_offset;
bool host_irqs;
unsigned host_irq_saves, host_relaxes;

__attribute__((weak)) u64 arch_irq_save(void)
{
	u64 flags = FLAGS | host_irqs;

	host_irq_saves++;
	host_irqs = false;
	return flags;
}

__attribute__((weak)) void arch_irq_restore(u64 flags)
{
	FAKE_CHECK((flags & ~1ul) == FLAGS && !host_irqs);
	host_irqs = flags & 1;
}

__attribute__((weak)) void arch_irq_enable(void)
{
	host_irqs = true;
}

__attribute__((weak)) void arch_irq_disable(void)
{
	host_irqs = false;
}

__attribute__((weak)) bool arch_irqs_on(void)
{
	return host_irqs;
}

__attribute__((weak)) void arch_wait(void)
{
	FAKE_CHECK(!host_irqs);
}

__attribute__((weak)) void arch_relax(void)
{
	host_relaxes++;
}

__attribute__((weak)) u64 arch_counter(void)
{
	return 0;
}

__attribute__((weak)) u64 arch_instret(void)
{
	return 0;
}

__attribute__((weak)) void arch_io_mb(void)
{
	atomic_fence_seq_cst();
}
