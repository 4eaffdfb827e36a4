/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/event.h - requests of devices to add and remove memory.  This is the manual.
 *
 * SOURCES find devices; the core knows none of them, each is one file with EVENT_SOURCE.  A source
 * turns requests of its device into events and reports the outcome to the device:
 *
 *   interrupt  ->  work_post(&w)                "look at the device" (kern/work.h)
 *   work       ->  event_post(&e)               the request: add this, remove that
 *   the core   ->  hotplug_*()                  the operation, or a refusal
 *   the core   ->  source->answer(&e, &answer)  exactly once for each event taken
 *
 * EVENTS ARE WORKS: they run in the order of the posts, and nothing is allocated for them.  An
 * event that is outstanding is not queued again (the post returns false): it represents a state of
 * the device, so the source reads that state again in its answer, and posts again if it has changed
 * meanwhile (an eject button pressed during the add).
 *
 * THE CONSUMER is event_run(), in the worker of the boot CPU: at the prompt, between tests, in a
 * soak, and wherever events_wait() waits.  An event never interrupts an operation; it waits in the
 * queue (V-07).  Answers run there as works do (kern/work.h); events_wait() and event_run() in them
 * do nothing.
 *
 * WHILE A TEST RUNS the devices of the machine wait (work_hold()): a test that acts as a device and
 * runs the consumer gets only the events that it posted, and no other memory is added or removed.
 *
 * AN EVENT has up to EVENT_RANGES ranges and is executed for all of them or none.
 *
 *             event_post()                    event_run()                source->answer()
 *   SOURCE'S -------------> POSTED, pending ------------> BEING DONE -------------> SOURCE'S
 *      ^   (true)             |  event_post(): false       |   event_post(): false    |
 *      |                      |                            |                          |
 *      |                      +- while works are held it   +- add, or remove: check,  |
 *      |                         waits (a machine's own)      begin(), offline,       |
 *      |                                                      remove, or back as      |
 *      |                                                      it was                  |
 *      +---- the device changed meanwhile: filled in and posted again ----------------+
 *
 * `pending` is cleared before answer() is called, so the source may post it again there.
 *
 * EVENT_ADD: hotplug_add() of each range, then online by the policy.  Sub-sections and memory of a
 * device get only struct pages and the linear map, by subsection_add() and devmem_add(): they are
 * not brought online.
 *
 * EVENT_REMOVE: take online blocks offline, then hotplug_remove(); only whole ranges of one add of
 * the same source, without the memory that the operator removed by hand: if the source
 * reports the memory as `here`, all of it may be absent, and the event only removes it from the
 * registry.  After a refusal the blocks that were online are online again; those of a range that
 * was removed already are added again and brought online by the policy.  Ctrl-C ends a migration:
 * the answer is -ECANCELED.  After a success nothing refers to the memory any more, and the source
 * removes it in its answer (ejects, unplugs, turns power off).
 *
 * An event that was taken is answered, whatever it requested: wrong states, overlap, misalignment
 * and ranges beyond the linear map are refused with the code and sentence of mm/hotplug/hotplug.h.
 *
 * THE POLICY of a source (S2-24) is SOURCE.memmap= and SOURCE.online= (movable, normal, no) at boot
 * or at the prompt, SOURCE being its name: `acpi.memmap=device`.  Without them: the source's
 * defaults below, then memmap= and online=; for device memory memmap=host.
 *
 * OUTPUT: `#: event N src= op= range= outcome= code= ost=` and a sentence after it, never into a
 * line that a user types (docs/OUTPUT.md); `events` shows the history.  A source does not print;
 * for messages other than answers it calls event_remark() (mm/hotplug/event_history.h).
 */
#pragma once
#include <kern/work.h>
#include <lib/reg.h>
#include <mm/hotplug/event_history.h>
#include <mm/hotplug/hotplug.h>

/* ---- events ---- */

enum event_op { EVENT_ADD, EVENT_REMOVE };

/* Use of the memory; implemented in mm/hotplug/event_KIND.c. */
enum event_kind {
	EVENT_BLOCKS,      /* whole blocks, brought online by the policy */
	EVENT_SUBSECTIONS, /* less than a block, in no zone (mm/hotplug/subsection.h) */
	EVENT_DEVICE,      /* device memory: not in the page allocator (mm/hotplug/devmem.h) */
};

struct event {
	struct work work; /* the core's; zeroed before the first use */
	u32 pending;      /* atomic: posted and not answered */
	const struct event_source *source;
	enum event_op op;
	unsigned nr_ranges;
	struct event_range range[EVENT_RANGES];
	/* The device contains the memory: it does not exist before an add and after a removal.
	 * False: the ranges are memory of this machine that was withheld. */
	bool brings;
	/* For a removal: this source added the ranges and has not removed them since, so absent
	 * memory was removed by hand and is no error.  False: absent memory is refused, -ENXIO. */
	bool here;
	bool surprise; /* removal: the memory is lost already (surprise removal) */
	enum event_kind kind;
	bool uncached; /* EVENT_DEVICE: map it uncached (mm/hotplug/devmem.h) */
	const struct subblock_map
		*subblocks; /* add: only these sub-blocks are present (mm/hotplug/subblock.h) */
	void *cookie;       /* owned by the source */
};

/*
 * Post an event, from any context.  The source must not touch it until its answer() is called,
 * in which it may fill and post the event again.  False: it is outstanding already, nothing was
 * changed.
 */
bool event_post(struct event *);
bool event_pending(const struct event *); /* posted and not answered */

struct event_answer {
	u64 nr;                       /* number of the event, from 1, as printed */
	int code;                     /* 0, or negative */
	const char *why;              /* one sentence, also when the code is 0 */
	struct hotplug_report report; /* of the last range */
};

/* A source.  init runs at boot, describe and range at boot and at the prompt, the others in the
 * consumer's context; each may be NULL. */
struct event_source {
	const char *name;  /* small letters, no blanks: src= and the policy's prefix; "acpi" */
	const char *label; /* in the banner: "ACPI" */
	/* 0, or a code and a sentence that is printed; -ENODEV: no such device, nothing is
	 * printed. */
	int (*init)(const void *fdt, struct why *);
	/* For the banner: "1 range"; "none, no GED (try ACPI=1)" where there is no controller. */
	void (*describe)(char *buf, size_t size);                       /* "": not in the banner */
	bool (*range)(unsigned n, paddr_t *, u64 *len, unsigned *node); /* n-th addable range */
	/* Report the outcome to the device.  The source owns the event again.  Returns the
	 * status that the device got, for ost= (_OST's status, a response code), or
	 * EVENT_NO_OST. */
	int (*answer)(struct event *, const struct event_answer *);
	/* A removal begins: report progress (_OST 0x84).  May be NULL. */
	void (*begin)(const struct event *);
	/* Where the device has no interrupt: called every EVENT_POLL_MS by the consumer.  Or NULL.
	 */
	void (*poll)(void);
	bool leaves;        /* its memory loses power or its owner at removal (ENGINE 6) */
	bool in_window;     /* its memory is inside the windows of a bus bridge */
	const char *memmap; /* default memmap scheme, "host"; NULL: memmap= */
	u64 reserve;        /* EVENT_DEVICE: bytes at the front that a memmap does not use */
	bool quiet;         /* no log, no history: for tests with many events */
};
REG_DECLARE(events, struct event_source);
#define EVENT_SOURCE(id, object) REGISTER(events, id, object)

#define EVENT_POLL_MS 100

/* ---- the consumer: worker of the boot CPU only ---- */

/* Run everything that is posted, in order, until nothing is due.  Returns the number of answered
 * events. */
u64 event_run(void);
bool event_waiting(void); /* true if event_run() has work now */
/* Run the consumer until done(arg) is true, at most `ms`; the CPU sleeps in between and serves
 * calls from other CPUs.  False: timeout. */
bool events_wait(bool (*done)(void *), void *arg, u64 ms);

struct event_stats {
	u64 answered, refused, works; /* works: events included */
};
/* Counts since boot. */
void event_stats(struct event_stats *);

/* Report SOURCE.key=value words whose source does not exist: one line each. */
void event_check_words(void (*log)(const char *sentence));

/* ---- memory kept back at boot ---- */

/* Resolve withhold= (node N, ADDR+SIZE, auto, none) against the registry; boot CPU, before the
 * page allocator is up.  Reports each result, or the reason of a failure, in one line. */
int withhold_apply(const char *text, void (*log)(const char *sentence), struct why *);
