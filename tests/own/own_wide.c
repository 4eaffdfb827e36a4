/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-16, S1-17: a hot-add by several CPUs (kern/crew.h) is one actor.  Each CPU stores under the
 * lock of its caller, and the log of stores treats it like any other.
 */
#include <tests/harness/owners.h>

TEST(own, wide,
     .claim = "CPUs that help in a hot-add store as the actor hot-plug, under the hotplug lock for "
	      "writing",
     .rows = "S1-16 S1-17", .needs = NEED_GIB | NEED_SMP, .could = COULD_TRACE)
{
	u64 blocks = GiB / layout.block_bytes;
	struct owners_seen s;
	struct range r;

	if (blocks < 2) {
		test_skip(t, "a GiB has no two blocks to divide");
		return;
	}
	if (!range_get(t, &r, blocks, NULL))
		return;
	r.opts.leaf = 0; /* so that there is work to divide */
	r.opts.contig = false;
	owners_begin();
	range_add(t, &r);
	owners_end(&s);
	range_remove(t, &r);
	range_reset(&r);
	owners_judge(t, &s);
	CHECK_EQ(t, s.writers & ~BIT(PT_WRITER_SHADOW), BIT(PT_WRITER_HOTPLUG));
	CHECK(t, s.cpus & ~cpu_bit(this_cpu()->nr));
	test_key(t, "stores=%u cpus=%lx", s.stores, s.cpus);
}
