/* SPDX-License-Identifier: BSD-2-Clause */
/* Every boot, also after any number of restarts, begins with .data and .bss as linked. */
#include <kern/restart.h>
#include <tests/harness/util.h>

#define AS_LINKED 0x5eedda7a00000000ul

static u64 data = AS_LINKED;
static u64 bss;

/* The value left behind names the boot, so that a second run in one boot recognises its own
 * trace. */
static bool fresh(u64 *v, u64 linked)
{
	u64 was = *v;

	*v = linked + restart.lives;
	return was == linked || was == *v;
}

TEST(boot, data_fresh, .claim = "initialised and zeroed data are fresh in every life")
{
	CHECK(t, restart.lives >= 1);
	CHECK(t, fresh(&data, AS_LINKED));
	CHECK(t, fresh(&bss, 0));
}
