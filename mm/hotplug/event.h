/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/event.h - memory comes and goes because a device says so.  This is the manual.
 *
 * SOURCES find devices; none is known to the core, each is one file with EVENT_SOURCE.  A source
 * turns what its device says into events and tells the device the outcome:
 *
 *   interrupt  ->  event_work_post(&w)          "look at the device", from any context
 *   work       ->  event_post(&e)               what was found: add this, please remove that
 *   the core   ->  hotplug_*()                  the operation, or a refusal
 *   the core   ->  source->answer(&e, &answer)  exactly once for each event taken
 *
 * THE QUEUE is one list without a lock, in the order of the posts.  Its links lie in the events and
 * works themselves, which belong to the source: nothing is allocated, nothing overflows, and it
 * is as long as what can be outstanding.  Posting is allowed in interrupts, on any CPU and with any
 * lock held.  What is queued already is not queued again (the post returns false): an event stands
 * for a state of the device, so a source looks at the device again in its answer, and posts again
 * if that has changed meanwhile (an eject button pressed during the add).
 *
 * THE CONSUMER is event_run(), in the worker of the boot CPU: at the prompt, between tests, in a
 * soak, and wherever events_wait() waits.  An operation is never interrupted by an event; events of
 * that time wait in the queue (V-07).  Works and answers run there as well, with interrupts on and
 * no lock held: they may evaluate AML, wait for a device (cpu_wait_until() or cpu_pause(), never a
 * busy loop) and post; events_wait() and event_run() in them do nothing.
 *
 * WHILE A TEST RUNS the devices of the machine wait: a test that runs the consumer (it plays a
 * device) gets what it posted, and no memory comes or goes that it did not ask for.  Whose a work
 * is decides event_work_init(): who starts a device while events are held is the test.
 *
 * AN EVENT has up to EVENT_RANGES ranges and is all or none.
 *
 * EVENT_ADD: hotplug_add() of each, then online as the policy says.  Sub-sections and memory of a
 * device get struct pages and the linear map by subsection_add() and devmem_add(), and that is all:
 * there is nothing to bring online.
 *
 * EVENT_REMOVE: offline what is online, then hotplug_remove(); only whole ranges as one add of the
 * same source brought them, less what the operator removed by hand: of what the source says
 * is `here` nothing needs to be left, then it only leaves the registry.  Refused, it leaves
 * every block in the state that it had.  Ctrl-C ends the migration: the answer is -ECANCELED. After
 * a success nothing refers to the memory any more: the answer takes it away (ejects, unplugs, turns
 * power off).
 *
 * An event that was taken is answered, whatever it asked: wrong states, overlap, misalignment and
 * ranges beyond the linear map are refused with the code and sentence of mm/hotplug/hotplug.h.
 *
 * THE POLICY of a source (S2-24) is SOURCE.memmap= and SOURCE.online= (movable, normal, no) at boot
 * or at the prompt, SOURCE being its name: `acpi.memmap=device`.  Without them: what the source
 * says here, then memmap= and online=; but of memory of a device memmap=host.
 *
 * WHAT IS SAID: `#: event N src= op= range= outcome= code= ost=` and a sentence behind it, never
 * into a line that a person types (docs/OUTPUT.md); `events` shows the history.  A source does not
 * print; what it has to say apart from answers goes through event_remark().
 */
#pragma once
#include <lib/reg.h>
#include <mm/hotplug/hotplug.h>

/* ---- work in the consumer's context ---- */

/* fn gets the work, so embed it and use container_of().  A work that is zeroed but for fn is a
 * test's; that of a device goes through event_work_init(). */
struct event_work {
	struct event_work *next; /* the core's */
	u64 due;                 /* counter value, while it waits for its time */
	u32 posted;              /* atomic: queued, or waiting for its time */
	bool machine;            /* of a device of this machine: it waits while events are held */
	void (*fn)(struct event_work *);
};
void event_work_init(struct event_work *, void (*fn)(struct event_work *));
/* Run fn once, soon.  False: it is posted already and will run after this call. */
bool event_work_post(struct event_work *);
/* The same not before `ms` have passed (back-off).  Only in the consumer's context, or at boot. */
bool event_work_after(struct event_work *, u64 ms);
/* As if that had passed for all that waits: tests need not.  Negative: as if time were set back. */
void event_time_passes(s64 ms);

/* ---- events ---- */

enum event_op { EVENT_ADD, EVENT_REMOVE };

/* What the memory becomes; drivers/events/event_KIND.c does it. */
enum event_kind {
	EVENT_BLOCKS,      /* whole blocks, online as the policy says */
	EVENT_SUBSECTIONS, /* less than a block: in no zone (mm/hotplug/subsection.h) */
	EVENT_DEVICE,      /* memory of the device itself: it stays the device's (mm/hotplug/devmem.h) */
};

#define EVENT_RANGES 4
struct event_range {
	paddr_t pa;
	u64 len;
	unsigned node;
};

struct event {
	struct event_work work; /* the core's; zeroed before the first use */
	u32 pending;            /* atomic: posted and not answered */
	const struct event_source *source;
	enum event_op op;
	unsigned nr_ranges;
	struct event_range range[EVENT_RANGES];
	/* The memory comes with the device: it was not there before, and is not after a removal.
	 * Else the ranges are memory of this machine that was withheld. */
	bool brings;
	/* Of a removal: an add by this source succeeded, and nothing it asked for since took the
	 * ranges away.  Else memory that is not there is a wrong state, -ENXIO. */
	bool here;
	bool gone; /* of a removal: the memory has left already, without asking */
	enum event_kind kind;
	bool uncached;                   /* EVENT_DEVICE: memory of a bus (mm/hotplug/devmem.h) */
	const struct block_parts *parts; /* an add of which only parts are there (mm/hotplug/parts.h) */
	void *cookie;                    /* the source's */
};

/*
 * From any context.  The source leaves the event alone from here until its answer() is called,
 * where it may fill and post it again.  False: it is outstanding already, and nothing was changed.
 */
bool event_post(struct event *);
bool event_pending(const struct event *); /* posted and not answered */

#define EVENT_NO_OST (-1)
struct event_answer {
	u64 nr;                       /* of the event, from 1; the number that is printed */
	int code;                     /* 0, or negative */
	const char *why;              /* one sentence, also when the code is 0 */
	struct hotplug_report report; /* of the last range */
};

struct event_source {
	const char *name;  /* small letters, no blanks: src= and the policy's prefix; "acpi" */
	const char *label; /* in the banner: "ACPI" */
	/* 0, or a code and a sentence that is printed; -ENODEV: nothing here, describe() says so.
	 */
	int (*init)(const void *fdt, struct why *);
	/* For the banner: "1 range"; "none, no GED (try ACPI=1)" where there is no controller. */
	void (*describe)(char *buf, size_t size);                       /* "": not mentioned */
	bool (*range)(unsigned n, paddr_t *, u64 *len, unsigned *node); /* n-th addable range */
	/* Tell the device.  The event is the source's again.  Returns what the device was told, for
	 * ost= (_OST's status, a response code), or EVENT_NO_OST. */
	int (*answer)(struct event *, const struct event_answer *);
	/* A removal begins: report progress (_OST 0x84).  May be NULL. */
	void (*begin)(struct event *);
	/* Where the device has no interrupt: called every EVENT_POLL_MS by the consumer.  Or NULL.
	 */
	void (*poll)(void);
	bool leaves;        /* what it brings loses power or its owner when it goes (ENGINE 6) */
	bool in_window;     /* its memory lies in the windows of a bus bridge */
	const char *memmap; /* scheme of what it adds, "host"; NULL: memmap= */
	u64 reserve;        /* of EVENT_DEVICE: bytes at its front that a memmap there leaves */
	bool quiet;         /* neither lines nor history: for storms of events that tests make */
};
REG_DECLARE(events, struct event_source);
#define EVENT_SOURCE(id, object) REGISTER(events, id, object)

#define EVENT_POLL_MS 100

/* ---- the consumer: worker of the boot CPU only ---- */

/* Everything that is queued, in order, until the queue is empty.  How many events were answered. */
u64 event_run(void);
bool event_waiting(void); /* is there something for event_run() to do now? */
/* Run the consumer until done(arg), at most `ms`; sleeps between.  False: it was not. */
bool events_wait(bool (*done)(void *), void *arg, u64 ms);
/* What the machine's own devices say waits, until it is let go; then it comes in its order. */
void events_hold(bool on);
bool events_held(void);

struct event_stats {
	u64 answered, refused, works; /* works include the events */
};
void event_stats(struct event_stats *);

/* ---- history ---- */

struct event_record {
	u64 nr;
	const char *source, *op; /* "add", "remove", "remark", and the operator's four */
	unsigned nr_ranges;
	struct event_range range[EVENT_RANGES];
	int outcome; /* code */
	int ost;     /* EVENT_NO_OST: the source has none */
	bool unseen; /* to be said; false: the operator did it, and saw it */
	char text[160];
};
/* What the operator did by hand: history only. */
void event_note(const char *source, const char *op, paddr_t, u64 len, int outcome,
		const char *text);
/* One sentence of a source, held back while somebody types: "slot 3: _CRS is empty". */
void event_remark(const struct event_source *, const char *fmt, ...) PRINTF_LIKE(2, 3);
const struct event_record *event_nth(unsigned back); /* 0 = newest */
/* Says one record as it is made; set by the shell. */
extern void (*event_say)(const struct event_record *);

/* SOURCE.key=value words of a source that there is none of: one line each. */
void event_check_words(void (*say)(const char *sentence));

/* The device tree, set at boot: memory that a device brings does not lie over registers in it. */
extern const void *event_tree;

/* ---- memory kept back at boot ---- */

/* Resolve withhold= (node N, ADDR+SIZE, auto, none) against the registry, before the buddy is up.
 * Says what it did or why it could not in one line each. */
int withhold_apply(const char *text, void (*say)(const char *sentence), struct why *);
