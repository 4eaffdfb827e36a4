/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/text.h - what instruction fetch reads: copies of frames, and which of them a CPU has.
 *
 * A copy is taken when a CPU fetches from a frame that has none (frame_state.copy), and is what
 * each CPU is given that fetches there from then on, until the frame loses it.  Who has a copy
 * keeps it for as long as its manual allows: fetch.c of an architecture has the rules.
 */
#pragma once
#include <machine/memory.h>

#define FETCHES 256u
#define NO_PAGE (~0ul)

/* A frame as fetch saw it once.  An architecture's operations follow it. */
struct text_copy {
	u64 frame; /* physical address */
	bool used; /* since the last collection */
	struct text_copy *next;
	u8 bytes[FRAME_BYTES];
};

struct text_entry {
	u64 key;
	struct text_copy *text;
};

/* What a CPU can fetch from without a look at tables or memory. */
struct fetched {
	struct text_entry page[FETCHES]; /* key: va >> 12, or NO_PAGE */
	struct text_entry line[FETCHES]; /* by frame: since it was made to read memory again */
};

static inline struct text_entry *text_page(struct fetched *f, u64 va)
{
	return &f->page[(va >> FRAME_SHIFT) % FETCHES];
}

static inline struct text_entry *text_line(struct fetched *f, u64 frame)
{
	return &f->line[(frame >> FRAME_SHIFT) % FETCHES];
}

/* The copy of a frame of RAM, taken now if there is none. */
struct text_copy *text_of(u64 frame);
/* One that nobody else is given, of other bytes. */
struct text_copy *text_other(u64 frame, const u8 *bytes);

void text_forget_pages(struct fetched *f);
void text_forget(struct fetched *f); /* pages and lines */
void text_forget_all(void);          /* ... of every CPU */

/* A frame that has a copy is written: may CPUs keep the copy? */
bool text_stays(const struct frame_state *f);

/* Between slices: copies that no CPU can reach are given back, if there are many. */
void text_tidy(void);

/* ---- an architecture gives ---- */
extern const unsigned core_text_bytes;     /* of a copy with its operations */
void core_text_begin(struct text_copy *t); /* no operation is decoded yet */
struct fetched *core_fetched(unsigned cpu);
struct text_copy *core_text(unsigned cpu); /* the one that it is in, or NULL */
