/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/insn.h - one instruction by its text, without or with one operand.
 *
 * The TLB back ends say every barrier and invalidation so.  tests/host/arch/insn.h stands in for
 * this header where they run as a process: it records the text and the operand, and a decoder
 * written from the manuals says what such an instruction does (tests/host/tlb).  So an operand is
 * computed before it comes here.
 */
#pragma once

#define insn(text) __asm__ volatile(text ::: "memory")
#define insn_on(text, operand) __asm__ volatile(text ::"r"(operand) : "memory")
