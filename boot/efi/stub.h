/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/efi/stub.h - the UEFI application that comes before the common entry.
 *
 * It runs where firmware loaded the image, under firmware's MMU, on its stack, one CPU, boot
 * services alive.  .data and .bss are not what they will be, and no stored pointer is right (`make
 * check` looks at the relocations): everything is on the stack or in the handover.  Whatever makes
 * it give up before ExitBootServices is one line on firmware's console and a status for the
 * firmware.
 */
#pragma once
#include <boot/boot.h>
#include <boot/efi/efi.h>
#include <boot/handover.h>

struct stub {
	efi_handle self;
	struct efi_system *system;
	struct efi_boot *boot;
	struct handover *to; /* where it lies once the image has moved itself */
};

/* For boot/efi/ARCH.S: what the common entry gets in registers. */
struct stub_exit {
	paddr_t fdt_pa;
	u64 hwid;
};

/* Entry from boot/efi/ARCH.S.  0: boot services are gone. */
efi_status stub_main(efi_handle self, struct efi_system *, struct stub_exit *);

/* say.c: one line, ASCII, with the number that %x stands for. */
void stub_say(const struct stub *, const char *text, u64 number);

/* tables.c: the device tree and the RSDP; EFI_UNSUPPORTED (it has been said): neither describes
 * this machine. */
efi_status stub_tables(struct stub *);

/* Where the handover lies once the image has moved itself. */
struct handover *stub_handover(void);
/* UEFI's map as it is now, into the handover. */
efi_status stub_map(const struct stub *, u64 *key);

/* words.c: LoadOptions, else hotplate.txt beside the image. */
void stub_words(const struct stub *);

/* hart.c: the boot hart, where the architecture does not know it by itself. */
efi_status stub_hart(const struct stub *);
