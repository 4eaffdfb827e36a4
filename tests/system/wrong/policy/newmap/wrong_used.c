/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong on purpose: on every machine, a CPU retries faults without an invalidation. */
#include <mm/policy/policy.h>

static const struct newmap_scheme wrong_used = {
	.s = { .name = "wrong-used",
	       .claim = "no CPU fences, and each CPU uses the page after retries",
	       .promises = PROMISE_USED },
	.unfenced = true,
	.bounded = true,
};
NEWMAP_SCHEME(wrong_used, wrong_used);
