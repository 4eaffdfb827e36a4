/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/memory.h - RAM.  Banks do not overlap; each is whole frames of 4 KiB.  The host allocates
 * memory for a frame at its first access, so a bank may be larger than the host's memory.
 *
 * memory_frame() is NULL outside RAM.  The bytes of a frame are the co-latest values; only order.c
 * and the loader write them.
 */
#pragma once
#include <lib/types.h>

#define FRAME_SHIFT 12
#define FRAME_BYTES (1ul << FRAME_SHIFT)

struct frame_state {
	u64 last;      /* time of the last store (order.h) */
	u64 mixed;     /* since this time only `writer` has stored, and no store had a view */
	void *copy;    /* the copy that instruction fetch reads, or NULL */
	u32 latest;    /* index of the latest store to each word (history.h), or 0 */
	u8 writer;     /* the CPU that stored last */
	bool table;    /* a walker has read it */
	bool reserved; /* a CPU may have a reservation there (LR, LDXR) */
	bool atomic;   /* the store of an atomic to it may be in a buffer (order.h) */
};

struct ram_bank {
	u64 base, bytes;
	u8 *host;
	struct frame_state *frames;
	const u8 *plugged; /* a flag for each `part` bytes: it responds; NULL: all do */
	u64 part;
	bool read_only; /* it responds to loads and fetches alone */
};

struct ram {
	struct ram_bank bank[8];
	unsigned nr;
};
extern struct ram ram;

/* -ENOMEM if the host cannot reserve the addresses. */
int memory_add(u64 base, u64 bytes);
/* ... of memory that cannot be written.  It has contents: memory_unknown() is earlier. */
int memory_add_read_only(u64 base, u64 bytes);
/* Fill RAM from the seed: its contents at power-on are undefined. */
int memory_unknown(u64 seed);

static inline struct ram_bank *memory_bank(u64 pa)
{
	for (unsigned i = 0; i < ram.nr; i++)
		if (pa - ram.bank[i].base < ram.bank[i].bytes)
			return &ram.bank[i];
	return NULL;
}

static inline struct frame_state *memory_frame(u64 pa)
{
	struct ram_bank *b = memory_bank(pa);

	return b ? &b->frames[(pa - b->base) >> FRAME_SHIFT] : NULL;
}

/* There is RAM that responds; checked by translations and table walks. */
static inline bool memory_responds(u64 pa)
{
	struct ram_bank *b = memory_bank(pa);

	return b && (!b->plugged || b->plugged[(pa - b->base) / b->part]);
}

/* ... to a load or a fetch, or to a store. */
static inline bool memory_responds_to(u64 pa, bool store)
{
	return memory_responds(pa) && !(store && memory_bank(pa)->read_only);
}

/* The host's address of a byte of RAM, or NULL. */
static inline u8 *memory_host(u64 pa)
{
	struct ram_bank *b = memory_bank(pa);

	return b ? b->host + (pa - b->base) : NULL;
}
