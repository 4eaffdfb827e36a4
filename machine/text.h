/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/text.h - the bytes that instruction fetch reads: copies of frames, and which of them each
 * CPU has fetched.
 *
 * A copy is made when a CPU fetches from a frame that has none (frame_state.copy).  Each CPU that
 * fetches there later uses that copy, until frame_state.copy is cleared.  A CPU keeps using its
 * copy for as long as the manual allows: fetch.c of an architecture has the rules.
 */
#pragma once
#include <machine/memory.h>

#define FETCHES 256u
#define NO_PAGE (~0ul)

/* The bytes of a frame at one time.  The decoded operations of an architecture follow it. */
struct text_copy {
	u64 frame; /* physical address */
	u64 time;  /* of the newest store to the frame when the copy was made */
	bool used; /* since the last collection */
	struct text_copy *next;
	u8 bytes[FRAME_BYTES];
};

struct text_entry {
	u64 key;
	struct text_copy *text;
};

/* The copies that a CPU fetches from without a translation or an access to memory. */
struct fetched {
	struct text_entry page[FETCHES]; /* key: va >> 12, or NO_PAGE */
	struct text_entry line[FETCHES]; /* by frame: since the last invalidation of its I-cache */
};

static inline struct text_entry *text_page(struct fetched *f, u64 va)
{
	return &f->page[(va >> FRAME_SHIFT) % FETCHES];
}

static inline struct text_entry *text_line(struct fetched *f, u64 frame)
{
	return &f->line[(frame >> FRAME_SHIFT) % FETCHES];
}

/* The copy of a frame of RAM; made now if there is none. */
struct text_copy *text_of(u64 frame);
/* A copy of other bytes, for the caller alone. */
struct text_copy *text_private(u64 frame, const u8 *bytes);

void text_forget_pages(struct fetched *f);
void text_forget(struct fetched *f); /* pages and lines */
void text_forget_all(void);          /* ... of every CPU */

/* A frame that has a copy was written.  True: CPUs may keep using the copy. */
bool text_keeps_copy(const struct frame_state *f);

/* Call f for each copy. */
void text_each(void (*f)(const struct text_copy *t, const void *of), const void *of);

/* Between slices: free the copies that no CPU can use any more, if there are many. */
void text_tidy(void);

/* ---- defined by an architecture ---- */
extern const unsigned core_text_bytes;     /* size of a copy with its operations */
void core_text_begin(struct text_copy *t); /* mark all operations as not decoded */
struct fetched *core_fetched(unsigned cpu);
struct text_copy *core_text(unsigned cpu); /* the copy that it executes, or NULL */
