/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/san/address.h - shared by the two files of SAN=address: the marks (address.c), and the
 * functions that the compiler calls (address_calls.c).
 */
#pragma once
#include <mm/kernel/layout.h>

/* This CPU is about to do that; any context.  pc: behind the call. */
void address_access(vaddr_t, u64 bytes, bool store, u64 pc);

/* Most accesses are none of the linear map: those cost no second call. */
static inline bool address_is_linear(vaddr_t va)
{
	return va - layout.r[REGION_LINEAR].va < layout.r[REGION_LINEAR].len;
}
