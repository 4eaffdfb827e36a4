/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/memory/efi_map.h - UEFI's memory map, where there is one the authority on what is RAM.
 *
 * After ExitBootServices conventional, loader and boot services' memory is RAM of ours; ACPI's
 * tables lie in RAM that stays reserved; all else is not RAM (UEFI 2.10, table 7.10).  Memory that
 * can go, or is for a special purpose, is RAM that never serves boot.  Firmware is not trusted:
 * each descriptor that is empty, wraps, is misaligned or overlaps another is one line, and what is
 * sound is used; where two disagree, it is not RAM.  Pure but for the registry, so a fuzzer runs
 * it.
 */
#pragma once
#include <lib/err.h>
#include <lib/types.h>

#define EFI_MAP_VERSION 1

struct efi_map {
	const void *raw;
	u64 bytes;
	u32 step; /* from one descriptor to the next: firmware's may be longer than ours */
	u32 version;
	void (*say)(const char *sentence);
};

/* Into the registry, which is empty.  -EINVAL: there is no usable descriptor, the registry is as it
 * was. */
int efi_map_ram(const struct efi_map *, struct why *);
/* Reservations are in the registry: take out what must not serve boot. */
void efi_map_withhold(const struct efi_map *);
/* Is all of this memory of some kind, so that a look at it harms nobody?  No stored pointer is
 * followed: the stub asks too. */
bool efi_map_holds(const struct efi_map *, paddr_t, u64 len);
