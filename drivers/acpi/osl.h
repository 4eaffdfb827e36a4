/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/osl.h - ACPICA's headers, and the interface between the files of its OS layer.
 *
 * Only one thread of control at a time runs ACPICA (on the boot CPU: boot, the event consumer, or a
 * test).  Locks only verify this, and a wait that no other thread could end returns at once.  AML
 * is not trusted: each call gets a budget (osl_begin), memory is limited, tables are verified
 * before, and AML may access registers only if osl_io.c finds no other owner.  Only drivers/acpi/
 * includes this header.
 */
#pragma once
/* The cross compilers predefine it, and ACPICA would configure itself for Linux. */
#undef __linux__
#ifndef MODESTO
#define MODESTO
#endif
#include <acpi/acpi.h>
#include <lib/err.h>

/* ---- osl_memory.c: a heap for small blocks on top of the page allocator ---- */
struct osl_heap {
	u64 allocs, frees, pages, peak_pages; /* blocks since boot; pages now */
	u64 lost;                             /* blocks leaked at the last close */
};
/* Statistics, never NULL. */
const struct osl_heap *osl_heap(void);
/*
 * After acpi_terminate(): free every page of the heap.  Returns the number of leaked blocks.
 */
u64 osl_heap_close(void);
/* Allow ACPICA to map this range of tables, besides those allowed before.  -ENOMEM: too many
 * ranges. */
int osl_tables_allow(paddr_t, u64 len);
/* Allow also all RAM that firmware reserved: its tables and memory for AML are in it. */
void osl_tables_allow_reserved(void);
/* Withdraw all permissions. */
void osl_tables_forget(void);
/* May ACPICA map [pa, pa + len)? */
bool osl_tables_have(paddr_t, u64 len);

/* ---- osl_run.c: the budget, deferred work, the RSDP ---- */
/* Start a call into AML with a fresh budget of steps (loop iterations, allocations, milliseconds of
 * sleep) and clear the messages of the previous call. */
void osl_begin(void);
bool osl_step(unsigned steps); /* consume; false: the budget is exhausted */
bool osl_spent(void);
void osl_work(void); /* run the work of acpi_os_execute() until the queue is empty */
/* The RSDP that ACPICA will use. */
void osl_set_root(paddr_t rsdp);

/* ---- osl_text.c: the first line of ACPICA's messages, which are not printed ---- */
void osl_text_clear(void);
const char *osl_text(void); /* the first line since the last clear, "" = none */

/* ---- osl_io.c: registers that AML accesses ---- */
/* Install the handler of SystemMemory, before tables are loaded. */
acpi_status osl_io_init(void);
/* For tests: AML's accesses to [pa, pa + len) use `memory` instead of registers; length 0 ends it.
 */
void osl_io_pretend(paddr_t, void *memory, u64 len);
const char *osl_io_refused(void); /* the last refused access as text, "" = none */
void osl_io_clear(void);
