/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong on purpose: the CPU that maps has no fence. */
#include <mm/policy/policy.h>

static const struct newmap_scheme wrong_own = {
	.s = { .name = "wrong-own",
	       .claim = "the CPU that maps a page uses it without a fault",
	       .promises = PROMISE_OWN },
	.unfenced = true,
};
NEWMAP_SCHEME(wrong_own, wrong_own);
