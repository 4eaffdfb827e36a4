/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/types.h - the scalar types that every file uses, and nothing that needs code elsewhere.
 *
 * Ranges are (start, len) in interfaces; `end` is exclusive, `last` inclusive.  Suffixes carry
 * units: _pa _va _pfn _bytes _nr; a log2 is always _shift or _order.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;

typedef u64 paddr_t;   /* a physical address; 0 is RAM on several boards */
typedef u64 vaddr_t;   /* an address that a page table translates */
typedef u64 pfn_t;     /* paddr >> page_shift of the geometry */
typedef u64 pte_t;     /* the value of one page-table cell */
typedef u64 cpumask_t; /* bit n is CPU n, at most 64 CPUs */

#define PA_NONE (~(paddr_t)0) /* "no page" (ENGINE 2) */

#define KiB (1ul << 10)
#define MiB (1ul << 20)
#define GiB (1ul << 30)
#define TiB (1ul << 40)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define BIT(n) (1ul << (n))
#define container_of(p, type, member) ((type *)((char *)(p)-offsetof(type, member)))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define NORETURN __attribute__((noreturn))
#define NOINLINE __attribute__((noinline))

/* `to` is a power of two in all three.  align_up wraps to 0 at the very top. */
static inline u64 align_down(u64 x, u64 to)
{
	return x & ~(to - 1);
}

static inline u64 align_up(u64 x, u64 to)
{
	return (x + to - 1) & ~(to - 1);
}

static inline bool is_aligned(u64 x, u64 to)
{
	return (x & (to - 1)) == 0;
}

static inline bool is_pow2(u64 x)
{
	return x && !(x & (x - 1));
}

static inline u64 min_u64(u64 a, u64 b)
{
	return a < b ? a : b;
}

/* `n`, at most `most`: the result needs no cast for any n. */
static inline u32 min_u32(u32 most, u64 n)
{
	return n < most ? (u32)n : most;
}

static inline u64 max_u64(u64 a, u64 b)
{
	return a > b ? a : b;
}

/* Rounded down; x > 0. */
static inline unsigned log2_u64(u64 x)
{
	return 63 - (unsigned)__builtin_clzll(x);
}
