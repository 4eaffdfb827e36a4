/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/virtio_resize/fake.h - a virtio-mem device (Virtio 1.2, 5.15) and a kernel for
 * drivers/virtio/mem_source*.c.
 *
 * The device refuses nothing by itself, and the program counts each request that 5.15.6 forbids: to
 * plug memory that is plugged or not usable, to unplug memory that is not plugged. The log has each
 * call:
 *
 *   plug 0+4  unplug 4+2  unplug all  state 3    requests, in sub-blocks; after each its answer, if
 *                                                it is no ACK
 *   add 1  remove 1                              events, in blocks; @N: of node N
 *   expose 4+1  conceal 4+1                      sub-blocks; ! after a refused one
 *   look  retry 1000                             works, with the delay in ms
 *   "..."                                        a message
 */
#pragma once
#include <drivers/virtio/mem_source.h>
#include <drivers/virtio/mem_source_internal.h>

#define PARTS_MAX (1u << 18)
#define BLOCKS 4u
#define DEVICES_FAKES 5u

struct card_fake {
	struct virtio_transport t;
	struct virtio *v; /* while it is started */
	struct virtio_mem_config config;
	u64 features;
	u8 *plugged; /* one byte a part */
	struct block block[BLOCKS];
	bool there[BLOCKS];
	bool (*handler)(void *);
	void *arg;
	u8 isr;
	/* what fails */
	int start_code, config_code, listen_code, stop_code;
	const char *answers; /* letters, for the next requests: fake.c; '\0': ACK */
	bool lies;           /* the state of part 2 is another */
};

extern struct card_fake cards[DEVICES_FAKES];
extern struct event *posted;  /* NULL: none is outstanding */
extern u64 in_use;            /* bits of parts that cannot be concealed, of the first 64 */
extern unsigned expose_fails; /* the next ones */
extern bool unmappable, no_memory;
extern unsigned starts, stops, abandons, pages; /* calls, and pages of vmalloc() that are out */
extern char fake_note[2000];

/* Parts of `part` bytes, so many a block, in all cards. */
void fake_begin(u64 part, u64 parts_of_block);
const char *take_log(void);    /* the log since the last call, "; " between */
void tell(struct card_fake *); /* raise its interrupt */
void works_run(bool late);     /* those that are due once, and those that wait */
void answer_event(int code);
bool works_posted(void);
/* All that is due, events too, until there is nothing. */
void settle(void);
