/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/study/asid.h - the allocated ASIDs, for mm/study/aspace.c alone; mm/study/aspace.h has the
 * rules.
 *
 * The caller holds the lock of mm/study/aspace.c.
 */
#pragma once
#include <mm/study/aspace.h>

#define ASID_BITS_MAX 16

unsigned asid_usable(unsigned bits, unsigned cpus); /* of `bits` bits; 0: too few to use any */
void asid_reset(unsigned max);                      /* all free, none above max */
unsigned asid_take(void);                           /* a free one; 0: none */
void asid_keep(unsigned asid);                      /* after a reset: this one stays allocated */
void asid_give(unsigned asid);
