/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/osl.h - ACPICA's headers, and what the files of its OS layer share.
 *
 * One thread of control runs ACPICA at a time (the boot CPU's: boot, the event consumer, a test),
 * so locks only check that; a wait that nobody could end is over at once.  AML is not trusted: it
 * gets a budget for every call into it (osl_begin), memory up to a limit, tables that were checked
 * before, and registers only where osl_io.c finds nothing else.  Only drivers/acpi/ and its event
 * source include this.
 */
#pragma once
/* The cross compilers predefine it; ACPICA would take us for Linux. */
#undef __linux__
#ifndef MODESTO
#define MODESTO
#endif
#include <acpi/acpi.h>
#include <lib/err.h>

/* ---- osl_memory.c: a heap for small blocks on top of the page allocator ---- */
struct osl_heap {
	u64 allocs, frees, pages, peak_pages;
	u64 lost; /* at the last close */
};
const struct osl_heap *osl_heap(void);
/* ACPICA has ended: every page goes back.  How many blocks it had not freed. */
u64 osl_heap_close(void);
/* Tables: the only physical memory that ACPICA may map. */
int osl_tables_allow(paddr_t, u64 len);
/* And what firmware keeps of RAM, wherever that is: its tables lie there, and memory for AML. */
void osl_tables_allow_reserved(void);
void osl_tables_forget(void);
bool osl_tables_have(paddr_t, u64 len);

/* ---- osl_run.c: the budget, work that was put off, the RSDP ---- */
/* A call into AML begins: so many steps (loop iterations, allocations, milliseconds of sleep) it
 * has. */
void osl_begin(void);
bool osl_step(unsigned steps); /* false: the budget is spent */
bool osl_spent(void);
void osl_work(void); /* run what acpi_os_execute() queued, in order, until nothing is left */
void osl_set_root(paddr_t rsdp);

/* ---- osl_text.c: ACPICA's messages are kept, not printed ---- */
void osl_text_clear(void);
const char *osl_text(void); /* the first line since then, "" = none */
extern bool osl_verbose;    /* print them all: `acpi verbose` */

/* ---- osl_io.c: registers that AML reaches ---- */
/* Installs the handler of SystemMemory, before tables are loaded.  The tree says whose registers
 * are whose; NULL: nobody's. */
acpi_status osl_io_init(const void *fdt);
/* A test's memory stands in for registers at `pa`; length 0: no longer. */
void osl_io_pretend(paddr_t, void *memory, u64 len);
const char *osl_io_refused(void); /* the last access that was refused, "" = none */
void osl_io_clear(void);
