/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/virtio_resize/fake.c - the fake kernel, and its log; see fake.h. */
#include "fake.h"
#include <acts.h>
#include <asserts.h>
#include <lib/assert.h>
#include <mm/vmalloc/vmalloc.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

struct card_fake cards[DEVICES_FAKES];
struct event *posted;
u64 in_use;
unsigned expose_fails, starts, stops, abandons, pages;
bool unmappable, no_memory;
char fake_note[2000];
static const struct pt_fmt format = { .page_shift = 12 };
static struct work *works[2 * DEVICES_FAKES + 2];
static unsigned works_nr;
static u8 plugged[DEVICES_FAKES][PARTS_MAX];
static char taken[sizeof(fake_note)];

/* ---- the log ---- */
void log_item(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	acts_add(fake_note, sizeof(fake_note), fmt, ap);
	va_end(ap);
}

const char *take_log(void)
{
	strcpy(taken, fake_note);
	fake_note[0] = '\0';
	return taken;
}

void event_remark(const char *source, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	WANT_TEXT(source, "virtio-mem");
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_item("\"%s\"", text);
}

/* ---- works ---- */
void work_init(struct work *w, void (*fn)(struct work *))
{
	unsigned n = 0;

	*w = (struct work) { .fn = fn };
	while (n < works_nr && works[n] != w)
		n++;
	WANT(n < ARRAY_SIZE(works));
	works[n] = w;
	works_nr += n == works_nr;
}

static bool post(struct work *w, u64 due)
{
	unsigned n = 0;

	while (n < works_nr && works[n] != w)
		n++;
	WANT(n < works_nr && w->fn);
	if (w->posted)
		return false;
	w->posted = 1;
	w->due = due;
	return true;
}

bool work_post(struct work *w)
{
	if (!post(w, 0))
		return false;
	log_item("look");
	return true;
}

bool work_post_after(struct work *w, u64 ms)
{
	if (!post(w, ms))
		return false;
	log_item("retry %lu", ms);
	return true;
}

void work_time_passes(s64 ms)
{
	for (unsigned i = 0; i < works_nr; i++)
		if (works[i]->posted && works[i]->due <= (u64)ms)
			works[i]->due = 0;
}

void works_run(bool late)
{
	for (unsigned i = 0; i < works_nr; i++)
		if (works[i]->posted && (late || !works[i]->due)) {
			works[i]->posted = 0;
			works[i]->fn(works[i]);
		}
}

bool works_posted(void)
{
	for (unsigned i = 0; i < works_nr; i++)
		if (works[i]->posted)
			return true;
	return false;
}

static bool works_due(void)
{
	for (unsigned i = 0; i < works_nr; i++)
		if (works[i]->posted && !works[i]->due)
			return true;
	return false;
}

void settle(void)
{
	for (unsigned n = 0; posted || works_due(); n++) {
		if (n == 200) {
			WANT(!"it ends");
			exit(1);
		}
		if (posted)
			answer_event(0);
		works_run(false);
	}
}

u64 event_run(void)
{
	settle();
	return 0;
}

/* ---- blocks ---- */
static struct card_fake *card_at(paddr_t pa)
{
	for (unsigned i = 0; i < DEVICES_FAKES; i++)
		if (pa >= cards[i].config.pa && pa - cards[i].config.pa < cards[i].config.region)
			return &cards[i];
	WANT(!"an address of a card");
	return &cards[0];
}

struct block *block_find(pfn_t pfn)
{
	struct card_fake *c = card_at(pfn << 12);
	u64 n = ((pfn << 12) - c->config.pa) / layout.block_bytes;

	return n < BLOCKS && c->there[n] ? &c->block[n] : NULL;
}

/* Parts of one block that is there: all of them have bits, or none. */
static struct subblock_map *parts_at(paddr_t pa, u64 len, u64 *first, u64 *nr, bool on)
{
	struct card_fake *c = card_at(pa);
	struct block *b = block_find(pa >> 12);
	struct subblock_map *p = (struct subblock_map *)(b ? b->subblocks : NULL);

	*first = (pa - c->config.pa) / c->config.subblock_bytes;
	*nr = len / c->config.subblock_bytes;
	WANT(p && *nr && *nr * c->config.subblock_bytes == len);
	WANT(pa / layout.block_bytes == (pa + len - 1) / layout.block_bytes);
	WANT(p->first == c->config.pa >> 12 && p->each == c->config.subblock_bytes >> 12);
	for (u64 i = *first; p && i < *first + *nr; i++)
		WANT(subblock_present(p, i) == on && c->plugged[i]);
	return p;
}

static void set_parts(struct subblock_map *p, u64 first, u64 nr, bool on)
{
	for (u64 i = first; i < first + nr; i++)
		p->bits[i / 64] = (p->bits[i / 64] & ~BIT(i % 64)) | (u64)on << i % 64;
}

int subblock_add(paddr_t pa, u64 len, struct why *why)
{
	u64 first, nr;
	struct subblock_map *p = parts_at(pa, len, &first, &nr, false);
	bool fails = expose_fails && expose_fails--;

	log_item("expose %lu+%lu%s", first, nr, fails ? "!" : "");
	if (fails)
		return refuse(why, EBUSY, "no expose");
	set_parts(p, first, nr, true);
	return 0;
}

int subblock_remove(paddr_t pa, u64 len, u64 *moved, struct why *why)
{
	u64 first, nr;
	struct subblock_map *p = parts_at(pa, len, &first, &nr, true);
	bool fails = false;

	WANT(moved);
	for (u64 i = first; i < first + nr && i < 64; i++)
		fails |= in_use >> i & 1;
	log_item("conceal %lu+%lu%s", first, nr, fails ? "!" : "");
	if (fails)
		return refuse(why, EBUSY, "no conceal");
	set_parts(p, first, nr, false);
	return 0;
}

/* ---- events ---- */
bool event_pending(const struct event *e)
{
	return e->pending;
}

static u64 block_of_event(const struct event *e)
{
	const struct card_fake *c = card_at(e->range[0].pa);

	return (e->range[0].pa - c->config.pa) / layout.block_bytes;
}

bool event_post(struct event *e)
{
	static const char *const ops[] = { [EVENT_ADD] = "add", [EVENT_REMOVE] = "remove" };
	const struct event_range *r = &e->range[0];
	char node[16] = "";
	u64 bits = 0, first = block_of_event(e) * (layout.block_bytes >> 12) / e->subblocks->each;

	WANT(!posted && !e->pending && e->source == &virtio_mem_source && e->nr_ranges == 1);
	WANT(e->brings && e->here == (e->op == EVENT_REMOVE) && e->kind == EVENT_BLOCKS);
	WANT(r->len == layout.block_bytes && r->pa % layout.block_bytes == 0);
	for (u64 i = 0; i < (layout.block_bytes >> 12) / e->subblocks->each; i++)
		bits += subblock_present(e->subblocks, first + i);
	WANT(bits); /* they are set before the add, and until the removal */
	if (r->node)
		snprintf(node, sizeof(node), "@%u", r->node);
	log_item("%s %lu%s", ops[e->op], block_of_event(e), node);
	e->pending = 1;
	posted = e;
	return true;
}

void answer_event(int code)
{
	struct event *e = posted;
	const struct event_answer a = { .code = code, .why = "so" };
	struct card_fake *c = card_at(e->range[0].pa);
	u64 n = block_of_event(e);

	if (!code) {
		c->there[n] = e->op == EVENT_ADD;
		c->block[n] = (struct block) { .subblocks = e->subblocks };
	}
	e->pending = 0;
	posted = NULL;
	WANT(e->source->answer(e, &a) == EVENT_NO_OST);
}

/* ---- memory ---- */
void *vmalloc(u64 n, unsigned node, const char *owner)
{
	WANT(node == 0 && n);
	WANT_TEXT(owner, "virtio-mem");
	if (no_memory)
		return NULL;
	pages += n;
	return calloc(n, 4096);
}

void vfree(void *p, u64 n)
{
	WANT(p && pages >= n);
	pages -= n;
	free(p);
}

bool layout_is_mappable(paddr_t pa, u64 len)
{
	WANT(pa == card_at(pa)->config.pa && len == card_at(pa)->config.region);
	return !unmappable;
}

void fake_begin(u64 part, u64 parts_of_block)
{
	layout = (struct layout) { .fmt = &format, .block_bytes = part * parts_of_block };
	in_use = 0;
	expose_fails = starts = stops = abandons = 0;
	unmappable = no_memory = false;
	memset(plugged, 0, sizeof(plugged));
	for (unsigned i = 0; i < DEVICES_FAKES; i++) {
		cards[i] = card_template(i);
		cards[i].plugged = plugged[i];
		cards[i].config.subblock_bytes = part;
		cards[i].config.region = BLOCKS * layout.block_bytes;
		cards[i].config.usable = cards[i].config.region;
	}
	fake_note[0] = '\0';
}
