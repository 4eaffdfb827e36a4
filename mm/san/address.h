/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/san/address.h - shared by the two files of SAN=address: the marks (address.c), and the
 * functions that the compiler calls (address_calls.c).
 */
#pragma once
#include <mm/kernel/layout.h>

/* Check an access that this CPU is about to make; any context.  pc: the return address. */
void address_access(vaddr_t, u64 bytes, bool store, u64 pc);

/* Most accesses are not in the linear map: they cost no second call. */
static inline bool address_is_linear(vaddr_t va)
{
	return va - layout.r[REGION_LINEAR].va < layout.r[REGION_LINEAR].len;
}
