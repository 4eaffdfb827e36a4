/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/lab/patterns.h - rounds of patterns_order.c, for the table in patterns.c. */
#pragma once
#include <mm/policy.h>
#include <tests/lab/stress.h>

void pattern_co_tr_inv(struct stress *);
void pattern_mp_tt_inv(struct stress *);
/* Select the back end in force without its barriers; afterwards tlb_select(before). */
void pattern_weak_begin(const struct tlb_scheme **before);
