/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/arch/insn.h - stands in for arch/insn.h: what would be executed is written down.
 */
#pragma once
#include <lib/types.h>

void host_insn(const char *text, bool has_operand, u64 operand);

#define insn(text) host_insn(text, false, 0)
#define insn_on(text, operand) host_insn(text, true, (u64)(operand))
