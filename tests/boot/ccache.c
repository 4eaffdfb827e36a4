/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver flushes each line of a range once from SiFive's composable cache, at its address, and
 * no address that this cache does not cover.  The registers are emulated: QEMU's models of the
 * boards have none.
 */
#include <arch/arch.h>
#include <drivers/cache/ccache.h>
#include <lib/string.h>
#include <tests/harness/util.h>

static struct {
	u64 at[8];
	unsigned nr;
	bool elsewhere; /* a register other than Flush64 of the manuals was written */
} fake;

static void fake_ccache_write(u32 offset, u64 value, void *arg)
{
	(void)arg;
	fake.elsewhere |= offset != 0x200;
	if (fake.nr < ARRAY_SIZE(fake.at))
		fake.at[fake.nr] = value;
	fake.nr++;
}

/* From the memory maps of the manuals, independently of the driver: DDR through the cache, and
 * windows that bypass it. */
static const struct {
	const char *compatible;
	paddr_t cached[4], not [4]; /* not: registers, and windows on DDR that bypass the cache */
} known[] = {
	{ "sifive,fu540-c000-ccache",
	  { 0x80000000, 0xffffffc0, 0x1fffffffc0 },
	  { 0x7fffffc0, 0x2010000, 0x2000000000 } },
	{ "sifive,fu740-c000-ccache", { 0x80000000, 0x47fffffc0 }, { 0x7fffffc0, 0x8000000 } },
	{ "starfive,jh7110-ccache",
	  { 0x40000000, 0x23fffffc0, 0x43fffffc0 },
	  { 0x3fffffc0, 0x440000000, 0x10000000 } },
	{ "microchip,mpfs-ccache",
	  { 0x80000000, 0xbfffffc0, 0x1000000000, 0x13ffffffc0 },
	  { 0xc0000000, 0xd0000000, 0x1400000000, 0x1800000000 } },
};

static void check_line(struct test_run *t, const struct ccache_model *m, paddr_t pa, bool cached)
{
	memset(&fake, 0, sizeof(fake));
	CHECK_EQ(t, ccache_flush(m, pa, fake_ccache_write, NULL), cached);
	CHECK_EQ(t, fake.nr, cached);
	CHECK(t, !fake.elsewhere);
	if (cached)
		CHECK_EQ(t, fake.at[0], pa / 64 * 64);
}

static void check_model(struct test_run *t, const struct ccache_model *m)
{
	unsigned found = 0;

	for (unsigned k = 0; k < ARRAY_SIZE(known); k++) {
		if (strcmp(known[k].compatible, m->compatible))
			continue;
		found++;
		for (unsigned i = 0; i < ARRAY_SIZE(known[k].cached); i++) {
			if (known[k].cached[i]) {
				check_line(t, m, known[k].cached[i], true);
				check_line(t, m, known[k].cached[i] + 63, true);
			}
			if (known[k].not [i])
				check_line(t, m, known[k].not [i], false);
		}
	}
	CHECK_EQ(t, found, 1);
}

TEST(boot, ccache, .claim = "a composable cache flushes lines of its own memory only")
{
	unsigned n = 0;

	for (const struct ccache_model *m = ccache_models; m->compatible; m++, n++)
		check_model(t, m);
	CHECK_EQ(t, n, ARRAY_SIZE(known));
}
