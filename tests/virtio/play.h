/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/virtio/play.h - a virtio-mem device that a test plays: registers, a queue and an account of
 * what is plugged, behind the driver's transport, on withheld memory.  It does what its rules say,
 * and counts what a driver may not ask.  A step of a wait for it takes 50 ms.
 */
#pragma once
#include <drivers/events/virtio_mem.h>
#include <drivers/virtio/virtio.h>
#include <tests/util.h>

#define PLAY_BLOCKS 2
#define PLAY_PART (2 * MiB)
#define PLAY_PARTS_MAX 2048

enum play_way { /* the first four are an enum virtio_mem_answer */
		PLAY_ACK,
		PLAY_NACK,
		PLAY_BUSY,
		PLAY_ERROR,
		PLAY_STRANGE, /* an answer of no kind */
		PLAY_SILENT,  /* none at all */
		PLAY_LATE,    /* ack, after 4.5 s */
		PLAY_EMPTY,   /* 0 bytes */
		PLAY_SHORT,   /* the kind, and no more */
		PLAY_LONG,    /* more than there is room for */
		PLAY_OTHER,   /* to another request */
		PLAY_AHEAD,   /* two answers to one request */
		PLAY_BEHIND,  /* one less than before */
};

#define ALWAYS (~0ull)

struct play {
	struct virtio_transport t;
	/* what it says; a test changes it */
	u64 features;
	struct virtio_mem_config config;
	u16 queue_size, queue_notify;
	bool no_reset, no_features;    /* status keeps its bits; FEATURES_OK does not stay */
	bool gone;                     /* every read is all ones */
	u16 vectors;                   /* entries of MSI-X that it has */
	u64 restless;                  /* so many reads of the configuration meet a change */
	void (*change)(struct play *); /* in the middle of the next read of the configuration */
	struct {
		enum play_way way;
		u64 times;
	} rule[VIRTIO_MEM_TYPES]; /* afterwards it obeys */
	/* what happened */
	u64 asked[VIRTIO_MEM_TYPES];
	u64 wrong;  /* requests that contradict its account */
	u64 failed; /* the driver said so in the status */
	u64 now;    /* ns */
	/* registers and queue */
	u8 status, generation, isr;
	u32 feature_select;
	u16 config_vector;
	u32 reg[16]; /* queue addresses, by offset */
	u16 seen, used;
	u64 late_at;
	bool (*handler)(void *);
	void *arg;
	u64 bits[PLAY_PARTS_MAX / 64]; /* plugged */
};
extern struct play play;

struct play_stage {
	struct range r;
	struct digest before; /* the memory known to nobody, no device */
	u64 remarks;          /* number of the last event before */
};

/* A device with PLAY_BLOCKS blocks of memory, nothing plugged, not started: false: skipped. */
bool play_new(struct test_run *, struct play_stage *);
/* Start it and let it look: what virtio_mem_start() says. */
int play_start(struct why *);
/* As play_new, and started. */
bool play_begin(struct test_run *, struct play_stage *);
void play_restore(struct play_stage *); /* of a device that was not started */
/* Size 0 and gone: nothing is left of it, and it never was asked what is wrong. */
void play_end(struct test_run *, struct play_stage *);
/* Its memory taken away by hand, and the device forgotten: after one that was given up. */
void play_clear(struct test_run *, struct play_stage *);

void play_rule(enum virtio_mem_type, enum play_way, u64 times);
void play_interrupt(void);   /* the configuration changed: and what follows from it */
void play_resize(u64 parts); /* another requested size, and its interrupt */
void play_wait(void);        /* as long as the driver wants to wait; and what follows */
u64 play_plugged(void);      /* parts, by its own account */
u64 play_per_block(void);    /* parts */
struct virtio_mem_state play_state(void);
/* Remarks of the driver since the stage began, or since this was last asked. */
u64 play_remarks(struct play_stage *);
