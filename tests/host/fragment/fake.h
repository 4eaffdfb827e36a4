/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/fragment/fake.h - frames with struct pages, the lock of a space, and the callbacks
 * that wait for a grace period, which the program ends.
 */
#pragma once
#include <mm/study/fragment.h>

#define FRAMES 64u

struct fake {
	struct frag_space *space; /* that exists */
	struct frag_space kept;   /* how it was when the lock was free */
	unsigned frames_most;     /* that there are */
	unsigned frames_out, barriers, gone;
	bool locked;
	bool over;                         /* the space may not be used any more */
	bool dtor_ran;                     /* since the last change of bits */
	unsigned dtors[FRAMES][FRAG_MOST]; /* by frame and fragment */
	u64 callbacks;
};
extern struct fake fake;
extern struct page frames[FRAMES];

void fake_begin(unsigned page_shift);
u64 fake_page_size(void);
/* Between calls: the lock is free, and nothing changed behind it. */
void fake_settled(void);
/* A grace period ends for all that was deferred before. */
void fake_period(void);
unsigned fake_waiting(void); /* callbacks and batches */
void fake_dtor(void *fragment);
