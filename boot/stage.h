/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/stage.h - a letter for each step of boot, for a board that prints nothing: docs/boards.md.
 *
 * The letters are printed on the port of `make EARLYCON=`, which is part of the image, from the
 * first instructions on; without a port each costs a load and a branch.  arch/ARCH/stage.S prints
 * the letters of the entry code.
 */
#pragma once

/* struct stage_port, for assembly */
#define STAGE_ADDRESS 0
#define STAGE_MASK 8
#define STAGE_BUSY 12
#define STAGE_STATUS 16
#define STAGE_DATA 18
#define STAGE_KIND 20
#define STAGE_WIDTH 21
#define STAGE_STOP 22

#define STAGE_MMIO 1
#define STAGE_SBI 2

#define STAGE_POLLS 0x100000 /* a character takes at most 1 ms */

#ifndef __ASSEMBLER__
#include <lib/types.h>

struct stage_port {
	u64 address;      /* of the UART's registers */
	u32 mask, busy;   /* full while (status & mask) == busy */
	u16 status, data; /* offsets */
	u8 kind, width;
	char stop; /* stop after this letter, to test the port */
	u8 unused;
};
extern const struct stage_port stage_port; /* from tools/hotplate earlycon */

/* At the link address, boot CPU only: map the port, print a letter. */
void stage_map(volatile void *(*map)(paddr_t, u64 len));
void stage(char letter);
void stage_end(void); /* a console was found: print no more letters */
#endif
