/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/virtio/play.h - a virtio-mem device that a test emulates: registers, a queue and a map
 * of plugged parts, behind the driver's transport, on withheld memory.  It acts by its rules,
 * and counts requests that a driver must not make.  Each step of a wait for it takes 50 ms of
 * its time.
 */
#pragma once
#include <drivers/virtio/mem_source.h>
#include <drivers/virtio/virtio.h>
#include <tests/harness/util.h>

#define PLAY_BLOCKS 2
#define PLAY_PART (2 * MiB)
#define PLAY_PARTS_MAX 2048

enum play_way { /* the first four are an enum virtio_mem_answer */
		PLAY_ACK,
		PLAY_NACK,
		PLAY_BUSY,
		PLAY_ERROR,
		PLAY_STRANGE, /* an undefined answer */
		PLAY_SILENT,  /* no answer */
		PLAY_LATE,    /* ack, after 4.5 s */
		PLAY_EMPTY,   /* 0 bytes */
		PLAY_SHORT,   /* the type only */
		PLAY_LONG,    /* longer than the buffer */
		PLAY_OTHER,   /* for another request */
		PLAY_AHEAD,   /* two answers to one request */
		PLAY_BEHIND,  /* the index goes back by one */
};

#define ALWAYS (~0ul)

struct play {
	struct virtio_transport t;
	/* the device's registers; a test changes them */
	u64 features;
	struct virtio_mem_config config;
	u16 queue_size, queue_notify;
	bool no_reset, no_features; /* a reset does not clear the status; FEATURES_OK is refused */
	bool gone;                  /* every read is all ones */
	u16 vectors;                /* number of MSI-X entries */
	u64 restless;               /* so many reads of the configuration see a change */
	void (*change)(struct play *); /* in the middle of the next read of the configuration */
	struct {
		enum play_way way;
		u64 times;
	} rule[VIRTIO_MEM_TYPES]; /* after `times` requests it acts normally */
	/* counters */
	u64 asked[VIRTIO_MEM_TYPES];
	u64 wrong;  /* requests that contradict the map */
	u64 failed; /* the driver set FAILED in the status */
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
	struct digest before; /* without the device, memory not in the registry */
	u64 remarks;          /* number of the last event before the stage */
};

/* A device with PLAY_BLOCKS blocks of memory, nothing plugged, not started; false: skipped. */
bool play_new(struct test_run *, struct play_stage *);
/* Start it and run its first steps; the result of virtio_mem_start(). */
int play_start(struct why *);
/* play_new() and play_start(). */
bool play_begin(struct test_run *, struct play_stage *);
void play_restore(struct play_stage *); /* after a device that was not started */
/* Resize to 0 and stop: verifies that nothing is left, and that the driver made no wrong
 * request. */
void play_end(struct test_run *, struct play_stage *);
/* After a device was given up: remove its memory by hand and forget the device. */
void play_clear(struct test_run *, struct play_stage *);

void play_rule(enum virtio_mem_type, enum play_way, u64 times);
void play_interrupt(void);   /* configuration interrupt, and everything that follows */
void play_resize(u64 parts); /* set the requested size and interrupt */
void play_wait(void);        /* let the driver's retry delay pass, and what follows */
u64 play_plugged(void);      /* plugged parts, by the device's map */
u64 play_per_block(void);    /* parts */
struct virtio_mem_state play_state(void);
/* Remarks of the driver since the stage began, or since the last call. */
u64 play_remarks(struct play_stage *);
