/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/restart/inline.h - included before everything else: the program sees each barrier. */
#pragma once
#include <arch/arch.h>

void fake_mb(void);
#define arch_mb fake_mb
