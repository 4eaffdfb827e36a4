/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/ram/inline.h - before every other line: the one register that is written is played. */
#pragma once
#include <lib/types.h>

void mmio_write64(volatile void *reg, u64 value);
