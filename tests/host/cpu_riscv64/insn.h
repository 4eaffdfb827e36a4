/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/cpu_riscv64/insn.h - included before everything else: CSRs are variables of the
 * program, by name, and other instructions are omitted.
 */
#pragma once
#include <arch/arch.h>
#include <kern/cpu.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/riscv64/trap.h"

u64 fake_get(const char *name);
void fake_set(const char *name, u64 v);
u64 fake_swap(const char *name, u64 v); /* reads it and writes v */
void fake_instruction(const char *text);

#undef csr_read
#undef csr_write
#undef csr_set
#undef csr_clear
#undef csr_swap
#define csr_read(csr) fake_get(#csr)
#define csr_write(csr, v) fake_set(#csr, (u64)(v))
#define csr_set(csr, v) fake_set(#csr, fake_get(#csr) | (v))
#define csr_clear(csr, v) fake_set(#csr, fake_get(#csr) & ~(u64)(v))
#define csr_swap(csr, v) fake_swap(#csr, v)

/* `__asm__ volatile(...)`; no object is declared with brackets after `volatile`. */
#define __asm__
#define volatile(...) fake_instruction(#__VA_ARGS__)
