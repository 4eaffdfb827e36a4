/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/gicv3/inline.h - included before everything else: accesses to registers call the
 * model. */
#pragma once
#include <lib/types.h>

u32 mmio_read32(const volatile void *reg);
u64 mmio_read64(const volatile void *reg);
void mmio_write32(volatile void *reg, u32 value);
void mmio_write64(volatile void *reg, u64 value);
