/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/restart/inline.h - included before everything else: the program sees each barrier. */
#pragma once
#include <arch/arch.h>

void played_mb(void);
#define arch_mb played_mb
