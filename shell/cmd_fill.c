// SPDX-License-Identifier: BSD-2-Clause
/*
 * shell/cmd_fill.c - fill, verify: memory of a device carries words that say where they are, to see
 * that it holds them when it goes and comes again, or the machine is reset.
 */
#include <drivers/console.h>
#include <kern/log.h>
#include <lib/hash.h>
#include <mm/hotplug/devmem.h>
#include <shell/command.h>
#include <shell/shell.h>

#define WORDS 8 /* of each page */

struct pass {
	bool write;
	u64 words, wrong, first; /* first: offset of the first wrong one */
};

static u64 tag(u64 offset)
{
	return hash_u64(0x66696c6c, offset);
}

static void one(struct pass *p, volatile u64 *word, u64 offset)
{
	p->words++;
	if (p->write)
		*word = tag(offset);
	if (*word == tag(offset))
		return;
	if (!p->wrong++)
		p->first = offset;
}

static void stretch(struct pass *p, const struct devmem *d, u64 from, u64 to)
{
	for (u64 at = from; at < to && !console_interrupted(); at += page_size() / WORDS)
		one(p, pa_ptr(d->pa + at), at);
}

/* All but the memmap, where that lies in the range. */
static void walk(struct pass *p, const struct devmem *d)
{
	stretch(p, d, 0, d->data ? d->opts.reserve : 0);
	stretch(p, d, d->data, d->len);
}

static int run(const struct command_line *line, bool write, struct why *why)
{
	const struct devmem *d = NULL;
	struct pass p = { .write = write };
	char text[48];

	if (line->has_target && line->len)
		d = devmem_find(line->start >> page_shift(), line->len >> page_shift());
	if (!d || d->pa != line->start || d->len != line->len || d->mode != DEVMEM_DAX)
		return refuse(why, ENXIO, "say which range: one that `devices` lists as dax");
	console_clear_interrupt();
	walk(&p, d);
	range_text(d->pa, d->len, text);
	if (console_interrupted())
		return refuse(why, ECANCELED, "stopped after %llu words of %s",
			      (unsigned long long)p.words, text);
	if (p.wrong)
		return refuse(why, EIO,
			      "%llu of %llu words of %s are not what they were, the first at "
			      "0x%llx",
			      (unsigned long long)p.wrong, (unsigned long long)p.words, text,
			      (unsigned long long)(d->pa + p.first));
	kprintf("%llu words of %s %s\n", (unsigned long long)p.words, text,
		write ? "say where they are" : "are what they were");
	return 0;
}

static int fill(const struct command_line *line, struct why *why)
{
	return run(line, true, why);
}

static int verify(const struct command_line *line, struct why *why)
{
	return run(line, false, why);
}

static const struct command fill_command = {
	.name = "fill",
	.usage = "fill ADDR+SIZE",
	.help = "Write words that say where they are into memory of a device, but not into its "
		"memmap.",
	.run = fill,
};
COMMAND(fill, fill_command);

static const struct command verify_command = {
	.name = "verify",
	.usage = "verify ADDR+SIZE",
	.help = "Are the words of `fill` still there?",
	.run = verify,
};
COMMAND(verify, verify_command);
