// SPDX-License-Identifier: BSD-2-Clause
/* What every life begins with: .data and .bss as linked, however many lives there were before. */
#include <kern/restart.h>
#include <tests/util.h>

#define AS_LINKED 0x5eedda7a00000000ull

static u64 data = AS_LINKED;
static u64 bss;

/* The value left behind names the life, so a second run in one life knows its own trace. */
static bool fresh(u64 *v, u64 linked)
{
	u64 was = *v;

	*v = linked + restart.lives;
	return was == linked || was == *v;
}

TEST(boot, data_fresh, .claim = "initialised and zeroed data are fresh in every life",
     .rows = "E-10")
{
	CHECK(t, restart.lives >= 1);
	CHECK(t, fresh(&data, AS_LINKED));
	CHECK(t, fresh(&bss, 0));
}
