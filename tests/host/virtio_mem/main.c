/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/virtio_mem/main.c - drivers/virtio/mem.c: which configurations and answers of a
 * virtio-mem device are accepted (Virtio 1.2, 5.15.4 and 5.15.6), and the messages about the
 * others.
 */
#include <drivers/virtio/mem.h>
#include <string.h>
#include <want.h>

#define PAGE 4096ul
#define BLOCK (128 * MiB)
#define NOT_USED ": the device is not used any more"

void caps_tests(void); /* caps.c */

/* ---- the first configuration ---- */
static void configurations(void)
{
	static const struct {
		u64 part, pa, region;
		const char *wrong; /* NULL: it is taken */
	} rows[] = {
		{ 2 * MiB, 4 * GiB, GiB, NULL },
		{ PAGE, BLOCK, BLOCK, NULL },
		{ BLOCK, 4 * GiB, BLOCK, NULL },
		{ PAGE, 0, BLOCK, NULL },
		{ BLOCK, -2 * BLOCK, BLOCK, NULL },
		{ PAGE / 2, 4 * GiB, GiB, "sub-blocks of 0x800 bytes" },
		{ 2 * BLOCK, 4 * GiB, GiB, "sub-blocks of 0x10000000 bytes" },
		{ 0, 4 * GiB, GiB, "sub-blocks of 0x0 bytes" },
		{ 3 * MiB, 4 * GiB, GiB, "sub-blocks of 0x300000 bytes" },
		{ 2 * MiB, 4 * GiB, 0, "whole memory blocks" },
		{ 2 * MiB, 4 * GiB + 64 * MiB, GiB, "whole memory blocks" },
		{ 2 * MiB, 4 * GiB, BLOCK / 2, "whole memory blocks" },
		{ 2 * MiB, -BLOCK, 2 * BLOCK, "whole memory blocks" },
		{ 2 * MiB, -2 * BLOCK, 3 * BLOCK, "whole memory blocks" },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct virtio_mem_config c = { .subblock_bytes = rows[i].part,
						     .pa = rows[i].pa,
						     .region = rows[i].region };
		struct why why = { 0 };
		int err = virtio_mem_check(&c, PAGE, BLOCK, &why);

		WANT(err == (rows[i].wrong ? -EINVAL : 0) && why.code == err);
		WANT(!rows[i].wrong || strstr(why.text, rows[i].wrong));
	}
}

static void sentences(void)
{
	const struct virtio_mem_config c = { .subblock_bytes = 3 * MiB };
	const struct virtio_mem_config d = { .subblock_bytes = MiB,
					     .pa = 5 * GiB,
					     .region = 64 * MiB };
	struct why why;

	virtio_mem_check(&d, PAGE, BLOCK, &why);
	WANT_TEXT(why.text, "virtio-mem: 0x140000000+64M is not made of whole memory blocks");
	virtio_mem_check(&c, PAGE, BLOCK, &why);
	WANT_TEXT(why.text,
		  "virtio-mem: sub-blocks of 0x300000 bytes do not divide a memory block of "
		  "128 MiB (block=1G, 2G)");
}

/* ---- later ones: sizes change, and nothing else ---- */
static void later_configurations(void)
{
	const struct virtio_mem_config first = { 2 * MiB, 1, { 0 }, GiB, 3 * GiB, 0, 0, 0 };
	struct virtio_mem_config now = first;
	struct why why = { 0 };

	now.usable = now.plugged = now.requested = 512 * MiB;
	now.unused[3] = 7;
	WANT(!virtio_mem_check_again(&first, &now, &why) && !why.code);
	now = first;
	now.subblock_bytes = 4 * MiB;
	WANT(virtio_mem_check_again(&first, &now, &why) == -EIO);
	WANT_TEXT(why.text,
		  "virtio-mem: 0x40000000+3G in sub-blocks of 0x200000 became 0x40000000+3G "
		  "in sub-blocks of 0x400000: it is not used any more");
	now = first;
	now.node = 2;
	WANT(virtio_mem_check_again(&first, &now, &why) == -EIO);
	now = first;
	now.pa = 2 * GiB;
	WANT(virtio_mem_check_again(&first, &now, &why) == -EIO);
	WANT(strstr(why.text, "0x40000000+3G in sub-blocks of 0x200000 became 0x80000000+3G"));
	now = first;
	now.region = 2 * GiB;
	WANT(virtio_mem_check_again(&first, &now, &why) == -EIO);
	WANT(strstr(why.text, "became 0x40000000+2G"));
}

/* ---- answers: ack, nack, busy, error; a state of 0, 1 or 2 where one was requested ---- */
static void answer(unsigned type, unsigned state, enum virtio_mem_type asked)
{
	const struct virtio_mem_response a = { .type = (u16)type, .state = (u16)state };
	bool stateful = asked == VIRTIO_MEM_STATE && type == 0;
	bool right = type <= 3 && (!stateful || state <= 2);
	char wanted[96];
	struct why why = { 0 };

	WANT(virtio_mem_answer(&a, 10, asked, &why) == (right ? (int)type : -EIO));
	WANT(why.code == (right ? 0 : -EIO));
	snprintf(wanted, sizeof(wanted), "virtio-mem: unknown response %u, state %u" NOT_USED, type,
		 state);
	if (!right)
		WANT_TEXT(why.text, wanted);
}

static void answers(void)
{
	static const unsigned numbers[] = { 0, 1, 2, 3, 4, 5, 0x7fff, 0x8000, 0xffff };

	for (unsigned asked = 0; asked < VIRTIO_MEM_TYPES; asked++)
		for (unsigned t = 0; t < ARRAY_SIZE(numbers); t++)
			for (unsigned s = 0; s < ARRAY_SIZE(numbers); s++)
				answer(numbers[t], numbers[s], (enum virtio_mem_type)asked);
}

/* 10 bytes: a type, padding, and a state. */
static void short_answers(void)
{
	static const int lengths[] = { -1, 0, 2, 9, 10, 12 };
	const struct virtio_mem_response a = { .type = 1 };

	for (unsigned i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct why why = { 0 };
		int is = virtio_mem_answer(&a, lengths[i], VIRTIO_MEM_PLUG, &why);
		char wanted[96];

		WANT(is == (lengths[i] < 10 ? -EIO : 1));
		snprintf(wanted, sizeof(wanted),
			 "virtio-mem: a response of %d bytes, 10 are needed" NOT_USED, lengths[i]);
		if (is < 0)
			WANT_TEXT(why.text, wanted);
	}
}

int main(void)
{
	configurations();
	sentences();
	later_configurations();
	answers();
	short_answers();
	caps_tests();
	printf("virtio_mem: %u not so\n", want_failed);
	return want_failed != 0;
}
