/* SPDX-License-Identifier: BSD-2-Clause */
/* V-04: by STATE requests, the virtio-mem device and the kernel's bitmap agree on every part. */
#include <drivers/virtio/mem_source.h>
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
