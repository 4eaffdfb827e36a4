/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/memory/efi_map.h - UEFI's memory map, which decides what is RAM if there is one.
 *
 * After ExitBootServices conventional memory and that of the loader and of boot services is
 * usable RAM; ACPI tables lie in RAM that stays reserved; all else is not RAM (UEFI 2.10, table
 * 7.10).  Memory that is hot-pluggable or for a special purpose is RAM that boot does not use.
 * Firmware is not trusted: each descriptor that is empty, wraps, is misaligned or overlaps
 * another is reported in one line, and the sound ones are used; where two disagree, the memory
 * is not RAM.  No dependencies but the registry, so a host fuzzer runs it.
 */
#pragma once
#include <lib/err.h>
#include <lib/types.h>

#define EFI_MAP_VERSION 1

/* The map as firmware wrote it; `raw` stays the caller's. */
struct efi_map {
	const void *raw;
	u64 bytes;
	u32 step; /* bytes from one descriptor to the next, at least ours */
	u32 version;
	void (*say)(const char *sentence);
};

/* Enter RAM and ACPI tables into the registry, which is empty; boot only.  -EINVAL: malformed
 * header, or no usable descriptor is RAM; the registry is as it was. */
int efi_map_ram(const struct efi_map *, struct why *);
/* Withhold the memory that boot must not use; after all reservations are in the registry. */
void efi_map_withhold(const struct efi_map *);
/* Is all of this range memory of some kind, so that it is safe to read?  Follows no stored
 * pointer, because the UEFI stub calls it before relocation. */
bool efi_map_holds(const struct efi_map *, paddr_t, u64 len);
