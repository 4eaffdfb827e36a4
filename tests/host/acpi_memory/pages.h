/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/acpi_memory/pages.h - the page allocator of the program, and its budget. */
#pragma once
#include <lib/types.h>
#include <mm/page/buddy.h>
#include <want.h>

#define PAGE 4096ul
#define PAGES 8192u
#define BASE 0x40000000ul /* physical address of the first */

struct tables;

extern unsigned page_allocs, pages_live; /* calls, and pages that are allocated */
extern bool no_pages, no_steps;

/* Frees all pages, and sets their size to 1 << shift bytes. */
void pages_begin(unsigned shift);
/* True if [p, p + len) is inside one allocation that was not freed. */
bool pages_hold(const void *p, u64 len);
/* The order of the allocation that begins at `p`; -1: there is none. */
int pages_order(const void *p);
paddr_t pages_pa(const void *p);
/* True if fn(arg) ends in an assertion of osl_memory.c. */
bool asserts(void (*fn)(void *), void *arg);

void heap_tests(void);
void permission_tests(void);
void firmware_tests(void);
void loader_tests(void);
