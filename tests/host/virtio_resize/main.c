/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/virtio_resize/main.c - drivers/virtio/mem_source.c and mem_source_resize.c. */
#include <want.h>

#include "tests.h"

int main(void)
{
	sizes_tests();
	runs_tests();
	starts_tests();
	printf("virtio_resize: %u not so\n", want_failed);
	return want_failed != 0;
}
