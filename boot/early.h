/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/early.h - early_build(), which runs at the physical address, and its result for the entry
 * code.
 */
#pragma once
#include <lib/types.h>

#define EARLY_LEVELS_MAX 5

#define EARLY_CELLS 512

typedef u64 early_table_t[EARLY_CELLS];

struct early_roots {
	paddr_t image_root;    /* top of the chain that maps the image at IMAGE_VA */
	paddr_t identity_root; /* maps the one page of idmap code to itself */
	paddr_t root_by_level[EARLY_LEVELS_MAX]; /* the chain's table at each level */
};

enum early_prot { EARLY_RX, EARLY_RO, EARLY_RW, EARLY_DEV };

/* MMU off, .bss zeroed, any stack: build the trampoline page table; returns the physical address of
 * its roots. */
struct early_roots *early_build(void);

/* The image may span 8 MiB; with the checks of a compiler sanitizer (SAN=) 32. */
#ifdef SAN
#define IMAGE_TABLES 16
#else
#define IMAGE_TABLES 4
#endif
