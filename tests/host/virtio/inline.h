/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/virtio/inline.h - registers of a BAR are the program's, which counts their widths; so
 * is the load that has what the device wrote be visible. */
#pragma once
#include <lib/atomic.h>
#include <lib/types.h>

u8 mmio_read8(const volatile void *);
u16 mmio_read16(const volatile void *);
u32 mmio_read32(const volatile void *);
void mmio_write8(volatile void *, u8);
void mmio_write16(volatile void *, u16);
void mmio_write32(volatile void *, u32);

#undef atomic_load_acquire
#define atomic_load_acquire(p) fake_load_acquire(p)
u16 fake_load_acquire(const volatile u16 *);
