/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/persist.c - checksummed objects that survive a restart (persist.h).  No lock: a crash calls
 * it.
 *
 * Unshown (dmb fence): the next kernel reads the object after a reset, and here a reset loses no
 * store and is never between two stores (machine/MODEL.md).
 */
#include <arch/arch.h>
#include <kern/persist.h>
#include <lib/hash.h>
#include <lib/string.h>
#include <lib/version.h>

_Static_assert(sizeof(struct persist) == 56, "the checksum is the last word of the head");
_Static_assert(BUILD_ID_BYTES <= 24, "struct persist.image");

static u64 checksum(const struct persist *k, size_t bytes)
{
	const u64 *word = (const u64 *)(const void *)k;
	u64 h = 0;

	for (size_t i = 0; i < bytes / 8; i++)
		if (word + i != &k->checksum)
			h = hash_u64(h, word[i]);
	return h;
}

void persist_open(struct persist *k)
{
	k->checksum = 0;
	arch_mb(); /* a reader that finds it half written must not find the old checksum valid */
}

void persist_seal(struct persist *k, const char *magic, size_t bytes)
{
	memset(k, 0, sizeof(*k));
	memcpy(k->magic, magic, strnlen(magic, sizeof(k->magic)));
	memcpy(k->image, build_id(), BUILD_ID_BYTES);
	k->bytes = bytes;
	arch_mb(); /* the contents before the checksum that declares them valid */
	k->checksum = checksum(k, bytes);
	/* an unexpected reset does not write caches back */
	arch_dcache_clean_inval(ptr_va(k), bytes);
}

bool persist_valid(const struct persist *k, const char *magic, size_t bytes)
{
	size_t n = strnlen(magic, sizeof(k->magic));

	return !memcmp(k->magic, magic, n) && k->bytes == bytes &&
	       !memcmp(k->image, build_id(), BUILD_ID_BYTES) && k->checksum == checksum(k, bytes);
}
