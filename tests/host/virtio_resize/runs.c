/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/virtio_resize/runs.c - a request is about 65535 parts at most (its field has 16 bits),
 * so more are several; blocks of 2^17 parts of a page.
 */
#include <want.h>

#include "tests.h"

#define CARD (&cards[0])
#define PART 4096ul

static void want(u64 parts, const char *log)
{
	CARD->config.requested = parts * PART;
	tell(CARD);
	settle();
	WANT_LOG(log);
}

void runs_tests(void)
{
	struct why why = { 0 };

	fake_begin(PART, 1u << 16);
	WANT(!virtio_mem_start(&CARD->t, &why));
	WANT_LOG("look");
	want(65535, "plug 0+65535; add 0; look");
	want(65538, "look; plug 65535+1; expose 65535+1; look; plug 65536+2; add 1; look");
	want(0, "look; remove 1; unplug 65536+2; look; remove 0; unplug 0+65535; unplug 65535+1; "
		"look");
	want(65536, "look; plug 0+65535; add 0; look; plug 65535+1; expose 65535+1; look");
	tell(CARD);
	CARD->config.requested = 0;
	works_run(false);
	answer_event(16);
	settle();
	WANT_LOG("look; remove 0; conceal 1+65535; unplug 1+65535; conceal 0+1; unplug 0+1; look");
	CARD->there[0] = false;
	WANT(!virtio_mem_stop(&CARD->t, &why));
}
