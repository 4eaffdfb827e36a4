/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/host/acmodesto.h - the host configuration that ACPICA's acenv.h includes.
 *
 * ACPICA provides a hook of this name for a host whose own header is not part of the library;
 * -DMODESTO selects it.  All files that include an ACPICA header must see the same settings,
 * because they change the layout of structures.  Third-party files and the tree's own find it
 * through -isystem.
 */
#pragma once
#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ACPI_MACHINE_WIDTH 64
#define COMPILER_DEPENDENT_INT64 long
#define COMPILER_DEPENDENT_UINT64 unsigned long
#define ACPI_USE_SYSTEM_CLIBRARY
#define ACPI_USE_DO_WHILE_0
#define ACPI_PCI_CONFIGURED /* without it acpi_load_tables() fails with AE_BAD_PARAMETER */
#define ACPI_USE_LOCAL_CACHE
#define ACPI_MUTEX_TYPE ACPI_BINARY_SEMAPHORE
#define ACPI_REDUCED_HARDWARE 1 /* no PM1 registers, no GPE, no SCI on these architectures */
#define ACPI_CHECKSUM_ABORT 1
#define ACPI_MAX_LOOP_TIMEOUT 10 /* seconds for one While; osl_run.c's budget ends it earlier */
/* Fields of a table are not aligned, and riscv64 need not support unaligned loads. */
#define ACPI_MISALIGNMENT_NOT_SUPPORTED

#define acpi_uintptr_t uintptr_t
#define acpi_cpu_flags unsigned long
#define acpi_spinlock void *
#define ACPI_STRUCT_INIT(field, value) .field = value
#define ACPI_EXPORT_SYMBOL(symbol)
#define ACPI_INIT_FUNCTION
#define __iomem
#define __init

#if !__STDC_HOSTED__
static inline char *strcpy(char *d, const char *s)
{
	return memcpy(d, s, strlen(s) + 1);
}

static inline char *strcat(char *d, const char *s)
{
	strcpy(d + strlen(d), s);
	return d;
}

static inline char *strncpy(char *d, const char *s, size_t n)
{
	size_t len = strnlen(s, n);

	memcpy(d, s, len);
	memset(d + len, 0, n - len);
	return d;
}
#endif
