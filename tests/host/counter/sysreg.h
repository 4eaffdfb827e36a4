/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/counter/sysreg.h - replaces arch/arm64's: no register is read here. */
#pragma once
#include <lib/types.h>

#define SYSREG_READ(name) 0ul

static inline void isb(void)
{
}
