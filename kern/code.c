/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/code.c - instructions that were stored while other CPUs run.
 *
 * On RISC-V FENCE.I orders a hart's own fetches only.  On Arm the invalidation reaches the
 * instruction caches of all PEs, but each PE that may have fetched ahead needs a context
 * synchronisation.  An interrupt in which each CPU does it for itself satisfies both.
 */
#include <arch/arch.h>
#include <kern/cpu.h>

struct stored {
	vaddr_t va;
	u64 len;
};

static void sync_here(void *arg)
{
	const struct stored *s = arg;

	arch_sync_code(s->va, s->len);
}

void cpu_sync_code(vaddr_t va, u64 len)
{
	struct stored s = { va, len };

	ipi_call(cpus_online(), sync_here, &s);
}
