/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/errata_arm64/inline.h - included before everything else: arm64's arch_inline.h
 * includes it for arch_counter() and for device accesses. */
#pragma once
#include <lib/types.h>

extern u32 arm_counter_rows;
extern u32 arm_mmio_rows;
#define MMIO_LOAD_ACQUIRE 1u
#define MMIO_STORE_RELEASE 2u
