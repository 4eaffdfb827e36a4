/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/memory.c - banks of RAM: address space of the host, filled with zeroes as it is touched.
 */
#include <errno.h>
#include <machine/memory.h>
#include <sys/mman.h>

struct ram ram;

static void *reserve(u64 bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

int memory_add(u64 base, u64 bytes)
{
	struct ram_bank b = { .base = base, .bytes = bytes };

	if (ram.nr == ARRAY_SIZE(ram.bank))
		return -ENOMEM;
	b.host = reserve(bytes);
	b.frames = reserve((bytes >> FRAME_SHIFT) * sizeof(struct frame_state));
	if (!b.host || !b.frames)
		return -ENOMEM;
	ram.bank[ram.nr++] = b;
	return 0;
}
