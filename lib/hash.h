/* SPDX-License-Identifier: BSD-2-Clause */
/* lib/hash.h - a 64-bit running hash for digests; not cryptographic. */
#pragma once
#include <lib/types.h>
#include <stddef.h>

static inline u64 hash_u64(u64 h, u64 v)
{
	h ^= v;
	h *= 0xff51afd7ed558ccdul;
	h ^= h >> 32;
	h *= 0xc4ceb9fe1a85ec53ul;
	return h ^ (h >> 29);
}

static inline u64 hash_bytes(u64 h, const void *p, size_t n)
{
	const u8 *b = p;

	while (n--)
		h = hash_u64(h, *b++);
	return h;
}

static inline u64 hash_text(u64 h, const char *text)
{
	while (*text)
		h = hash_u64(h, (u8)*text++);
	return h;
}
