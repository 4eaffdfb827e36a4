/* SPDX-License-Identifier: BSD-2-Clause */
/* V-04: by STATE requests, the virtio-mem device and the kernel's bitmap agree on every part. */
#include <drivers/virtio/mem_source.h>
#include <kern/restart.h>
#include <tests/harness/test.h>

TEST(events, virtio_mem_state,
     .claim = "a virtio-mem device says of every part of its usable region what our map says",
     .rows = "V-04")
{
	struct why why = { 0 };
	u64 parts;

	CHECK_OK(t, virtio_mem_audit(&parts, &why), &why);
	if (!parts)
		test_skip(t, "no virtio-mem device has a usable region (VIRTIO_MEM=2G, and a size "
			     "requested of it)");
	test_key(t, "parts=%lu", parts);
}

/* A device that is live while the kernel enters itself again reads its queue from memory that is
 * something else by then. */
TEST(events, virtio_mem_left,
     .claim = "before the kernel is entered again each virtio-mem device is reset")
{
	unsigned live, n = virtio_mem_found(&live);

	if (!n || restart.began != RESTART_SOFT) {
		test_skip(t, n ? "the kernel has not entered itself again (geometry=A,B)"
			       : "there is no virtio-mem device (VIRTIO_MEM=2G)");
		return;
	}
	CHECK_EQ(t, live, 0);
	test_key(t, "devices=%u", n);
}
