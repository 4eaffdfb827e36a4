/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/virtio/fake_mem.h - a fake virtio-mem device on withheld memory: registers, a queue and a
 * map of plugged parts, which the driver uses through its transport.  The device acts by its rules,
 * and counts requests that a driver must not make.  Each step of a wait for it takes 50 ms of its
 * time.
 */
#pragma once
#include <drivers/virtio/mem_source.h>
#include <drivers/virtio/virtio.h>
#include <tests/harness/util.h>

#define FAKE_MEM_BLOCKS 2
#define FAKE_MEM_PART (2 * MiB)
#define FAKE_MEM_PARTS_MAX 2048

enum fake_mem_way { /* the first four are an enum virtio_mem_answer */
		    FAKE_MEM_ACK,
		    FAKE_MEM_NACK,
		    FAKE_MEM_BUSY,
		    FAKE_MEM_ERROR,
		    FAKE_MEM_STRANGE, /* an undefined answer */
		    FAKE_MEM_SILENT,  /* no answer */
		    FAKE_MEM_LATE,    /* ack after 4.5 s */
		    FAKE_MEM_EMPTY,   /* 0 bytes */
		    FAKE_MEM_SHORT,   /* only the type */
		    FAKE_MEM_LONG,    /* longer than the buffer */
		    FAKE_MEM_OTHER,   /* for another request */
		    FAKE_MEM_AHEAD,   /* two answers to one request */
		    FAKE_MEM_BEHIND,  /* the index decreases by one */
};

#define ALWAYS (~0ul)

struct fake_mem {
	struct virtio_transport t;
	/* the device's registers; a test changes them */
	u64 features;
	struct virtio_mem_config config;
	u16 queue_size, queue_notify;
	bool no_reset, no_features; /* a reset does not clear the status; FEATURES_OK is refused */
	bool gone;                  /* every read is all ones */
	u16 vectors;                /* number of MSI-X entries */
	u64 restless;               /* number of reads of the configuration that see a change */
	void (*change)(struct fake_mem *); /* during the next read of the configuration */
	struct {
		enum fake_mem_way way;
		u64 times;
	} rule[VIRTIO_MEM_TYPES]; /* after `times` requests the device acts normally */
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
	u64 bits[FAKE_MEM_PARTS_MAX / 64]; /* plugged */
};
extern struct fake_mem fake_mem;

struct fake_mem_stage {
	struct range r;
	struct digest before; /* without the device, whose memory is not in the registry */
	u64 remarks;          /* number of the last event before the stage */
};

/* Make a device with FAKE_MEM_BLOCKS blocks of memory, nothing plugged, not started.  False: the
 * test is skipped. */
bool fake_mem_new(struct test_run *, struct fake_mem_stage *);
/* Start it and run its first steps.  Returns the result of virtio_mem_start(). */
int fake_mem_start(struct why *);
/* fake_mem_new() and fake_mem_start(). */
bool fake_mem_begin(struct test_run *, struct fake_mem_stage *);
void fake_mem_restore(struct fake_mem_stage *); /* call after a device that was not started */
/* Resize to 0 and stop.  Verifies that no state remains and no request was wrong. */
void fake_mem_end(struct test_run *, struct fake_mem_stage *);
/* After a device was given up, remove its memory by hand and drop the device. */
void fake_mem_clear(struct test_run *, struct fake_mem_stage *);

void fake_mem_rule(enum virtio_mem_type, enum fake_mem_way, u64 times);
void fake_mem_interrupt(void);   /* raise the configuration interrupt and process its effects */
void fake_mem_resize(u64 parts); /* set the requested size and interrupt */
void fake_mem_wait(void);        /* let the driver's retry delay pass and process the effects */
u64 fake_mem_plugged(void);      /* plugged parts, by the device's map */
u64 fake_mem_per_block(void);    /* parts */
struct virtio_mem_state fake_mem_state(void);
/* Remarks of the driver since the stage began, or since the last call. */
u64 fake_mem_remarks(struct fake_mem_stage *);
