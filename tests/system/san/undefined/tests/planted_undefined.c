/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * planted_undefined.c - undefined behaviour on purpose: each test ends in the report of
 * SAN=undefined that tests/system/test_san.py reads.
 */
#include <tests/harness/test.h>

static volatile int big = 2147483647, many = 32, index = 4, negative = -1, zero;
static u8 bytes[16] __attribute__((aligned(8)));
static int four[4];

/* Each result is stored here, so that the compiler keeps the mistake. */
static volatile u64 sink;

TEST(planted, overflow, .claim = "a signed sum overflows")
{
	sink = (u64)(big + 1);
}

TEST(planted, negation, .claim = "the lowest number is negated")
{
	int lowest = -big - 1;

	sink = (u64)-lowest;
}

TEST(planted, division, .claim = "a number is divided by zero")
{
	sink = (u64)(big / zero);
}

TEST(planted, distance, .claim = "a shift by the width of the type")
{
	sink = 1u << many;
}

TEST(planted, backwards, .claim = "a shift by a negative distance")
{
	sink = 1u << negative;
}

TEST(planted, out_of_bounds, .claim = "an index beyond the end of an array")
{
	four[index] = 1;
}

TEST(planted, misaligned, .claim = "a load of 8 bytes at an odd address")
{
	sink = *(u64 *)(void *)(bytes + zero + 3);
}

TEST(planted, null, .claim = "a member is read through a null pointer")
{
	const struct cpu *volatile nobody = NULL;

	sink = nobody->hwid;
}

TEST(planted, pointer, .claim = "a pointer wraps at the end of the address space")
{
	const u8 *volatile last = (const u8 *)~(uintptr_t)0;

	sink = (uintptr_t)(last + (size_t)many);
}

TEST(planted, not_bool, .claim = "a bool is neither true nor false")
{
	*(volatile u8 *)bytes = 2;
	sink = *(volatile bool *)bytes;
}

TEST(planted, unreachable, .claim = "__builtin_unreachable() is executed")
{
	if (many == 32)
		__builtin_unreachable();
}

static int no_value(int n)
{
	if (n != 32)
		return n;
	__builtin_unreachable();
}

TEST(planted, no_bits, .claim = "the lowest set bit of zero")
{
	sink = (u64)__builtin_ctz((unsigned)zero) + (u64)no_value(zero);
}
