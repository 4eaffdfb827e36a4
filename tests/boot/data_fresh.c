/* SPDX-License-Identifier: BSD-2-Clause */
/* Every boot, also after restarts, begins with .data and .bss as linked. */
#include <kern/restart.h>
#include <tests/harness/util.h>

#define AS_LINKED 0x5eedda7a00000000ul

static u64 data = AS_LINKED;
static u64 bss;

/* The value that the test stores names the boot, so a second run in this boot recognises it. */
static bool fresh(u64 *v, u64 linked)
{
	u64 was = *v;

	*v = linked + restart.lives;
	return was == linked || was == *v;
}

TEST(boot, data_fresh, .claim = "initialised and zeroed data are as linked in every boot")
{
	CHECK(t, restart.lives >= 1);
	CHECK(t, fresh(&data, AS_LINKED));
	CHECK(t, fresh(&bss, 0));
}
