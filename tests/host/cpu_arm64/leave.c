/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/cpu_arm64/leave.c - defines the code of idmap.S as functions; arch/arm64/mmu.h
 * declares it as bytes. */
#include <lib/types.h>

void left_kernel(u64 x0, u64 x1); /* switch.c */
void idmap_leave(u64 x0, u64 x1);
void idmap_halt(u64 x0, u64 x1);

void idmap_halt(u64 x0, u64 x1)
{
	left_kernel(x0 + 1, x1 + 2); /* other values than idmap_leave() passes */
}

void idmap_leave(u64 x0, u64 x1)
{
	left_kernel(x0, x1);
}
