/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/channel.c - the channel of overlays (channel.h).
 */
#include <fcntl.h>
#include <machine/channel.h>
#include <machine/core.h>
#include <machine/order.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEQUENCE 0x0u /* words of the host process; the first 32 bits are the sequence number */
#define INSIDE 0x40u  /* magic and sequence number, error code and number, a sentence */
#define INSIDE_END 0x108u
#define BLOB 0x1000u

static volatile u64 *file; /* mapped; NULL: there is no channel */
static u64 base;
static void (*visible)(unsigned cpu, u64 word, struct frame_state *f);

static void show(u64 offset)
{
	u64 value = core_memory(base + offset);

	if (file[offset / 8] != value)
		file[offset / 8] = value;
}

/* order_hooks.visible */
static void stored(unsigned cpu, u64 word, struct frame_state *f)
{
	if (word - base - INSIDE < INSIDE_END - INSIDE)
		show(word - base);
	visible(cpu, word, f);
}

/* Change memory, by an access that bypasses the caches and is no CPU's. */
static void put(u64 offset, u64 value)
{
	u64 word = base + offset;

	if (core_memory(word) == value)
		return;
	if (!order_hooks.hides || !order_hooks.hides(ORDER_NO_CPU, word, value, ~0ul, true))
		order_appears(ORDER_NO_CPU, word, value);
	core_visible(ORDER_NO_CPU, word, memory_frame(word));
}

/* The blob, the request, and then the sequence number, which shares its word with the operation. */
static void take(void)
{
	u64 first = file[SEQUENCE / 8], old = core_memory(base + SEQUENCE) & 0xffffffff;

	for (u64 at = BLOB; at < CHANNEL_BYTES; at += 8)
		put(at, file[at / 8]);
	put(SEQUENCE + 8, file[SEQUENCE / 8 + 1]);
	put(SEQUENCE, (first & ~0xfffffffful) | old);
	put(SEQUENCE, first);
}

void channel_poll(void)
{
	if (!file)
		return;
	/* Words that a cache clean has written to memory; the sequence number last. */
	for (u64 at = INSIDE_END; at > INSIDE; at -= 8)
		show(at - 8);
	if ((u32)file[SEQUENCE / 8] != (u32)core_memory(base + SEQUENCE))
		take();
}

void channel_open(const char *path, u64 pa)
{
	int fd = open(path, O_RDWR);
	struct stat s;
	void *p;

	if (fd < 0 || fstat(fd, &s))
		machine_refuse(path, "channel: cannot be read and written");
	if (s.st_size < (off_t)CHANNEL_BYTES || s.st_size % getpagesize())
		machine_refuse(
			path,
			"channel: it is not the file of a node: whole pages, 64 KiB at least");
	p = mmap(NULL, CHANNEL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		 s.st_size - (off_t)CHANNEL_BYTES);
	if (p == MAP_FAILED)
		machine_refuse(path, "channel: the host does not map it");
	close(fd);
	file = p;
	base = pa;
	memcpy(memory_host(pa), p, CHANNEL_BYTES); /* earlier requests */
	visible = order_hooks.visible;
	order_hooks.visible = stored;
}
