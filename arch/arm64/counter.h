/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/counter.h - the workarounds for counters that may be read wrong.  The source of values
 * is a parameter, so that a host test can supply a wrong one.
 */
#pragma once
#include <lib/types.h>

#define COUNTER_CARRY 1u    /* 858921: two reads around a carry into bit 32: use the first */
#define COUNTER_TWICE 2u    /* A-008585: the same value twice in a row */
#define COUNTER_NEAR 4u     /* 161010101: the second less than 32 after the first */
#define COUNTER_LOW_BITS 8u /* UNKNOWN1: low bits that are not all alike */

/* Read until the value is plausible for these rows, with a bound; then the last value.  Interrupts
 * as the caller has them. */
u64 counter_mend(u32 rows, u64 (*read)(void));
