/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/order_rules.h - the duties of one store to a table, from the manuals alone.
 *
 * Written independently of mm/pt/fmt and with other tables: bits by their names in the manuals, one
 * row per format family.  [A] is the Arm ARM, DDI 0487, D8.3 (descriptors), D8.17.1 R_WHZWS in
 * issue M.a.a (break-before-make).  [R] is the RISC-V privileged architecture, 4.2.1 (SFENCE.VMA),
 * 4.4 (PTEs), Svnapot.  Two stores of one CPU are ordered only by a barrier: [A] B2.3, RVWMO.
 */
#pragma once
#include <mm/pt/pt.h>

enum order_duty {
	DUTY_LEAF = 1,          /* an invalidation of the leaves' addresses */
	DUTY_WALK = 2,          /* ... that reaches cached pointers to tables */
	DUTY_BREAK = 4,         /* ... that is complete before the new value is stored */
	DUTY_PUBLISH = 8,       /* a barrier after the contents of the table, before the pointer */
	DUTY_PUBLISH_DATA = 16, /* a barrier between the stores to the frame and the leaf */
};

unsigned order_rule(const struct pt *, pte_t old, pte_t new, unsigned level);
