/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/fdt/channel_source.c - channel=ADDR+SIZE: memory shared with a process outside the
 * machine (the hypervisor), which passes overlays through it (docs/vmm.md, tools/hotplate overlay).
 *
 *   0x000  host:   sequence, operation, bytes or number       each a little-endian 32-bit word
 *   0x040  kernel: magic, sequence answered, code, number, sentence
 *   0x1000 the blob
 *
 * The host writes the blob, then its words, the sequence last; the kernel polls the sequence, and
 * writes its answer, with the sequence last.  The host is not trusted and may change words and blob
 * at any time: the kernel reads each word once, and copies the blob before it checks it.  Requests
 * from before this boot are ignored.
 */
#include <arch/arch.h>
#include <drivers/fdt/overlay.h>
#include <drivers/fdt/overlay_source.h>
#include <kern/args.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/kernel/kpt.h>
#include <mm/page/region.h>

#define MAGIC 0x31504f48u /* "HOP1" */
#define BLOB 0x1000
#define WHY_BYTES 184

/* Word offsets of the host's words, and of the kernel's. */
enum { REQ_SEQUENCE = 0, REQ_OP = 1, REQ_VALUE = 2 };
enum { REPLY_MAGIC = 16, REPLY_SEQUENCE, REPLY_CODE, REPLY_NUMBER, REPLY_WHY = 20 };
enum { OP_ADD = 1, OP_REMOVE = 2 };

static volatile u32 *channel;
static paddr_t at;
static u64 bytes;
static u32 answered, requested;
static bool busy;
static u8 blob[OVERLAY_BYTES] NOINIT __attribute__((aligned(8)));

/* Callback of overlay_apply() and overlay_remove(), and for refusals: write the answer. */
static void channel_reply(unsigned id, int code, const char *why)
{
	u8 text[WHY_BYTES] = { 0 };
	u32 word;

	memcpy(text, why, min_u64(strlen(why), sizeof(text) - 1));
	for (unsigned i = 0; i < sizeof(text) / 4; i++) {
		memcpy(&word, text + i * 4, 4);
		channel[REPLY_WHY + i] = word;
	}
	channel[REPLY_CODE] = (u32)code;
	channel[REPLY_NUMBER] = id;
	arch_io_mb(); /* the answer is visible before the sequence that announces it */
	channel[REPLY_SEQUENCE] = answered = requested;
	busy = false;
}

/* Copy the blob of `size` bytes out of the channel, in words, because device memory requires
 * aligned accesses. */
static int channel_copy_blob(u32 size, struct why *why)
{
	u32 word;

	if (size > sizeof(blob) || size > bytes - BLOB)
		return refuse(why, EINVAL, "%u bytes, at most %u fit the channel", size,
			      min_u32(sizeof(blob), bytes - BLOB));
	for (u32 i = 0; i < align_up(size, 4); i += 4) {
		word = channel[(BLOB + i) / 4];
		memcpy(blob + i, &word, 4);
	}
	return 0;
}

/* Start the requested operation.  Negative: refused, and the caller replies.  Otherwise the answer
 * to the event calls channel_reply(). */
static int channel_request(u32 op, u32 value, struct why *why)
{
	int err;

	if (op == OP_REMOVE)
		return overlay_remove(value, channel_reply, why);
	if (op != OP_ADD)
		return refuse(why, EINVAL,
			      "channel: operation %u does not exist: 1 adds, 2 removes", op);
	err = channel_copy_blob(value, why);
	return err ? err : overlay_apply(blob, value, channel_reply, why);
}

void channel_poll(void)
{
	struct why why = { 0 };
	int err;

	if (!channel || busy || work_held()) /* the host waits while a test runs */
		return;
	requested = channel[REQ_SEQUENCE];
	if (requested == answered)
		return;
	arch_io_mb(); /* read the sequence before the words that it announces */
	busy = true;
	err = channel_request(channel[REQ_OP], channel[REQ_VALUE], &why);
	if (err < 0) {
		overlay_remark(why.text);
		channel_reply(0, err, why.text);
	}
}

/* ---- location ---- */

/* Claim the range: memory withheld at boot, which is removed from that list, or memory that
 * firmware reserved with no-map. */
static int channel_claim(paddr_t pa, u64 len, struct why *why)
{
	const struct mem_range *r = region_find(MEM_RESERVED, pa, len);
	int err;

	if (r && r->kind == MEM_NOMAP && r->pa <= pa && r->pa + r->len >= pa + len)
		return 0;
	hotplug_write_lock();
	err = region_remove(pa, len, MEM_WITHHELD, NULL);
	if (!err)
		err = region_add(pa, len, MEM_NOMAP, 0, NULL);
	hotplug_write_unlock();
	if (!err)
		return 0;
	return refuse(why, EINVAL, "channel: %s is neither withheld nor reserved with no-map",
		      range_text(pa, len).text);
}

/* Parse the argument, claim the memory and map it as device memory. */
static int channel_map(const char *text, struct why *why)
{
	int err = parse_range(text, &at, &bytes, why);

	if (err)
		return err;
	if (!is_aligned(at | bytes, page_size()) || bytes <= BLOB)
		return refuse(why, EINVAL, "channel: %s: whole pages, and more than 4 KiB", text);
	err = channel_claim(at, bytes, why);
	if (err)
		return err;
	channel = kpt_map_device(at, bytes);
	return channel ? 0 : refuse(why, ENOMEM, "channel: there is no address space for it");
}

int channel_init(struct why *why)
{
	const char *text = arg_text(NULL, ARG_CHANNEL);
	int err = *text ? channel_map(text, why) : -ENODEV;

	if (err)
		return err;
	answered = channel[REQ_SEQUENCE];
	channel[REPLY_SEQUENCE] = answered;
	arch_io_mb(); /* a reader that sees the magic sees the sequence */
	channel[REPLY_MAGIC] = MAGIC;
	return 0;
}

void channel_describe(char *buf, size_t size)
{
	if (channel)
		snprintf(buf, size, "channel at 0x%lx", at);
	else
		snprintf(buf, size, "by command (channel=ADDR+SIZE)");
}
