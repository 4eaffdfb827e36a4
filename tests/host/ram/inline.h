/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/ram/inline.h - included before everything else: emulates the one register that is
 * written. */
#pragma once
#include <lib/types.h>

void mmio_write64(volatile void *reg, u64 value);
