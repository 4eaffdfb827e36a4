/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/arch_inline.h - the small functions of arch/arch.h for Armv8.0-A and later.
 *
 * TPIDR_EL1 holds the struct cpu.  Interrupts are PSTATE.I alone: SError stays open, FIQ closed.
 * Device accesses are ordered like Linux's readl and writel; nothing here needs FP or LSE.
 *
 * Unshown (dmb): MODEL.md device-order.
 * Unshown (acquire release): only the errata device-load and device-store execute these.
 */
#pragma once
#include <lib/assert.h>
#include <lib/atomic.h>
#include <lib/types.h>

struct cpu;

#define ARM_DAIF_I 0x80ul

/* ---- local interrupts ---- */
static inline u64 arch_irq_save(void)
{
	u64 old;

	__asm__ volatile("mrs %0, daif\n\tmsr daifset, #2" : "=r"(old)::"memory");
	return old;
}

static inline void arch_irq_restore(u64 flags)
{
	__asm__ volatile("msr daif, %0" ::"r"(flags) : "memory");
}

static inline void arch_irq_enable(void)
{
	__asm__ volatile("msr daifclr, #2" ::: "memory");
}

static inline void arch_irq_disable(void)
{
	__asm__ volatile("msr daifset, #2" ::: "memory");
}

static inline bool arch_irqs_on(void)
{
	u64 daif;

	__asm__ volatile("mrs %0, daif" : "=r"(daif)::"memory");
	return !(daif & ARM_DAIF_I);
}

/*
 * A pending interrupt ends WFI, masked by PSTATE or not (Arm ARM D1, "Wait for Interrupt").
 * Unshown (dsb): a store to Normal memory completes in finite time without it (Arm ARM, "Normal
 * memory"), here within age=.
 */
static inline void arch_wait(void)
{
	/* the stores that other CPUs wait for are complete before this CPU sleeps */
	__asm__ volatile("dsb sy\n\twfi" ::: "memory");
}

static inline void arch_relax(void)
{
	__asm__ volatile("yield" ::: "memory");
}

static inline struct cpu *arch_this_cpu(void)
{
	struct cpu *cpu;

	__asm__ volatile("mrs %0, tpidr_el1" : "=r"(cpu));
	return cpu;
}

static inline void arch_set_this_cpu(struct cpu *cpu)
{
	__asm__ volatile("msr tpidr_el1, %0" ::"r"(cpu) : "memory");
}

/* ---- barriers ---- */
static inline void arch_mb(void)
{
	/* every earlier access to normal memory before every later one, for all CPUs */
	__asm__ volatile("dmb ish" ::: "memory");
}

static inline void arch_io_mb(void)
{
	/* memory and device accesses complete, both ways, for every observer */
	__asm__ volatile("dsb sy" ::: "memory");
}

/* ---- counters ---- */
/* Errata rows for which one read does not suffice (counter.h); 0 costs a load and a branch. */
extern u32 arm_counter_rows;
u64 arm_counter_mended(void);

/*
 * Unshown (isb): the machine reads the counter in program order. The manual allows an earlier read
 * (Arm ARM, "The virtual counter").
 */
static inline u64 arch_counter(void)
{
	u64 v;

	if (atomic_load_relaxed(&arm_counter_rows))
		return arm_counter_mended();

	/* ISB: the counter is not read ahead of program-order earlier instructions */
	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(v)::"memory");
	return v;
}

u64 arch_instret(void); /* arch/arm64/time.c: a 32-bit event counter, extended */

/* ---- bulk stores: `make bench` limits the instructions of a byte ---- */
/* 128 instructions for 1 KiB and 2 of loop: the first pair of each 64 bytes, which is accessed
 * last, advances the address. */
static inline void arch_copy_page(void *d, const void *s, size_t bytes)
{
	u64 left = bytes / 1024;
	u64 a, b, c, e, f, g, h, i;

	ASSERT(left && !(bytes % 1024)); /* the loop would run past the end */
#define ARM_COPY_64                                                                                \
	"ldp %[c], %[e], [%[s], #16]\n\tldp %[f], %[g], [%[s], #32]\n\t"                           \
	"ldp %[h], %[i], [%[s], #48]\n\tldp %[a], %[b], [%[s]], #64\n\t"                           \
	"stp %[c], %[e], [%[d], #16]\n\tstp %[f], %[g], [%[d], #32]\n\t"                           \
	"stp %[h], %[i], [%[d], #48]\n\tstp %[a], %[b], [%[d]], #64\n\t"
#define ARM_COPY_256 ARM_COPY_64 ARM_COPY_64 ARM_COPY_64 ARM_COPY_64
	__asm__ volatile(
		"1:\t" ARM_COPY_256 ARM_COPY_256 ARM_COPY_256 ARM_COPY_256
		"subs %[left], %[left], #1\n\tb.ne 1b"
		: [d] "+r"(d), [s] "+r"(s), [left] "+r"(left), [a] "=&r"(a), [b] "=&r"(b),
		  [c] "=&r"(c), [e] "=&r"(e), [f] "=&r"(f), [g] "=&r"(g), [h] "=&r"(h), [i] "=&r"(i)
		:
		: "memory", "cc");
#undef ARM_COPY_256
#undef ARM_COPY_64
}

/*
 * DC ZVA where it may be used and its block divides the range (Arm ARM, DCZID_EL0), else pairs of
 * zeros.  Normal memory only: DC ZVA faults on Device memory.
 */
static inline void arch_zero(void *d, size_t bytes)
{
	char *p = d, *end = p + bytes;
	u64 dczid, block;

	__asm__("mrs %0, dczid_el0" : "=r"(dczid));
	block = 4ul << (dczid & 15);
	if (!(dczid & 16) && !(((u64)(uintptr_t)p | bytes) & (block - 1))) {
		for (; p != end; p += block)
			__asm__ volatile("dc zva, %0" ::"r"(p) : "memory");
		return;
	}
	for (; p != end; p += 64)
		__asm__ volatile("stp xzr, xzr, [%0]\n\tstp xzr, xzr, [%0, #16]\n\t"
				 "stp xzr, xzr, [%0, #32]\n\tstp xzr, xzr, [%0, #48]" ::"r"(p)
				 : "memory");
}

/*
 * n times the 64 bytes of t: 67 instructions for 16 of them, 4.19 each (the floor is 4), at offsets
 * that an STP can have, -512 to 504.  Operands that the loops change are early-clobber: without `&`
 * the compiler may give one the register of a word of t that it knows to be equal.
 */
static inline void arch_store_template(void *d, size_t n, const u64 t[8])
{
	u64 big = n / 16, small = n % 16;

#define ARM_STORE_64(at)                                                                           \
	"stp %[a], %[b], [%[d], #" at "]\n\tstp %[c], %[e], [%[d], #" at " + 16]\n\t"              \
	"stp %[f], %[g], [%[d], #" at " + 32]\n\tstp %[h], %[i], [%[d], #" at " + 48]\n\t"
	__asm__ volatile(
		"cbz %[big], 2f\n\tadd %[d], %[d], #512\n"
		"1:\t.irp at, -512, -448, -384, -320, -256, -192, -128, -64, "
		"0, 64, 128, 192, 256, 320, 384, 448\n\t" ARM_STORE_64(
			"\\at") ".endr\n\t"
				"add %[d], %[d], #1024\n\tsubs %[big], %[big], #1\n\tb.ne 1b\n\t"
				"sub %[d], %[d], #512\n"
				"2:\tcbz %[small], 4f\n"
				"3:\t" ARM_STORE_64(
					"0") "add %[d], %[d], #64\n\t"
					     "subs %[small], %[small], #1\n\tb.ne 3b\n4:"
		: [d] "+&r"(d), [big] "+&r"(big), [small] "+&r"(small)
		: [a] "r"(t[0]), [b] "r"(t[1]), [c] "r"(t[2]), [e] "r"(t[3]), [f] "r"(t[4]),
		  [g] "r"(t[5]), [h] "r"(t[6]), [i] "r"(t[7])
		: "memory", "cc");
#undef ARM_STORE_64
}

/* d[i] = v + i * step, 195 instructions for 128 (the floor is 192, as each value needs its own
 * addition).  Written in assembly because GCC computes many values first, and spills them. */
static inline void arch_store_series(u64 *d, size_t n, u64 v, u64 step)
{
	u64 big = n / 128, small = n % 128, next = v + step, two = 2 * step;

	__asm__ volatile("cbz %[big], 2f\n\tadd %[d], %[d], #512\n"
			 "1:\t.set .Lseries, -512\n\t.rept 64\n\t"
			 "stp %[v], %[next], [%[d], #.Lseries]\n\t"
			 "add %[v], %[v], %[two]\n\tadd %[next], %[next], %[two]\n\t"
			 ".set .Lseries, .Lseries + 16\n\t.endr\n\t"
			 "add %[d], %[d], #1024\n\tsubs %[big], %[big], #1\n\tb.ne 1b\n\t"
			 "sub %[d], %[d], #512\n"
			 "2:\tcbz %[small], 4f\n"
			 "3:\tstr %[v], [%[d]], #8\n\tadd %[v], %[v], %[step]\n\t"
			 "subs %[small], %[small], #1\n\tb.ne 3b\n4:"
			 : [d] "+&r"(d), [big] "+&r"(big), [small] "+&r"(small), [v] "+&r"(v),
			   [next] "+&r"(next)
			 : [two] "r"(two), [step] "r"(step)
			 : "memory", "cc");
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
 * A read is ordered before every later access, which may depend on its value (DMB OSHLD); a write
 * after every earlier store, because the device may read that memory (DMB OSHST).
 * One LDR or STR each, or LDAR or STLR where a row of errata is in force (errata.c), without
 * write-back: a hypervisor can decode those (Arm ARM, ESR ISV).
 */
extern u32 arm_mmio_rows;
#define MMIO_LOAD_ACQUIRE 1u  /* device-load */
#define MMIO_STORE_RELEASE 2u /* device-store */

#define ARM_MMIO(bits, size, width)                                                                \
	static inline u##bits mmio_read##bits(const volatile void *reg)                            \
	{                                                                                          \
		u##bits v;                                                                         \
                                                                                                   \
		if (atomic_load_relaxed(&arm_mmio_rows) & MMIO_LOAD_ACQUIRE)                       \
			__asm__ volatile("ldar" size " %" width "0, [%1]\n\tdmb oshld"             \
					 : "=&r"(v)                                                \
					 : "r"(reg)                                                \
					 : "memory");                                              \
		else                                                                               \
			__asm__ volatile("ldr" size " %" width "0, [%1]\n\tdmb oshld"              \
					 : "=&r"(v)                                                \
					 : "r"(reg)                                                \
					 : "memory");                                              \
		return v;                                                                          \
	}                                                                                          \
	static inline void mmio_write##bits(volatile void *reg, u##bits v)                         \
	{                                                                                          \
		if (atomic_load_relaxed(&arm_mmio_rows) & MMIO_STORE_RELEASE)                      \
			__asm__ volatile("dmb oshst\n\tstlr" size " %" width "0, [%1]" ::"r"(v),   \
					 "r"(reg)                                                  \
					 : "memory");                                              \
		else                                                                               \
			__asm__ volatile("dmb oshst\n\tstr" size " %" width "0, [%1]" ::"r"(v),    \
					 "r"(reg)                                                  \
					 : "memory");                                              \
	}

ARM_MMIO(8, "b", "w")
ARM_MMIO(16, "h", "w")
ARM_MMIO(32, "", "w")
ARM_MMIO(64, "", "x")
