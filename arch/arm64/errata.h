/* SPDX-License-Identifier: BSD-2-Clause */
/* arch/arm64/errata.h - workarounds that some CPU of this machine needs, by MIDR. */
#pragma once
#include <lib/types.h>

void errata_this_cpu(void);         /* on every CPU, before it uses the kernel's tables */
bool errata_repeat_tlbi(void);      /* a broadcast TLBI; DSB needs a second one */
bool errata_clean_inval(void);      /* a clean by address must invalidate as well */
bool errata_early_clean(void);      /* lines that are cleaned to memory need a second pass */
bool errata_asid_root(void);        /* root and ASID must not change while walks use them */
bool errata_lost_acknowledge(void); /* an acknowledge by ICC_IAR1_EL1 may be lost */
