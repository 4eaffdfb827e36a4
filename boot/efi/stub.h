/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/efi/stub.h - the UEFI application that runs before the common entry.
 *
 * It runs at the address where firmware loaded the image, with firmware's page tables and stack, on
 * one CPU, while boot services are available.  .data and .bss are not initialised yet, and no
 * stored pointer is valid (`make check` checks the relocations): all data is on the stack or in the
 * handover. An error before ExitBootServices is one line on firmware's console; its status is
 * returned to firmware.
 */
#pragma once
#include <boot/boot.h>
#include <boot/efi/efi.h>
#include <boot/handover.h>

struct stub {
	efi_handle self;
	struct efi_system *system;
	struct efi_boot *boot;
	struct handover *to; /* stub_handover() */
};

/* For boot/efi/efi_ARCH.S: values for the common entry, which gets them in registers. */
struct stub_exit {
	paddr_t fdt_pa;
	u64 hwid;
};

/* Called by boot/efi/efi_ARCH.S.  0: boot services have ended, and the caller enters the kernel. */
efi_status stub_main(efi_handle self, struct efi_system *, struct stub_exit *);

/* print.c: print one line, ASCII; %x is replaced by the number. */
void stub_print(const struct stub *, const char *text, u64 number);

/* efi_tables.c: find the device tree, which is copied, and the RSDP.  EFI_UNSUPPORTED (reported):
 * there is neither, or ACPI describes no console. */
efi_status stub_tables(struct stub *);

/* The handover's address after the image has moved itself. */
struct handover *stub_handover(void);
/* Store UEFI's current map in the handover, and its key in *key. */
efi_status stub_map(const struct stub *, u64 *key);

/* efi_words.c: store the boot arguments from LoadOptions, else from hotplate.txt beside the image.
 */
void stub_words(const struct stub *);

/* hart.c: store the id of the boot hart if the architecture needs it; EFI_UNSUPPORTED: unknown. */
efi_status stub_hart(const struct stub *);
