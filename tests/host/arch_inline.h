/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/arch_inline.h - the inline part of arch/arch.h for programs that run as a process.
 *
 * Kernel addresses differ from the process's by host_va_offset, which is 0 unless a test sets
 * it.  Interrupts, waits and the counter are functions, of fakes/arch.c or of the program.
 */
#pragma once
#include <lib/atomic.h>
#include <lib/types.h>

struct cpu;
extern struct cpu *host_cpu;
extern u64 host_va_offset;

u64 arch_irq_save(void);
void arch_irq_restore(u64 flags);
void arch_irq_enable(void);
void arch_irq_disable(void);
bool arch_irqs_on(void);
void arch_wait(void);
void arch_relax(void);
u64 arch_counter(void);
u64 arch_instret(void);
void arch_io_mb(void);

static inline struct cpu *arch_this_cpu(void)
{
	return host_cpu;
}

static inline void arch_set_this_cpu(struct cpu *cpu)
{
	host_cpu = cpu;
}

static inline void arch_mb(void)
{
	atomic_fence_seq_cst();
}

static inline void arch_copy_page(void *d, const void *s, size_t bytes)
{
	__builtin_memcpy(d, s, bytes);
}

static inline void arch_zero(void *d, size_t bytes)
{
	__builtin_memset(d, 0, bytes);
}

static inline void arch_store_series(u64 *d, size_t n, u64 v, u64 step)
{
	for (; n; n--, v += step)
		*d++ = v;
}

static inline void arch_store_template(void *d, size_t n, const u64 t[8])
{
	char *to = (char *)d;
	size_t done = n ? 64 : 0, all = n * 64;

	if (n)
		__builtin_memcpy(to, t, 64);
	for (; done < all; done *= 2) /* copy the initialised part, doubling it each time */
		__builtin_memcpy(to + done, to, done < all - done ? done : all - done);
}

static inline void *va_ptr(vaddr_t va)
{
	return (void *)(uintptr_t)(va + host_va_offset);
}

static inline vaddr_t ptr_va(const void *p)
{
	return (vaddr_t)(uintptr_t)p - host_va_offset;
}
