/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/dtbs/inline.h - included before everything else: defines Arm's barriers as empty
 * assembler macros, and accesses to registers as calls to registers.c.
 */
#pragma once
#include <lib/types.h>

__asm__(".macro dsb what:vararg\n.endm\n.macro isb what:vararg\n.endm\n.macro mrs "
	"what:vararg\n.endm");

u64 host_mmio_read(const volatile void *reg, unsigned bytes, u64 plain);
void host_mmio_wrote(volatile void *reg, unsigned bytes, u64 v);

#define HOST_MMIO(bits)                                                                            \
	static inline u##bits mmio_read##bits(const volatile void *reg)                            \
	{                                                                                          \
		return (u##bits)host_mmio_read(reg, bits / 8, *(const volatile u##bits *)reg);     \
	}                                                                                          \
	static inline void mmio_write##bits(volatile void *reg, u##bits v)                         \
	{                                                                                          \
		*(volatile u##bits *)reg = v;                                                      \
		host_mmio_wrote(reg, bits / 8, v);                                                 \
	}

HOST_MMIO(8)
HOST_MMIO(16)
HOST_MMIO(32)
HOST_MMIO(64)
