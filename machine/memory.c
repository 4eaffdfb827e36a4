/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/memory.c - banks of RAM: address space of the host, which is filled at the first access,
 * with zeroes or with a pattern.
 */
#include <errno.h>
#include <machine/memory.h>
#include <machine/reserve.h>
#include <machine/uninit.h>
#include <stdio.h>
#include <sys/mman.h>

struct ram ram;
struct uninit uninit;
struct reserve reserve;

static void *addresses(u64 bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* One file of PATTERN bytes is mapped repeatedly; the host copies a frame when it is written. */
#define PATTERN (16 * MiB)

static int pattern_file(u64 seed)
{
	FILE *f = tmpfile();
	u64 word[512];

	if (!f)
		return -1;
	seed |= 1;
	for (u64 at = 0; at < PATTERN; at += sizeof(word)) {
		for (unsigned i = 0; i < ARRAY_SIZE(word); i++)
			word[i] = seed = seed * 6364136223846793005ul + 1442695040888963407ul;
		if (fwrite(word, sizeof(word), 1, f) != 1)
			return -1;
	}
	return fflush(f) ? -1 : fileno(f);
}

static bool lay(const struct ram_bank *b, int fd)
{
	for (u64 at = 0; at < b->bytes; at += PATTERN)
		if (mmap(b->host + at, min_u64(PATTERN, b->bytes - at), PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, fd, 0) == MAP_FAILED)
			return false;
	return true;
}

int memory_unknown(u64 seed)
{
	int fd = pattern_file(seed);
	bool laid = fd >= 0;

	for (unsigned i = 0; laid && i < ram.nr; i++)
		laid = lay(&ram.bank[i], fd);
	return laid ? 0 : -ENOMEM;
}

int memory_add(u64 base, u64 bytes)
{
	struct ram_bank b = { .base = base, .bytes = bytes };

	if (ram.nr == ARRAY_SIZE(ram.bank))
		return -ENOMEM;
	b.host = addresses(bytes);
	b.frames = addresses((bytes >> FRAME_SHIFT) * sizeof(struct frame_state));
	if (!b.host || !b.frames)
		return -ENOMEM;
	ram.bank[ram.nr++] = b;
	return 0;
}

int memory_add_read_only(u64 base, u64 bytes)
{
	int err = memory_add(base, bytes);

	if (!err)
		ram.bank[ram.nr - 1].read_only = true;
	return err;
}
