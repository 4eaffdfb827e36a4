/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/mmio.h - access to registers whose width is known only at run time: 1, 2 or 4 bytes.
 *
 * Accesses are ordered like mmio_read8() and mmio_write8() (arch/arch.h).  Any CPU and context; the
 * driver owns the registers.
 */
#pragma once
#include <arch/arch.h>

/* Read the register at `p`, of 1 or 2 `bytes`, else 4; `p` is aligned to its width. */
static inline u32 mmio_read(const volatile u8 *p, unsigned bytes)
{
	return bytes == 1 ? mmio_read8(p) : bytes == 2 ? mmio_read16(p) : mmio_read32(p);
}

/* Write it; `v` is truncated to the width. */
static inline void mmio_write(volatile u8 *p, unsigned bytes, u32 v)
{
	if (bytes == 1)
		mmio_write8(p, (u8)v);
	else if (bytes == 2)
		mmio_write16(p, (u16)v);
	else
		mmio_write32(p, v);
}
