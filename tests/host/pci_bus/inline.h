/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/pci_bus/inline.h - configuration space is the program's. */
#pragma once
#include <lib/types.h>

u8 mmio_read8(const volatile void *);
u16 mmio_read16(const volatile void *);
u32 mmio_read32(const volatile void *);
void mmio_write8(volatile void *, u8);
void mmio_write16(volatile void *, u16);
void mmio_write32(volatile void *, u32);
