/* SPDX-License-Identifier: BSD-2-Clause */
/* V-04: the virtio-mem device, by STATE requests, and the kernel's bitmap agree on every part. */
#include <drivers/virtio/mem_source.h>
#include <kern/restart.h>
#include <tests/harness/test.h>

TEST(events, virtio_mem_state,
     .claim = "a virtio-mem device and the kernel's map agree on every part of the usable region",
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

/* A device that is live while the kernel restarts itself would read its queue from memory that has
 * another use by then. */
TEST(events, virtio_mem_left,
     .claim = "each virtio-mem device is reset before the kernel restarts itself")
{
	unsigned live, n = virtio_mem_found(&live);

	if (!n || restart.began != RESTART_SOFT) {
		test_skip(t, n ? "the kernel has not restarted itself (geometry=A,B)"
			       : "there is no virtio-mem device (VIRTIO_MEM=2G)");
		return;
	}
	CHECK_EQ(t, live, 0);
	test_key(t, "devices=%u", n);
}
