/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/flash.h - flash=FILE[,FILE]: a NOR flash of two banks, from which firmware starts if
 * there is no image=.  The first file is at the start of bank 0, the second one at the start of
 * bank 1; other bytes are erased: 0xff.
 *
 * Bank 0 is memory that cannot be written.  CPUs execute its bytes; a store is an access fault, or,
 * with protect=0, has no effect: the manuals leave that to the bus (DDI 0487, D7.6: "It is
 * IMPLEMENTATION DEFINED which External aborts, if any, are supported"; RISC-V privileged
 * specification, "Physical Memory Attributes").
 *
 * Bank 1 is for the variables of firmware: two chips of 16 bits side by side, or one (chips=1), or
 * chips of 8 bits (narrow=1), with the commands of the Basic Command Set of Intel (0001h of the
 * Common Flash Interface, JEP137 and JESD68.01), as in the data sheet of the StrataFlash P30: read
 * array, identifier, query and status, word and buffered program, block erase.  Blocks are not
 * locked.  Its contents change during a run, and a reset keeps them; the files do not change. Legal
 * freedom (device=): a chip is busy for some reads of its status; a command that is written
 * meanwhile has no effect.
 */
#pragma once
#include <machine/device.h>

extern struct machine_device flash_device; /* bank 1; 0 bytes: there is no flash */
extern struct machine_device flash_rom;    /* bank 0, for stores alone */
extern u64 flash_chips;                    /* side by side */
extern u64 flash_narrow;                   /* narrow=1: chips of 8 bits instead of 16 */
extern u64 flash_protected;                /* protect=0: a store to bank 0 has no effect */

/* Put bank 1 of `bytes` bytes at `base`, after bank 0; its first n bytes are `with`. */
void flash_add(u64 base, u64 bytes, const u8 *with, u64 n);
/* A reset: the chips read their array, contents stay. */
void flash_power_on(void);
