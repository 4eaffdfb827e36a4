/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/counter.h - a counter that may be read wrong: what each row of errata asks for, of any
 * source of values, so that a host test can play one that does.
 */
#pragma once
#include <lib/types.h>

#define COUNTER_CARRY 1u    /* 858921: of two reads around a carry into bit 32 the first */
#define COUNTER_TWICE 2u    /* A-008585: the same value twice in a row */
#define COUNTER_NEAR 4u     /* 161010101: the second less than 32 behind the first */
#define COUNTER_LOW_BITS 8u /* UNKNOWN1: low bits that are not all alike */

/* Bounded; what was read last where nothing better comes. */
u64 counter_mend(u32 rows, u64 (*read)(void));
