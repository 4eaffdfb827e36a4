/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/memory/memory.h - a small machine for the registry and the buddy allocator: RAM,
 * struct pages and blocks are arrays of this process (machine.c); a failed assertion is
 * cmocka's.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <lib/rng.h>
#include <mm/hotplug/memory_block.h>

#define RAM_PA 0x80000000ul
#define RAM_BYTES (64 * MiB)
#define BLOCK_BYTES (16 * MiB)
#define BLOCKS (RAM_BYTES / BLOCK_BYTES)
#define RAM_PAGES (RAM_BYTES >> 12)
#define RAM_PFN (RAM_PA >> 12)

/* The state after memmap_boot(): no page is in the buddy allocator, the registry has the RAM. */
void machine_new(void);
struct block *machine_block(u64 i);
extern void (*machine_on_serve)(void);  /* what another CPU does meanwhile; NULL: nothing, ever */
void machine_unlock(void);              /* after an expected assertion, which left the lock taken */
extern char machine_said[128];          /* by the last assertion */
extern u64 machine_locks;               /* that were taken */
extern u64 machine_pauses;              /* of who waits */
extern void (*machine_on_unlock)(void); /* before a lock is released; NULL: nothing */
u64 machine_seed(void);                 /* printed; from the environment variable SEED, if set */

int run_region_tests(void);
int run_cut_tests(void);
int run_buddy_tests(void);
int run_check_tests(void);
int run_batch_tests(void);
int run_late_tests(void);
int run_table_tests(void);
int run_single_tests(void);
int run_layout_tests(void);
