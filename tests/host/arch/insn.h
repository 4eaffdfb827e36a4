/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/arch/insn.h - replaces arch/insn.h: instructions are recorded instead of executed. */
#pragma once
#include <lib/types.h>

void host_insn(const char *text, bool has_operand, u64 operand);

#define insn(text) host_insn(text, false, 0)
#define insn_on(text, operand) host_insn(text, true, (u64)(operand))
