/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch_store_template() with words that equal the loop's counter or pointer: a compiler that knows
 * this may keep both in one register, unless the constraints state that the loop modifies its own
 * before the last word is read.
 */
#include <arch/arch.h>
#include <lib/string.h>
#include <tests/harness/test.h>

#define UNITS 19 /* twice the unrolled loop, and three more */
#define WORDS 8

static u64 room[UNITS + 1][WORDS] __attribute__((aligned(64)));
static u64 word[WORDS];

/* Compare word by word; the index of the first wrong word, or -1. */
static s64 wrong(u64 units)
{
	for (u64 i = 0; i < (UNITS + 1) * WORDS; i++)
		if (room[i / WORDS][i % WORDS] != (i < units * WORDS ? word[i % WORDS] : 0))
			return (s64)i;
	return -1;
}

static __attribute__((always_inline)) inline void fill(u64 units, const u64 t[WORDS])
{
	arch_store_template(room, units, t);
}

/* The rounds of both loops and the address are compile-time constants here, as are the words. */
#define EQUAL(name, units, value)                                                                  \
	static __attribute__((noinline)) void name(void)                                           \
	{                                                                                          \
		fill(units,                                                                        \
		     (const u64[WORDS]) { (value), 1, (value), 3, 4, (value), 6, (value) });       \
	}
EQUAL(rounds_of_eight, 16, 2)
EQUAL(rounds_of_one, 19, 3)
EQUAL(both_rounds, 9, 1)
EQUAL(where_it_begins, 19, (u64)(uintptr_t)room)
EQUAL(how_many, 19, 19)

static const struct {
	void (*fill)(void);
	u64 units, value;
} fills[] = {
	{ rounds_of_eight, 16, 2 }, { rounds_of_one, 19, 3 },
	{ both_rounds, 9, 1 },      { where_it_begins, 19, (u64)(uintptr_t)room },
	{ how_many, 19, 19 },
};

TEST(kern, template, .claim = "a template is stored as it is, whatever its words are equal to")
{
	for (unsigned i = 0; i < ARRAY_SIZE(fills); i++) {
		u64 v = fills[i].value;
		const u64 of[WORDS] = { v, 1, v, 3, 4, v, 6, v };

		memcpy(word, of, sizeof(word));
		memset(room, 0, sizeof(room));
		fills[i].fill();
		CHECK_EQ(t, wrong(fills[i].units), -1);
	}
}
