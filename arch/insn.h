/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/insn.h - one instruction by its text, without or with one operand.
 *
 * The TLB back ends issue every barrier and invalidation through it.  When they run as a host
 * process, tests/host/arch/insn.h takes the place of this header: it records the text and the
 * operand, and a decoder written from the manuals defines its effect (tests/host/tlb).  So the
 * operand is computed in C before the macro.
 */
#pragma once

#define insn(text) __asm__ volatile(text ::: "memory")
#define insn_on(text, operand) __asm__ volatile(text ::"r"(operand) : "memory")
