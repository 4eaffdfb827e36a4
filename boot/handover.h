/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/handover.h - the record of the UEFI entry (boot/efi/), in memory that survives a restart.
 *
 * The UEFI stub writes it once, before the common entry; the first boot seals it
 * (handover_adopt()). If the image was entered by Linux's boot protocol, its contents are undefined
 * and handover() is NULL.
 */
#pragma once
#include <drivers/memory/efi_map.h>
#include <kern/persist.h>
#include <lib/types.h>

#define HANDOVER_WORDS 2048
#define HANDOVER_MAP (64 * KiB) /* 1365 descriptors of 48 bytes */

struct handover {
	struct persist head;     /* zero until the first boot seals it */
	paddr_t fdt_pa;          /* a copy in allocated memory, 8-byte aligned; 0: UEFI has none */
	paddr_t rsdp_pa;         /* ACPI 2.0's, in firmware's memory; 0: none */
	u64 hwid;                /* riscv64: the boot hart */
	u32 words_from;          /* enum words_from */
	u32 map_bytes, map_step; /* UEFI's memory map, and the distance of its descriptors */
	u32 map_version, vendor_revision;
	u32 unused;
	char vendor[48];            /* firmware vendor; ASCII, "" without a name */
	char words[HANDOVER_WORDS]; /* boot arguments, "": none */
	u64 map[HANDOVER_MAP / 8];
};

/* The memory map of the record; its size is limited to that of the array.  `log` reports bad
 * descriptors. */
static inline struct efi_map handover_map(const struct handover *h, void (*log)(const char *))
{
	return (struct efi_map) { h->map, min_u64(h->map_bytes, sizeof(h->map)), h->map_step,
				  h->map_version, log };
}

/* The UEFI stub's record, the same after every restart; NULL: UEFI did not start this image. */
const struct handover *handover(void);
/* In early boot, after restart_adopt(): seal the record on the first boot, and copy the address of
 * the RSDP and the source of the arguments to boot_info. */
void handover_adopt(void);
/* For intact_damage(): a sentence if the record was corrupted, or NULL. */
const char *handover_damage(void);
