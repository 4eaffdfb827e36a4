/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_riscv/hart_test.h - one hart of the worst legal machine, by instructions.  A
 * part returns the number of its complaints, which it has printed.
 */
#pragma once
#include <machine/riscv/hart.h>

#define TEST_RAM 0x80000000ul
#define TEST_RAM_BYTES (2ul << 20)

/* Hart 0 is as after power-on, RAM is zero; the CPUs' stores are performed at once. */
void begin_hart(u64 stores, u64 loads);

unsigned check_views(void);     /* which values loads in program order may read */
unsigned check_fences(void);    /* what SFENCE.VMA must drop, and must not */
unsigned check_encodings(void); /* reserved ones stop; jumps leave a frame */
unsigned check_user(void);      /* U-mode: pages, instructions, traps */
unsigned check_errata(void);    /* erratum= */
unsigned check_floats(void);    /* fp=1 */
