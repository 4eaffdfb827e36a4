/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/channel/main.c - the channel as the host observes it (docs/vmm.md): the words, the
 * effect and the answer of each request, the order in which stores become visible; and the
 * permitted places of a channel.
 */
#include <arch/arch.h>
#include <asserts.h>
#include <drivers/fdt/overlay.h>
#include <drivers/fdt/overlay_source.h>
#include <fakes/hotplug_lock.h>
#include <kern/args.h>
#include <lib/printf.h>
#include <mm/kernel/kpt.h>
#include <mm/page/region.h>
#include <stdarg.h>

#define AT 0x80000000ul
#define PAGE 4096u
#define BYTES (8 * PAGE)
#define WHY_BYTES 184

/* docs/vmm.md: offsets of words. */
enum { SEQUENCE = 0, OPERATION = 1, VALUE = 2, MAGIC = 16, ANSWERED = 17, CODE = 18, NUMBER = 19 };
enum { WHY = 20, BLOB = 0x1000 / 4 };
#define HOP1 0x31504f48u

static const struct pt_fmt format = { .page_shift = 12 };

static u32 words[BYTES / 4 + 8];
static const char *argument;
static bool no_map, held;
static unsigned maps;
static u64 mapped_bytes;
static struct {
	unsigned adds, removes, barriers;
	u8 blob[OVERLAY_BYTES];
	u64 size;
	unsigned id;
	overlay_done *done;
	u32 sequence_at_last, code_at_last;
} seen;
static int result; /* result of the next add or removal */
static bool late;  /* the words of the request change at the barrier */
static char remark[200];

/* ---- functions that the file calls ---- */
void arch_io_mb(void)
{
	seen.barriers++;
	seen.sequence_at_last = words[ANSWERED];
	seen.code_at_last = words[CODE];
	if (late) { /* only now the request is complete */
		words[OPERATION] = 2;
		words[VALUE] = 77;
		late = false;
	}
}

const char *arg_text(const struct args *a, enum arg_id id)
{
	WANT(!a && id == ARG_CHANNEL);
	return argument;
}

volatile void *kpt_map_device(paddr_t pa, u64 len)
{
	WANT(pa == AT && fake_hotplug == HOLD_NONE);
	maps++;
	mapped_bytes = len;
	return no_map ? NULL : words;
}

bool work_held(void)
{
	return held;
}

int overlay_apply(const void *blob, u64 size, overlay_done *done, struct why *why)
{
	WANT(((uintptr_t)blob & 7) == 0);
	memcpy(seen.blob, blob, size);
	seen.size = size;
	seen.done = done;
	seen.adds++;
	return result < 0 ? refuse(why, -result, "it is bad") : result;
}

int overlay_remove(unsigned id, overlay_done *done, struct why *why)
{
	seen.id = id;
	seen.done = done;
	seen.removes++;
	return result < 0 ? refuse(why, -result, "it is not there") : result;
}

void overlay_remark(const char *sentence)
{
	snprintf(remark, sizeof(remark), "%s", sentence);
}

/* ---- places of a channel ---- */

static const struct place {
	const char *name, *argument;
	u64 withheld, withheld_bytes, kept, kept_bytes; /* ranges of the registry */
	enum region_kind kept_as;
	bool no_map;
	int err;
	const char *text;
} places[] = {
	{ "no argument", "", 0, 0, 0, 0, 0, false, -ENODEV, "" },
	{ "no range", "here", 0, 0, 0, 0, 0, false, -EINVAL,
	  "here: wanted ADDR+SIZE, such as 0x80000000+1G" },
	{ "no page", "0x80000800+8K", AT, MiB, 0, 0, 0, false, -EINVAL,
	  "channel: 0x80000800+8K: whole pages, and more than 4 KiB" },
	{ "not whole pages", "0x80000000+9K", AT, MiB, 0, 0, 0, false, -EINVAL,
	  "channel: 0x80000000+9K: whole pages, and more than 4 KiB" },
	{ "no room for a blob", "0x80000000+4K", AT, MiB, 0, 0, 0, false, -EINVAL,
	  "channel: 0x80000000+4K: whole pages, and more than 4 KiB" },
	{ "memory that is in use", "0x80000000+8K", 0, 0, 0, 0, 0, false, -EINVAL,
	  "channel: 0x80000000+8K is neither withheld nor reserved with no-map" },
	{ "reserved, and mapped", "0x80000000+8K", 0, 0, AT, MiB, MEM_RESERVED, false, -EINVAL,
	  "channel: 0x80000000+8K is neither withheld nor reserved with no-map" },
	{ "beyond the end of no-map memory", "0x80000000+8K", 0, 0, AT, PAGE, MEM_NOMAP, false,
	  -EINVAL, "channel: 0x80000000+8K is neither withheld nor reserved with no-map" },
	{ "in front of no-map memory", "0x80000000+8K", 0, 0, AT + PAGE, MiB, MEM_NOMAP, false,
	  -EINVAL, "channel: 0x80000000+8K is neither withheld nor reserved with no-map" },
	{ "a byte in front of no-map memory", "0x80000000+8K", 0, 0, AT + 1, MiB, MEM_NOMAP, false,
	  -EINVAL, "channel: 0x80000000+8K is neither withheld nor reserved with no-map" },
	{ "a byte beyond the end of no-map memory", "0x80000000+8K", 0, 0, AT, 2 * PAGE - 1,
	  MEM_NOMAP, false, -EINVAL,
	  "channel: 0x80000000+8K is neither withheld nor reserved with no-map" },
	{ "no room for the mapping", "0x80000000+8K", 0, 0, AT, 2 * PAGE, MEM_NOMAP, true, -ENOMEM,
	  "channel: there is no address space for it" },
};

static void registry(u64 withheld, u64 withheld_bytes, u64 kept, u64 kept_bytes,
		     enum region_kind as)
{
	region_reset();
	region_add(AT - GiB, 2 * GiB, MEM_RAM, 0, NULL);
	if (withheld_bytes) {
		region_remove(withheld, withheld_bytes, MEM_RAM, NULL);
		region_add(withheld, withheld_bytes, MEM_WITHHELD, 0, NULL);
	}
	if (kept_bytes)
		region_add(kept, kept_bytes, as, 0, NULL);
}

static bool nothing_written(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i])
			return false;
	return true;
}

static void no_channel(void)
{
	char text[60];

	for (unsigned i = 0; i < ARRAY_SIZE(places); i++) {
		const struct place *p = &places[i];
		unsigned failed = want_failed;
		struct why why = { 0 };

		registry(p->withheld, p->withheld_bytes, p->kept, p->kept_bytes, p->kept_as);
		argument = p->argument;
		no_map = p->no_map;
		fake_hotplug_locks = maps = 0;
		WANT(channel_init(&why) == p->err && maps == p->no_map &&
		     fake_hotplug == HOLD_NONE);
		WANT_TEXT(why.text, p->text);
		WANT(nothing_written());
		channel_poll();
		WANT(nothing_written() && !seen.barriers);
		channel_describe(text, sizeof(text));
		WANT_TEXT(text, "by command (channel=ADDR+SIZE)");
		if (failed != want_failed)
			printf("# FAIL ^ %s\n", p->name);
	}
	no_map = false;
}

/* Requests made before this boot are ignored: their sequence number counts as answered. */
static void begin(const char *text, u32 sequence)
{
	struct why why = { 0 };

	memset(words, 0, sizeof(words));
	memset(&seen, 0, sizeof(seen));
	words[SEQUENCE] = sequence;
	words[OPERATION] = 1;
	argument = text;
	fake_hotplug_locks = maps = 0;
	remark[0] = 0;
	WANT(!channel_init(&why) && maps == 1 && fake_hotplug == HOLD_NONE);
	WANT_TEXT(why.text, "");
	WANT(words[MAGIC] == HOP1 && words[ANSWERED] == sequence && words[SEQUENCE] == sequence);
	WANT(seen.barriers == 1 && seen.sequence_at_last == sequence);
	channel_poll();
	WANT(!seen.adds && seen.barriers == 1);
}

static void where(void)
{
	char text[60];

	registry(AT - MiB, 2 * MiB, 0, 0, 0);
	begin("0x80000000+32K", 5);
	WANT(mapped_bytes == BYTES && fake_hotplug_locks == 1);
	WANT(region_find(MEM_RESERVED, AT, BYTES)->pa == AT);
	WANT(region_find(MEM_RESERVED, AT, BYTES)->len == BYTES);
	WANT(region_find(MEM_RESERVED, AT, BYTES)->kind == MEM_NOMAP);
	WANT(!region_find(MEM_WITHHELD, AT, BYTES)); /* removed from that list */
	WANT(region_total(MEM_WITHHELD) == 2 * MiB - BYTES);
	channel_describe(text, sizeof(text));
	WANT_TEXT(text, "channel at 0x80000000");
	registry(0, 0, AT, BYTES, MEM_NOMAP);
	begin("0x80000000+32K", 6);
	WANT(!fake_hotplug_locks);
	registry(0, 0, AT - PAGE, MiB, MEM_NOMAP);
	region_add(AT - GiB, PAGE, MEM_RESERVED, 0, NULL);
	begin("0x80000000+8K", 7);
	WANT(!fake_hotplug_locks && mapped_bytes == 2 * PAGE);
}

/* ---- requests ---- */

static u32 sequence;

static void ask(u32 operation, u32 value)
{
	words[OPERATION] = operation;
	words[VALUE] = value;
	words[SEQUENCE] = ++sequence;
	seen.barriers = 0;
	remark[0] = 0;
	channel_poll();
}

static void answer_is(u32 code, u32 number, const char *why)
{
	char text[WHY_BYTES + 1];

	memcpy(text, &words[WHY], WHY_BYTES);
	text[WHY_BYTES] = 0;
	WANT(words[ANSWERED] == sequence && words[CODE] == code && words[NUMBER] == number);
	WANT_TEXT(text, why);
	for (size_t i = strlen(why); i < WHY_BYTES; i++)
		WANT(!text[i]); /* no part of the answer is stored earlier */
	WANT(seen.sequence_at_last == sequence - 1 && seen.code_at_last == code);
	WANT(!words[WHY + WHY_BYTES / 4]);
}

static void fill(u32 bytes)
{
	memset(&words[BLOB], 0, BYTES - 0x1000);
	for (u32 i = 0; i < bytes; i++)
		((u8 *)&words[BLOB])[i] = (u8)(i * 7 + 1);
}

static void one_add(u32 size)
{
	seen.adds = 0;
	fill(size);
	result = 3;
	ask(1, size);
	WANT(seen.adds == 1 && seen.size == size && !memcmp(seen.blob, &words[BLOB], size));
	WANT(seen.barriers == 1 && words[ANSWERED] == sequence - 1); /* no answer yet */
	channel_poll();
	WANT(seen.adds == 1 && seen.barriers == 1); /* busy */
	seen.done(3, 0, "online as Movable");
	answer_is(0, 3, "online as Movable");
	WANT(seen.barriers == 2);
	channel_poll();
	WANT(seen.adds == 1 && seen.barriers == 2 && !remark[0]);
}

static void requests(void)
{
	static const char *const none[] = {
		"channel: operation 0 does not exist: 1 adds, 2 removes",
		"channel: operation 3 does not exist: 1 adds, 2 removes",
	};

	registry(AT - MiB, 2 * MiB, 0, 0, 0);
	begin("0x80000000+32K", 0xfffffffe);
	sequence = 0xfffffffe;
	one_add(400);
	one_add(401); /* whole words are read, and the sequence number wraps past 0 */
	one_add(403);
	one_add(4);
	one_add(OVERLAY_BYTES);
	one_add(1);
	one_add(0);
	seen.adds = 0;
	ask(1, OVERLAY_BYTES + 1);
	WANT(!seen.adds);
	answer_is((u32)-EINVAL, 0, "16385 bytes, at most 16384 fit the channel");
	WANT_TEXT(remark, "16385 bytes, at most 16384 fit the channel");
	ask(1, 0xffffffff);
	answer_is((u32)-EINVAL, 0, "4294967295 bytes, at most 16384 fit the channel");
	result = 0;
	ask(2, 7);
	WANT(seen.removes == 1 && seen.id == 7 && words[ANSWERED] == sequence - 1);
	seen.done(7, -EBUSY, "it stays");
	answer_is((u32)-EBUSY, 7, "it stays");
	WANT(!remark[0]);
	result = -ENOENT;
	ask(2, 8);
	answer_is((u32)-ENOENT, 0, "it is not there");
	WANT_TEXT(remark, "it is not there");
	result = -EPERM;
	ask(1, 4);
	answer_is((u32)-EPERM, 0, "it is bad");
	for (unsigned i = 0; i < 2; i++) {
		ask(i * 3, 4);
		answer_is((u32)-EINVAL, 0, none[i]);
	}
	result = -EPERM;
	ask(2, 9); /* it is not busy after a refused request */
	WANT(seen.id == 9);
}

/* The words after the sequence number are read after a barrier. */
static void order(void)
{
	result = -EPERM;
	late = true;
	ask(1, 4);
	WANT(seen.id == 77);
}

static void long_answers(void)
{
	char text[WHY_BYTES + 20];

	for (size_t len = WHY_BYTES - 2; len < WHY_BYTES + 10; len++) {
		size_t kept = len < WHY_BYTES ? len : WHY_BYTES - 1;

		memset(text, 'a', len);
		text[len - 2] = 'z';
		text[len] = 0;
		result = 1;
		ask(1, 4);
		seen.done(1, 0, text);
		text[kept] = 0;
		answer_is(0, 1, text);
	}
}

static void while_a_test_runs(void)
{
	held = true;
	seen.adds = 0;
	ask(1, 4);
	WANT(!seen.adds && !seen.barriers);
	held = false;
	channel_poll();
	WANT(seen.adds == 1);
	seen.done(1, 0, "x");
	answer_is(0, 1, "x");
}

/* A channel of two pages has one page for the blob; in a large one the blob has its maximum size.
 */
static void sizes(void)
{
	registry(0, 0, AT, 5 * GiB, MEM_NOMAP);
	begin("0x80000000+0x100001000", 0);
	sequence = 0;
	ask(1, OVERLAY_BYTES + 1);
	answer_is((u32)-EINVAL, 0, "16385 bytes, at most 16384 fit the channel");
	registry(0, 0, AT, MiB, MEM_NOMAP);
	begin("0x80000000+8K", 0);
	sequence = 0;
	one_add(PAGE);
	seen.adds = 0;
	ask(1, PAGE + 1);
	WANT(!seen.adds);
	answer_is((u32)-EINVAL, 0, "4097 bytes, at most 4096 fit the channel");
}

int main(void)
{
	layout.fmt = &format;
	no_channel();
	where();
	requests();
	order();
	long_answers();
	while_a_test_runs();
	sizes();
	printf("channel: %u not so\n", want_failed);
	return want_failed != 0;
}
