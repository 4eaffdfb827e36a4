/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/memory/efi_map.h - UEFI's memory map, which defines RAM on a machine that has it.
 *
 * After ExitBootServices conventional memory and memory of the loader and of boot services is
 * usable RAM; RAM with ACPI tables stays reserved; all other memory is not RAM (UEFI 2.10,
 * table 7.10). Hot-pluggable and special-purpose memory is RAM that boot does not use.  Firmware is
 * not trusted: each descriptor that is empty, wraps, is misaligned or overlaps another is reported
 * in one line, and the sound ones are used; memory that two descriptors list with contradictory
 * types is not RAM.  The registry is the only dependency, so that a fuzzer on the host can run it.
 */
#pragma once
#include <lib/err.h>
#include <lib/types.h>

#define EFI_MAP_VERSION 1

/* The map as firmware wrote it; the caller owns `raw`. */
struct efi_map {
	const void *raw;
	u64 bytes;
	u32 step; /* bytes from one descriptor to the next */
	u32 version;
	void (*log)(const char *sentence);
};

/* Enter RAM and ACPI tables into the registry, which is empty; boot only.  -EINVAL: malformed
 * header, or no usable descriptor is RAM; the registry is not changed. */
int efi_map_ram(const struct efi_map *, struct why *);
/* Withhold the memory that boot must not use; after all reservations are in the registry. */
void efi_map_withhold(const struct efi_map *);
/* Is all of this range memory of some kind, so that it is safe to read?  Follows no stored
 * pointer, because the UEFI stub calls it before relocation. */
bool efi_map_holds(const struct efi_map *, paddr_t, u64 len);
