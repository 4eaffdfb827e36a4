/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/acpi_memory/pages.h - the pages that the program hands out, and its budget. */
#pragma once
#include <lib/types.h>
#include <mm/page/buddy.h>
#include <want.h>

#define PAGE 4096ul
#define PAGES 8192u
#define BASE 0x40000000ul /* physical address of the first */

struct tables;

extern unsigned page_allocs, pages_live; /* calls, and pages that were not given back */
extern bool no_pages, no_steps;

/* None are handed out; they have 1 << shift bytes. */
void pages_begin(unsigned shift);
/* Is [p, p + len) inside pages that were handed out at once and not given back? */
bool pages_hold(const void *p, u64 len);
/* Of the pages that begin at `p`; -1: none do. */
int pages_order(const void *p);
paddr_t pages_pa(const void *p);
/* True if fn(arg) ends in an assertion of osl_memory.c. */
bool asserts(void (*fn)(void *), void *arg);

void heap_tests(void);
void permission_tests(void);
void firmware_tests(void);
void loader_tests(void);
