/* SPDX-License-Identifier: BSD-2-Clause */
/* arch/riscv64/errata.h - what some hart of this machine needs, by its ids of the SBI base calls.
 */
#pragma once
#include <lib/types.h>

void errata_this_cpu(void);    /* on every hart, before it uses the kernel's tables */
void errata_this_timer(void);  /* on every hart, when firmware's calls were looked at */
bool errata_full_fences(void); /* a fence by address does not reach all that it names */
bool errata_lost_timer(void);  /* a timer that was set may not be there */
