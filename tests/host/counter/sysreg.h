/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/counter/sysreg.h - instead of arch/arm64's: nobody reads a register here. */
#pragma once
#include <lib/types.h>

#define SYSREG_READ(name) 0ull

static inline void isb(void)
{
}
