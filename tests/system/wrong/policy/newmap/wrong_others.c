/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong on purpose: only the CPU that maps has a fence. */
#include <mm/policy/policy.h>

static const struct newmap_scheme wrong_others = {
	.s = { .name = "wrong-others",
	       .claim = "no CPU faults on a page that is mapped",
	       .promises = PROMISE_OTHERS },
};
NEWMAP_SCHEME(wrong_others, wrong_others);
