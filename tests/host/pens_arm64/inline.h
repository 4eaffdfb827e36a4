/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/pens_arm64/inline.h - included before everything else: each instruction calls a
 * function of the program with its text. */
#pragma once
#include <arch/arch.h>
#include <boot/boot.h>
#include <cache.h>
#include <drivers/device.h>
#include <kern/cpu.h>
#include <kern/restart.h>
#include <lib/assert.h>
#include <lib/init.h>
#include <mmu.h>
#include <regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fake_instruction(const char *text);

/* `__asm__ volatile(...)`; no object is declared with brackets after `volatile`. */
#define __asm__
#define volatile(...) fake_instruction(#__VA_ARGS__)
