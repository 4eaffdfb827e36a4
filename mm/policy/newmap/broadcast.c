/* SPDX-License-Identifier: BSD-2-Clause */
/* newmap=broadcast - every CPU invalidates before the map returns. */
#include <mm/policy/policy.h>

static const struct newmap_scheme broadcast = {
	.s = { .name = "broadcast",
	       .claim = "no CPU faults on a page that is mapped",
	       .linux_peer = "flush_cache_vmap() of riscv before 503638e0babf",
	       .promises = PROMISE_USED | PROMISE_OWN | PROMISE_OTHERS },
	.broadcast = true,
};
NEWMAP_SCHEME(broadcast, broadcast);
