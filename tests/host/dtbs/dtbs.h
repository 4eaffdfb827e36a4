/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/dtbs/dtbs.h - a machine that only a device tree describes: registers are memory,
 * firmware accepts and records every request.
 *
 * Every line of output begins with a keyword; tools/hotplate dtbs reads it and knows the expected
 * values.
 */
#pragma once
#include <drivers/device.h>
#include <kern/cpu.h>
#include <stdio.h>

/* ---- registers.c ---- */
void registers_play(u64 offset, u32 value); /* of the next UART: fixed value */
/* The layout of a GICv3's redistributors, one for each CPU in turn. */
void registers_redistributors(unsigned regions, u64 stride);
volatile void *registers_uart(paddr_t, u64 len);
volatile void *registers_irq(paddr_t, u64 len);
volatile void *registers_plain(paddr_t, u64 len);
extern bool registers_tell; /* writes to the UART are printed */

/* ---- machine.c ---- */
void machine_reset_state(u64 boot_hwid, bool riscv);
