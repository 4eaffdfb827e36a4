/* SPDX-License-Identifier: BSD-2-Clause */
/* arch/riscv64/errata.h - workarounds that some hart of this machine needs, by its SBI base ids. */
#pragma once
#include <lib/types.h>

void errata_this_cpu(void);    /* on every hart, before it is sent fences */
void errata_this_timer(void);  /* on every hart, once firmware's identity is known */
bool errata_full_fences(void); /* a fence with an operand may have no effect */
bool errata_lost_timer(void);  /* a timer that was set may be lost (snapshots of QEMU 7.2) */
