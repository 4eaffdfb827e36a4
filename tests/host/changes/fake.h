/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/changes/fake.h - the core of hotplug as mm/hotplug/devmem_change.c and
 * subsection_change.c call it: each call is noted, and one of them may be refused.  Registries are
 * the real ones.
 */
#pragma once
#include <mm/hotplug/devmem_internal.h>
#include <mm/hotplug/subsection_internal.h>

#define PAGE 4096ul
#define BASE 0x80000000ul
#define UNIT (2 * MiB) /* a sub-section; a block has 8 */
#define UNITS 32u

extern const struct memmap_scheme host, device;
#define FAKE_LEAF 77 /* of the default options */

struct fake {
	char calls[512];               /* "lock; absent 4+8; ..." */
	const char *refused;           /* the first call of this name is refused, ... */
	int code;                      /* ... so */
	void (*meanwhile)(void);       /* what another CPU does once the lock is released */
	char lock;                     /* 'r', 'w', or 0 */
	bool no_room;                  /* in a registry */
	u64 need, free;                /* as counted */
	struct hotplug_report *report; /* that of the last edge, of the caller or not */
	struct hotplug_opts opts;      /* of hotplug_add() or a removal */
	struct block blocks[UNITS / 8];
};
extern struct fake fake;

void fake_begin(void);
static inline paddr_t fake_pa(unsigned unit)
{
	return BASE + unit * UNIT;
}

void subsection_tests(void);
