/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/cmd_fill.c - fill, verify: fill memory of a device with self-identifying words, and verify
 * them after it was removed and added again, or after a reset.
 *
 * A word depends only on its offset in the range, so `verify` needs no state of the `fill`: another
 * boot, another image or another slot may have executed that.
 */
#include <drivers/console.h>
#include <kern/log.h>
#include <lib/hash.h>
#include <lib/printf.h>
#include <mm/hotplug/devmem.h>
#include <shell/command.h>
#include <shell/screen/progress.h>
#include <shell/screen/text.h>
#include <shell/shell.h>

/* Eight words a page, at equal distances: enough to notice a page with the contents of another one
 * or with zeros, in a fraction of the time for all words. */
#define WORDS 8 /* of each page */

/* One pass over a range: write and read back, or only read. */
struct fill_pass {
	bool write;
	u64 words, wrong, first; /* first: offset of the first wrong word */
};

/* 0x66696c6c ("fill") keeps the words apart from those of other patterns. */
static u64 tag(u64 offset)
{
	return hash_u64(0x66696c6c, offset);
}

/* `fill` also reads a word back at once: absent memory returns another value, and the user learns
 * it now. */
static void fill_word(struct fill_pass *p, volatile u64 *word, u64 offset)
{
	p->words++;
	if (p->write)
		*word = tag(offset);
	if (*word == tag(offset))
		return;
	if (!p->wrong++)
		p->first = offset;
}

/* Ctrl-C ends the pass between two words; many GiB take minutes under an emulator. */
static void fill_span(struct fill_pass *p, const struct devmem *d, u64 from, u64 to)
{
	for (u64 at = from; at < to && !console_interrupted(); at += page_size() / WORDS) {
		fill_word(p, pa_ptr(d->pa + at), at);
		if (is_aligned(at, MiB))
			progress_at(at, d->len);
	}
}

/* The whole range except a memmap inside it: first the reserve, then the data.  Writing over the
 * memmap would destroy the struct pages of the range itself. */
static void fill_range(struct fill_pass *p, const struct devmem *d)
{
	fill_span(p, d, 0, d->data ? d->opts.reserve : 0);
	fill_span(p, d, d->data, d->len);
}

/* Exactly one whole range of devmem, in mode dax: a raw one is not mapped, and the pages of kmem
 * belong to the page allocator. */
static int fill_or_verify(const struct command_line *line, bool write, struct why *why)
{
	const struct devmem *d = NULL;
	struct fill_pass p = { .write = write };
	struct range_text range;

	if (line->has_target && line->len)
		d = devmem_find(line->start >> page_shift(), line->len >> page_shift());
	if (!d || d->pa != line->start || d->len != line->len || d->mode != DEVMEM_DAX)
		return refuse(why, ENXIO, "which range? one that `devices` lists as dax");
	console_clear_interrupt();
	fill_range(&p, d);
	range = range_text(d->pa, d->len);
	if (console_interrupted())
		return refuse(why, ECANCELED, "stopped after %lu words of %s", p.words, range.text);
	if (p.wrong)
		return refuse(why, EIO,
			      "%lu of %lu words of %s have changed, the first at "
			      "0x%lx",
			      p.wrong, p.words, range.text, d->pa + p.first);
	if (write)
		kprintf("wrote %lu self-identifying words into %s\n", p.words, range.text);
	else
		kprintf("%lu words of %s are unchanged\n", p.words, range.text);
	return 0;
}

static int fill(const struct command_line *line, struct why *why)
{
	return fill_or_verify(line, true, why);
}

static int verify(const struct command_line *line, struct why *why)
{
	return fill_or_verify(line, false, why);
}

static const struct command fill_command = {
	.name = "fill",
	.group = GROUP_DEVICES,
	.usage = "fill ADDR+SIZE",
	.help = "Writes self-identifying words into memory of a device, but not into its "
		"memmap.",
	.run = fill,
};
COMMAND(fill, fill_command);

static const struct command verify_command = {
	.name = "verify",
	.group = GROUP_DEVICES,
	.usage = "verify ADDR+SIZE",
	.help = "Checks that the words of `fill` are unchanged.",
	.run = verify,
};
COMMAND(verify, verify_command);
