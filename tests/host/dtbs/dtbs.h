/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/dtbs/dtbs.h - a machine of which nothing is known but its device tree: memory for
 * registers, firmware that says yes and writes down what it was asked for.
 *
 * Everything that is printed begins with a word; tools/dtbs reads it and knows what it should be.
 */
#pragma once
#include <drivers/device.h>
#include <kern/cpu.h>
#include <stdio.h>

/* ---- registers.c ---- */
void registers_play(u64 offset, u32 value); /* of the UART that comes: reads as this, always */
/* The redistributors of a GICv3, one for each CPU in turn. */
void registers_redistributors(unsigned regions, u64 stride);
volatile void *registers_uart(paddr_t, u64 len);
volatile void *registers_irq(paddr_t, u64 len);
volatile void *registers_plain(paddr_t, u64 len);
extern bool registers_tell; /* writes to the UART are printed */

/* ---- machine.c ---- */
void machine_reset_state(u64 boot_hwid, bool riscv);
