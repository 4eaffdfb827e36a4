/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/optimise/main.c - mm/memmap/memmap_optimise.c: which frames map the struct pages of a
 * chunk, with which rights, what a CPU reads there, and which frames are free; before, between and
 * after, and when it is refused.
 */
#include "fake.h"
#include <fakes/hotplug_lock.h>
#include <mm/memmap/memmap_optimise.h>
#include <want.h>

static struct why why;

static struct page *chunk(unsigned at, unsigned order)
{
	struct page *head = fake_page(CHUNK + at);
	struct page tail = { .flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_TAIL, 0, NODE) };

	for (unsigned i = 1; i < 1u << order; i++)
		head[i] = tail;
	*head = (struct page) { .flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_USED, order, NODE),
				.refcount = 1,
				.owner = "somebody" };
	return head;
}

static bool head_is(const struct page *head, unsigned class, unsigned order)
{
	return head->flags == PAGE_FLAGS(class, PAGE_USED, order, NODE) && head->refcount == 1 &&
	       !strcmp(head->owner, "somebody") && !head->head && !head->private;
}

static bool tails_are(const struct page *head, unsigned order, const struct page *of)
{
	struct page tail = { .flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_TAIL, 0, NODE) };

	tail.head = (struct page *)(uintptr_t)of;
	for (unsigned i = 1; i < 1u << order; i++)
		if (memcmp(&head[i], &tail, sizeof(tail)))
			return false;
	return true;
}

static void at_rest(void)
{
	WANT(fake_hotplug == HOLD_NONE && !fake.gathers && !fake.plans && !fake.window);
	for (unsigned i = 0; i < VM_PAGES; i++)
		WANT(fake.used[fake.map[i].frame]);
}

static unsigned frames_used(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < FRAMES; i++)
		n += fake.used[i];
	return n;
}

/* ---- there ---- */
static struct page *optimised(unsigned at, unsigned order)
{
	struct page *head = chunk(at, order);
	unsigned first = (CHUNK + at) / 64, pages = (1u << order) / 64, used = frames_used();
	u64 saved = memmap_optimise_saved();

	WANT(!memmap_optimise(head, &why));
	WANT(head_is(head, PAGE_REMAPPED, order) && tails_are(head, order, head));
	for (unsigned i = 0; i < VM_PAGES; i++) {
		unsigned in = i - first;
		bool shared = in < pages && in;

		WANT(fake.map[i].rw == !shared);
		WANT(fake.map[i].frame == VM_FIRST + (shared ? first + 1 : i));
	}
	WANT(frames_used() == used - (pages - 2));
	WANT(memmap_optimise_saved() == saved + pages - 2);
	WANT(fake.splits == 1 && !fake.joins);
	at_rest();
	return head;
}

/* ---- and back: the frames `busy` have another owner by then ---- */
static void check_trip(unsigned at, unsigned order, u32 busy)
{
	unsigned first = (CHUNK + at) / 64, pages = (1u << order) / 64, asked = 0;
	struct page *head;

	fake_begin();
	head = optimised(at, order);
	for (unsigned i = 2; i < pages; i++)
		if (busy >> i & 1)
			fake.used[VM_FIRST + first + i] = true;
	WANT(!memmap_unoptimise(head, &why));
	WANT(head_is(head, PAGE_BUDDY, order) && tails_are(head, order, NULL));
	for (unsigned i = 0; i < VM_PAGES; i++) {
		unsigned in = i - first;
		bool other = in < pages && in >= 2 && (busy >> in & 1);

		WANT(fake.map[i].rw);
		WANT(fake.map[i].frame == (other ? SPARE + 2 * asked++ : VM_FIRST + i));
	}
	WANT(asked == fake.any_asked && fake.joins == 1);
	WANT(!memmap_optimise_saved());
	at_rest();
	if (want_failed)
		printf("#   at %u, order %u, busy %x\n", at, order, busy);
}

static void check_trips(void)
{
	static const u32 busy[] = { 0, ~0u, 0x5555, 0xaaaa, 1u << 2, 1u << 15, 0x0f0, 0xff00 };

	for (unsigned i = 0; i < ARRAY_SIZE(busy); i++) {
		check_trip(0, 10, busy[i]);
		check_trip(512, 9, busy[i]);
		check_trip(256, 8, busy[i]);
	}
}

/* Frames that were freed and are in memory that must not have struct pages are replaced by others.
 */
static void check_places(void)
{
	static const struct {
		bool there, boot;
		u8 state, zone;
		bool same;
	} places[] = {
		{ true, false, BLOCK_ONLINE, ZONE_NORMAL, true },
		{ true, true, BLOCK_ONLINE, ZONE_NORMAL, true },
		{ true, false, BLOCK_ONLINE, ZONE_MOVABLE, false },
		{ true, false, BLOCK_OFFLINE, ZONE_NORMAL, false },
		{ true, false, BLOCK_GOING_OFFLINE, ZONE_NORMAL, false },
		{ false, false, BLOCK_ONLINE, ZONE_NORMAL, false },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(places); i++) {
		struct page *head;

		fake_begin();
		head = optimised(0, 8);
		fake.frames_there = places[i].there;
		fake.frames.boot = places[i].boot;
		fake.frames.state = places[i].state;
		fake.frames.zone = places[i].zone;
		WANT(!memmap_unoptimise(head, &why));
		WANT(fake.any_asked == (places[i].same ? 0 : 2));
		WANT(tails_are(head, 8, NULL) && fake.joins == 1);
		at_rest();
	}
}

static void check_no_frames(void)
{
	for (unsigned most = 0; most < 14; most++) {
		struct page *head;
		char text[80];
		unsigned used;

		fake_begin();
		head = optimised(0, 10);
		for (unsigned i = 2; i < 16; i++)
			fake.used[VM_FIRST + 16 + i] = true;
		used = frames_used();
		fake.any_most = most;
		WANT(memmap_unoptimise(head, &why) == -ENOMEM);
		snprintf(text, sizeof(text), "no frames for the struct pages of 0x40400: %u of 14",
			 most);
		WANT_TEXT(why.text, text);
		WANT(head_is(head, PAGE_REMAPPED, 10) && tails_are(head, 10, head));
		WANT(frames_used() == used && memmap_optimise_saved() == 14 && !fake.joins);
		for (unsigned i = 1; i < 16; i++)
			WANT(!fake.map[16 + i].rw && fake.map[16 + i].frame == VM_FIRST + 17);
		at_rest();
		fake.any_most = FRAMES;
		fake.any_asked = 0;
		WANT(!memmap_unoptimise(head, &why));
	}
}

/* ---- refusals ---- */
enum { FORWARD, BACK };

static void refused(unsigned way, struct page *head, int code, const char *text)
{
	struct fake was = fake;
	struct page head_was = *head;
	u64 saved = memmap_optimise_saved();

	WANT((way == BACK ? memmap_unoptimise(head, &why) : memmap_optimise(head, &why)) == -code);
	WANT_TEXT(why.text, text);
	WANT(!memcmp(&was, &fake, sizeof(was)) && !memcmp(&head_was, head, sizeof(*head)));
	WANT(memmap_optimise_saved() == saved && cpus[0].writer == PT_WRITER_MIGRATE);
	at_rest();
}

static void check_heads(void)
{
	static const char owned[] = "page 0x40400 is not the head of pages that an owner has to "
				    "itself";
	static const char shared[] = "page 0x40400 is not the head of an optimised chunk";
	struct page *head;

	fake_begin();
	head = chunk(0, 7);
	refused(FORWARD, head, EINVAL,
		"the struct pages of order 7 fill 2 pages, of 2 none can be saved");
	head = chunk(0, 8);
	refused(BACK, head, EINVAL, shared);
	page_set(head, PAGE_BUDDY, PAGE_FREE, 8);
	refused(FORWARD, head, EINVAL, owned);
	page_set(head, PAGE_DEVICE, PAGE_USED, 8);
	refused(FORWARD, head, EINVAL, owned);
	page_set(head, PAGE_REMAPPED, PAGE_USED, 8); /* by another one: it is mapped as ever */
	refused(FORWARD, head, EINVAL, owned);
	refused(BACK, head, EINVAL, shared);
	head = chunk(0, 8);
	head->private = 1;
	refused(FORWARD, head, EINVAL, owned);
	head->private = 0;
	fake.split_fails = true;
	refused(FORWARD, head, EBUSY, "cannot be broken");
	fake.split_fails = false;
	head = optimised(0, 8);
	refused(FORWARD, head, EINVAL, owned);
	WANT(!memmap_unoptimise(head, &why));
}

static void check_blocks(void)
{
	static const struct memmap_scheme own = { .s = { .name = "block" },
						  .where = MEMMAP_IN_EACH_BLOCK };
	struct page *head;

	fake_begin();
	head = chunk(0, 8);
	fake.added_there = false;
	refused(FORWARD, head, EBUSY, "page 0x40400 is boot memory, its struct pages are in use");
	fake.added_there = fake.added.boot = true;
	refused(FORWARD, head, EBUSY, "page 0x40400 is boot memory, its struct pages are in use");
	fake.added.boot = false;
	fake.added.state = BLOCK_OFFLINE;
	refused(FORWARD, head, EBUSY, "block 257 is offline, not online");
	fake.added.state = BLOCK_ONLINE;
	fake.added.memmap = &own;
	refused(FORWARD, head, EBUSY,
		"block 257 holds its own memmap (memmap=block), whose frames leave with it");
}

/* Three pages of struct pages are the first number of which one can be saved. */
static void check_order(void)
{
	static const struct {
		u8 page_shift, order;
	} rows[] = { { 12, 8 }, { 14, 10 }, { 16, 12 } };

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pt_fmt fmt = { .page_shift = rows[i].page_shift };

		layout.fmt = &fmt;
		WANT(memmap_optimise_order() == rows[i].order);
	}
}

int main(void)
{
	check_trips();
	check_places();
	check_no_frames();
	check_heads();
	check_blocks();
	check_order();
	printf("optimise: %u not so\n", want_failed);
	return want_failed != 0;
}
