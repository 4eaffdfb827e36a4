/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/time_arm64/sysreg.h - as tests/host/arm64/sysreg.h; arch_instret() is the file's. */
#pragma once
#include "../arm64/sysreg.h"

u64 arm_instret(void);
#define arch_instret arm_instret
