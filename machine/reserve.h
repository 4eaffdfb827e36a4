/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/reserve.h - memory that firmware reserves, by reserve= and by the machine itself.
 *
 * Kinds of a reservation, as a device tree has them (Devicetree Specification 0.4, 3.5 and 5.3):
 *   no-map    a child of /reserved-memory that the kernel must not map, "nor permit speculative
 *             access to it under any circumstances": an access of a CPU, or a leaf that its walker
 *             reads, stops the machine
 *   firmware  no-map, and PMP protects it: a leaf may map it, an access stops the machine
 *   map       a child that the kernel may map; it allocates nothing there
 *   entry     an entry of the memory reservation block (/memreserve/)
 */
#pragma once
#include <lib/types.h>

#define RESERVES 16u
enum reserve_kind { RESERVE_NO_MAP, RESERVE_MAP, RESERVE_ENTRY, RESERVE_FIRMWARE };
enum reserve_use { RESERVE_ACCESSED, RESERVE_FETCHED, RESERVE_MAPPED };

struct reservation {
	u64 base, bytes;
	enum reserve_kind kind;
	const char *name;
};

struct reserve {
	unsigned nr;
	struct reservation of[RESERVES];
	void (*judge)(unsigned cpu, u64 pa, u64 bytes, enum reserve_use use); /* or NULL */
};
extern struct reserve reserve; /* memory.c */

/* BASE+BYTES[K|M][:KIND],... (KIND: no-map); false: it is malformed, or has too many. */
bool reserve_word(const char *value);
void reserve_add(u64 base, u64 bytes, enum reserve_kind kind, const char *name);
/* RAM and the reservations are complete: check their places, and observe accesses from now on. */
void reserve_begin(void);
/* The loader puts something there: it must not be in a reservation of a word. */
void reserve_loaded(const char *what, u64 base, u64 bytes);

/* A CPU accesses memory, or maps it. */
static inline void reserve_used(unsigned cpu, u64 pa, u64 bytes, enum reserve_use use)
{
	if (reserve.judge)
		reserve.judge(cpu, pa, bytes, use);
}
