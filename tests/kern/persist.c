/* SPDX-License-Identifier: BSD-2-Clause */
/* A record that a restart preserves is used only if it is intact and from the same image. */
#include <kern/persist.h>
#include <lib/hash.h>
#include <lib/string.h>
#include <tests/harness/test.h>

#define MAGIC "HOTPLATE-TEST-1"

static struct object {
	struct persist head;
	u64 words[9];
} object;

static bool is_whole(void)
{
	return persist_valid(&object.head, MAGIC, sizeof(object));
}

static void seal(void)
{
	persist_seal(&object.head, MAGIC, sizeof(object));
}

static u64 sum(void)
{
	const u64 *word = (const u64 *)(const void *)&object;
	u64 h = 0;

	for (size_t i = 0; i < sizeof(object) / 8; i++)
		if (word + i != &object.head.checksum)
			h = hash_u64(h, word[i]);
	return h;
}

TEST(kern, kept_whole,
     .claim = "a record that is truncated, changed, or of another size, kind or image is not used")
{
	for (unsigned i = 0; i < ARRAY_SIZE(object.words); i++)
		object.words[i] = rng_next(&t->rng);
	CHECK(t, !is_whole());
	seal();
	CHECK(t, is_whole());
	CHECK_EQ(t, object.head.checksum, sum());
	for (unsigned bit = 0; bit < 64 * ARRAY_SIZE(object.words); bit++) {
		object.words[bit / 64] ^= BIT(bit % 64);
		CHECK(t, !is_whole());
		object.words[bit / 64] ^= BIT(bit % 64);
	}
	CHECK(t, is_whole());
	CHECK(t, !persist_valid(&object.head, "HOTPLATE-TEST-2", sizeof(object)));
	CHECK(t, !persist_valid(&object.head, MAGIC, sizeof(object) - 8));
	object.head.image[0] ^= 1;
	object.head.checksum = sum(); /* as another image would leave it */
	CHECK(t, !is_whole());
	seal();
	persist_open(&object.head);
	CHECK(t, !is_whole());
	memset(&object, 0, sizeof(object));
}
