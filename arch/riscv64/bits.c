/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/bits.c - what __builtin_clzll and its family call where the ISA has no Zbb.
 * libgcc is not linked: its riscv64 builds differ in ABI between the two toolchains.
 */
#include <lib/types.h>

int __clzdi2(u64);
int __ctzdi2(u64);
int __popcountdi2(u64);

int __clzdi2(u64 x)
{
	int n = 0;

	for (int step = 32; step; step >>= 1)
		if (!(x >> (64 - step))) {
			n += step;
			x <<= step;
		}
	return n;
}

int __ctzdi2(u64 x)
{
	return 63 - __clzdi2(x & -x);
}

int __popcountdi2(u64 x)
{
	x -= x >> 1 & 0x5555555555555555ul;
	x = (x & 0x3333333333333333ul) + (x >> 2 & 0x3333333333333333ul);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0ful;
	return (int)(x * 0x0101010101010101ul >> 56);
}
