/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/kern/words.c - output stays in the log ring; arguments of boot take effect. */
#include <boot/boot.h>
#include <kern/probe.h>
#include <lib/string.h>
#include <tests/harness/test.h>

static const char *find(const char *text, size_t len, const char *what)
{
	size_t n = strlen(what);

	for (size_t i = 0; i + n <= len; i++)
		if (!memcmp(text + i, what, n))
			return text + i;
	return NULL;
}

/* There are guard pages in between, so probe before reading. */
static bool is_magic(const char *at)
{
	u64 word;

	return !probe_load64((vaddr_t)(uintptr_t)at, &word) &&
	       !memcmp(&word, "HOTPLATE", sizeof(word)) &&
	       !memcmp(at, "HOTPLATE-LOG-1", sizeof("HOTPLATE-LOG-1"));
}

TEST(kern, log_ring,
     .claim = "the log ring has its magic where tools search a dump for it, and holds the latest "
	      "output")
{
	static char tail[512];
	unsigned rings = 0;
	size_t len;

	for (const char *at = data_start; at < image_end; at += 64)
		rings += is_magic(at);
	CHECK_EQ(t, rings, 1);
	kprintf("  # ring %08x\n", 0xfeedu + (unsigned)t->rng.state);
	len = log_tail(tail, sizeof(tail));
	CHECK(t, find(tail, len, "  # ring ") != NULL);
}

static unsigned sentences;

static void count_sentence(const char *sentence)
{
	sentences += strlen(sentence) > 0;
}

TEST(kern, words,
     .claim = "the later word of two takes effect; an unknown, malformed or wrong word is reported "
	      "in one sentence and ignored")
{
	static struct args a;
	u64 start, len, n;

	a = (struct args) { 0 };
	sentences = 0;
	CHECK_EQ(t,
		 args_parse(&a,
			    "tlb-max=7 leaf=page nonsense tlb-max=9 block=3G exit=maybe tlb-max=x",
			    count_sentence),
		 4);
	CHECK_EQ(t, sentences, 4);
	CHECK_EQ(t, arg_number(&a, ARG_TLB_MAX), 9);
	CHECK(t, !strcmp(arg_text(&a, ARG_LEAF), "page"));
	CHECK(t, !strcmp(arg_text(&a, ARG_BLOCK), arg_text(NULL, ARG_BLOCK)));
	CHECK_EQ(t, parse_range("0x80000000+1G", &start, &len, NULL), 0);
	CHECK(t, start == 0x80000000 && len == GiB);
	CHECK(t, parse_range("0x80000000+", &start, &len, NULL) != 0);
	CHECK(t, parse_range("0xffffffffffffffff+2", &start, &len, NULL) != 0);
	CHECK(t, parse_number("12Q", &n) != 0 && parse_number("", &n) != 0);
	CHECK(t, parse_number("16M", &n) == 0 && n == 16 * MiB);
}
