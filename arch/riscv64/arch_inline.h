/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/arch_inline.h - the small functions of arch/arch.h for RV64IMA_Zicsr_Zifencei.
 *
 * tp holds the struct cpu of this hart: nothing is compiled with thread-local storage, the trap
 * entry reloads it from sscratch.  Memory order is RVWMO; device accesses carry the fences that
 * the I/O spaces need (unprivileged spec, FENCE: predecessor and successor sets i, o, r, w).
 *
 * Unshown (fence): MODEL.md device-order.
 */
#pragma once
#include <lib/assert.h>
#include <lib/types.h>

struct cpu;
register struct cpu *riscv_tp __asm__("tp");

#define RISCV_SSTATUS_SIE 2ul

/* ---- local interrupts ---- */
static inline u64 arch_irq_save(void)
{
	u64 old;

	__asm__ volatile("csrrci %0, sstatus, 2" : "=r"(old)::"memory");
	return old & RISCV_SSTATUS_SIE;
}

static inline void arch_irq_restore(u64 flags)
{
	__asm__ volatile("csrs sstatus, %0" ::"r"(flags & RISCV_SSTATUS_SIE) : "memory");
}

static inline void arch_irq_enable(void)
{
	__asm__ volatile("csrsi sstatus, 2" ::: "memory");
}

static inline void arch_irq_disable(void)
{
	__asm__ volatile("csrci sstatus, 2" ::: "memory");
}

static inline bool arch_irqs_on(void)
{
	u64 sstatus;

	__asm__ volatile("csrr %0, sstatus" : "=r"(sstatus)::"memory");
	return sstatus & RISCV_SSTATUS_SIE;
}

/* WFI resumes on an interrupt that is pending and enabled in sie, regardless of sstatus.SIE. */
static inline void arch_wait(void)
{
	__asm__ volatile("wfi" ::: "memory");
}

/* PAUSE (Zihintpause) is a FENCE hint: harts without it execute a fence that orders nothing. */
static inline void arch_relax(void)
{
	__asm__ volatile(".4byte 0x0100000f" ::: "memory");
}

static inline struct cpu *arch_this_cpu(void)
{
	return riscv_tp;
}

static inline void arch_set_this_cpu(struct cpu *cpu)
{
	riscv_tp = cpu;
}

/* ---- barriers ---- */
static inline void arch_mb(void)
{
	/* every earlier access to normal memory before every later one */
	__asm__ volatile("fence rw, rw" ::: "memory");
}

static inline void arch_io_mb(void)
{
	/* memory and device accesses, both ways */
	__asm__ volatile("fence iorw, iorw" ::: "memory");
}

/* ---- counters ---- */
static inline u64 arch_counter(void)
{
	u64 v;

	__asm__ volatile("rdtime %0" : "=r"(v)::"memory");
	return v;
}

static inline u64 arch_instret(void)
{
	u64 v;

	__asm__ volatile("csrr %0, instret" : "=r"(v)::"memory");
	return v;
}

/* ---- bulk stores: one pass each, unrolled: `make bench` limits the instructions of a byte ---- */
/* By eight registers: with more of them the compiler saves those of the caller around each page. */
static inline void arch_copy_64(u64 *to, const u64 *from)
{
	u64 v[8];

#pragma GCC unroll 8
	for (int i = 0; i < 8; i++)
		v[i] = from[i];
	__asm__ volatile("" ::: "memory"); /* no load sinks to its store */
#pragma GCC unroll 8
	for (int i = 0; i < 8; i++)
		to[i] = v[i];
}

/* 512 instructions for 2 KiB and 3 of loop; pages are multiples of that, offsets fit in a load */
static inline void arch_copy_page(void *d, const void *s, size_t bytes)
{
	u64 *to = d;
	const u64 *from = s;
	const u64 *end = from + bytes / 8;

	ASSERT(bytes && !(bytes % 2048)); /* the loop would run past the end */
	do {
#pragma GCC unroll 32
		for (int i = 0; i < 256; i += 8)
			arch_copy_64(to + i, from + i);
		from += 256;
		to += 256;
	} while (from != end);
}

static inline void arch_zero(void *d, size_t bytes)
{
	u64 *p = d;
	u64 *end = p + bytes / 8;

	for (; p != end; p += 8) {
#pragma GCC unroll 8
		for (int i = 0; i < 8; i++)
			p[i] = 0;
		__asm__ volatile("" ::: "memory"); /* keep it a loop of stores */
	}
}

/* n times the 64 bytes of t: 258 instructions for 32 of them, 8.06 each (the floor is 8).  Another
 * CPU may read a struct page meanwhile: each word is one store, with an offset, which GCC gives to
 * none of its atomic ones. */
static inline void arch_store_template(void *d, size_t n, const u64 t[8])
{
	u64 a = t[0], b = t[1], c = t[2], e = t[3], f = t[4], g = t[5], h = t[6], i = t[7];
	volatile u64 *p = d;
	volatile u64 *end = p + n / 32 * 256;
	volatile u64 *last = p + n * 8;

	for (; p != end; p += 256)
#pragma GCC unroll 32
		for (int k = 0; k < 256; k += 8) {
			p[k] = a, p[k + 1] = b, p[k + 2] = c, p[k + 3] = e;
			p[k + 4] = f, p[k + 5] = g, p[k + 6] = h, p[k + 7] = i;
		}
	for (; p != last; p += 8) {
		p[0] = a, p[1] = b, p[2] = c, p[3] = e;
		p[4] = f, p[5] = g, p[6] = h, p[7] = i;
	}
}

/* d[i] = v + i * step: 515 instructions for 256 of them (the floor is 512), at offsets from -1024.
 */
static inline void arch_store_series(u64 *d, size_t n, u64 v, u64 step)
{
	u64 *end = d + (n & ~255ul), *last = d + n;

	for (; d != end; d += 256)
		__asm__ volatile(".set .Lseries, -1024\n\t.rept 256\n\t"
				 "sd %[v], .Lseries(%[d])\n\tadd %[v], %[v], %[step]\n\t"
				 ".set .Lseries, .Lseries + 8\n\t.endr"
				 : [v] "+&r"(v)
				 : [d] "r"(d + 128), [step] "r"(step)
				 : "memory");
	for (; d != last; d++, v += step)
		*(volatile u64 *)d = v;
}

static inline void *va_ptr(vaddr_t va)
{
	return (void *)(uintptr_t)va;
}

static inline vaddr_t ptr_va(const void *p)
{
	return (vaddr_t)(uintptr_t)p;
}

/*
 * ---- device registers ----
 * A read is ordered before every later access, which may depend on its value (i, ior); a write
 * after every earlier store to memory that the device may read (w, o).
 */
#define RISCV_MMIO(bits)                                                                           \
	static inline u##bits mmio_read##bits(const volatile void *reg)                            \
	{                                                                                          \
		u##bits v = *(const volatile u##bits *)reg;                                        \
                                                                                                   \
		__asm__ volatile("fence i, ior" ::: "memory");                                     \
		return v;                                                                          \
	}                                                                                          \
	static inline void mmio_write##bits(volatile void *reg, u##bits v)                         \
	{                                                                                          \
		__asm__ volatile("fence w, o" ::: "memory");                                       \
		*(volatile u##bits *)reg = v;                                                      \
	}

RISCV_MMIO(8)
RISCV_MMIO(16)
RISCV_MMIO(32)
RISCV_MMIO(64)
