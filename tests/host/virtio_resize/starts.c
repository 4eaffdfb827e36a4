/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/virtio_resize/starts.c - drivers/virtio/mem_source.c: which devices are started and
 * which resources of the others remain, which memory the operator may add, the audit, and the stop.
 */
#include <string.h>
#include <want.h>

#include "tests.h"

#define CARD (&cards[0])
#define PART (32 * MiB)
#define BLOCK (128 * MiB)

static struct why why;

static void fresh(void)
{
	fake_begin(PART, 4);
	why = (struct why) { 0 };
}

static void stop(struct card_fake *c)
{
	settle();
	for (unsigned i = 0; i < BLOCKS; i++)
		c->there[i] = false;
	WANT(!virtio_mem_stop(&c->t, &why));
	take_log();
}

/* ---- refusals ---- */
enum fault { START, CONFIG, PARTS, MAPPABLE, MEMORY, LISTEN, FAULTS };

static void break_it(enum fault f)
{
	CARD->start_code = f == START ? -ETIMEDOUT : 0;
	CARD->config_code = f == CONFIG ? -EINVAL : 0;
	CARD->config.subblock_bytes = f == PARTS ? BLOCK * 2 : PART;
	unmappable = f == MAPPABLE;
	no_memory = f == MEMORY;
	CARD->listen_code = f == LISTEN ? -EIO : 0;
}

static void refused(void)
{
	static const struct {
		int code;
		const char *sentence;
		bool stops;
	} rows[FAULTS] = {
		[START] = { -ETIMEDOUT, "no start", false },
		[CONFIG] = { -EINVAL, "no config", true },
		[PARTS] = { -EINVAL,
			    "virtio-mem: sub-blocks of 0x10000000 bytes do not divide a memory "
			    "block of "
			    "128 MiB (block=1G, 2G)",
			    true },
		[MAPPABLE] = { -ERANGE,
			       "virtio-mem: 0x200000000+512M is beyond what the linear map reaches",
			       true },
		[MEMORY] = { -ENOMEM, "virtio-mem: no memory for its map", true },
		[LISTEN] = { -ENOMEM, "virtio-mem: too many interrupt handlers", true },
	};
	struct virtio_mem_state s;

	for (unsigned f = 0; f < FAULTS; f++) {
		fresh();
		break_it(f);
		WANT(virtio_mem_start(&CARD->t, &why) == rows[f].code && why.code == rows[f].code);
		WANT_TEXT(why.text, rows[f].sentence);
		WANT(starts == 1 && stops == rows[f].stops && !pages);
		WANT_LOG("");
		WANT(!virtio_mem_state(&CARD->t, &s));
		WANT(virtio_mem_stop(&CARD->t, &why) == -ENODEV);
		WANT_TEXT(why.text, "virtio-mem: it was not started");
	}
	break_it(FAULTS);
	WANT(!virtio_mem_start(&CARD->t, &why) && pages == 1);
	stop(CARD);
	WANT(!pages && stops == 2);
}

/* A bit a part, in words of 64: pages of the map. */
static void maps(void)
{
	static const struct {
		u64 part, each;
		unsigned pages;
	} rows[] = {
		{ 4096, 8192, 1 },
		{ 4096, 8208, 2 },
		{ PART, 1, 1 },
		{ 4096, 32768, 4 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		fake_begin(rows[i].part, rows[i].each);
		layout.block_bytes = rows[i].part;
		WANT(!virtio_mem_start(&CARD->t, &why) && pages == rows[i].pages);
		stop(CARD);
		WANT(!pages);
	}
}

/* The node counts if the device has that feature, and if there is one of that number. */
static void nodes(void)
{
	static const struct {
		u64 features;
		u16 node;
		const char *log;
	} rows[] = {
		{ 1, 3, "look; plug 0+1; add 0@3; look" },
		{ 3, 7, "look; plug 0+1; add 0@7; look" },
		{ 1, 8, "look; plug 0+1; add 0; look" },
		{ 1, 0xffff, "look; plug 0+1; add 0; look" },
		{ 2, 3, "look; plug 0+1; add 0; look" },
		{ 0, 3, "look; plug 0+1; add 0; look" },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		fresh();
		CARD->features = rows[i].features;
		CARD->config.node = rows[i].node;
		CARD->config.requested = PART;
		WANT(!virtio_mem_start(&CARD->t, &why));
		settle();
		WANT_LOG(rows[i].log);
		stop(CARD);
	}
}

/* ---- several ---- */
static const char *describes(void)
{
	static char text[80];

	memset(text, 'x', sizeof(text));
	virtio_mem_source.describe(text, sizeof(text));
	return text;
}

static void want(unsigned card, u64 parts)
{
	cards[card].config.requested = parts * PART;
	tell(&cards[card]);
	settle();
}

static void four(void)
{
	struct virtio_mem_state s;
	u64 parts = 77;

	fresh();
	WANT_TEXT(describes(), "");
	WANT(!virtio_mem_audit(&parts, &why) && !parts);
	for (unsigned i = 0; i < 4; i++)
		WANT(!virtio_mem_start(&cards[i].t, &why));
	WANT(virtio_mem_start(&cards[4].t, &why) == -ENOMEM && starts == 4);
	WANT_TEXT(why.text, "virtio-mem: there are 4 already");
	settle();
	want(0, 3);
	want(3, 5);
	WANT_TEXT(describes(), "256 of 2048 MiB");
	WANT(virtio_mem_state(&cards[3].t, &s) && s.have == 5 && !s.dead && !s.back_off_ms);
	WANT(s.answers[0] == 2 && !s.answers[1] && !s.answers[2] && !s.answers[3]);
	WANT(virtio_mem_state(&cards[1].t, &s) && s.have == 0 && !s.answers[0]);
	cards[3].answers = "bnd";
	want(3, 6);
	WANT(virtio_mem_state(&cards[3].t, &s) && s.back_off_ms == 1000 && s.answers[2] == 1);
	works_run(true);
	WANT(virtio_mem_state(&cards[3].t, &s) && s.back_off_ms == 0 && s.answers[1] == 1);
	take_log();
	stop(&cards[1]);
	WANT_TEXT(describes(), "256 of 1536 MiB");
	WANT(!virtio_mem_start(&cards[4].t, &why)); /* its place */
	want(4, 1);
	WANT(virtio_mem_state(&cards[4].t, &s) && s.have == 1);
	for (unsigned i = 0; i < 5; i++)
		if (i != 1)
			stop(&cards[i]);
	WANT_TEXT(describes(), "");
	WANT(!pages);
}

/* Each usable sub-block of each device is audited. */
static void audits(void)
{
	u64 parts = 0;

	fresh();
	cards[0].config.usable = 6 * PART;
	cards[2].config.usable = 99 * PART;
	WANT(!virtio_mem_start(&cards[0].t, &why) && !virtio_mem_start(&cards[2].t, &why));
	want(0, 2);
	want(2, 5);
	take_log();
	WANT(!virtio_mem_audit(&parts, &why) && parts == 6 + 16);
	WANT(strstr(take_log(), "state 5; state 0; state 1; state 2"));
	cards[0].lies = true;
	WANT(virtio_mem_audit(&parts, &why) == -EIO && parts == 2);
	WANT_TEXT(why.text, "sub-block 2 is plugged for the device, but not for the driver");
	cards[0].lies = false;
	cards[2].lies = true;
	WANT(virtio_mem_audit(&parts, &why) == -EIO && parts == 8);
	WANT_TEXT(why.text, "sub-block 2 is unplugged for the device, but not for the driver");
	cards[0].answers = "aaan";
	WANT(virtio_mem_audit(&parts, &why) == -EIO && parts == 3);
	WANT_TEXT(why.text, "sub-block 3: the device does not report its state");
	stop(&cards[0]);
	stop(&cards[2]);
}

/* ---- what the operator may add ---- */
static int asked(enum hotplug_note note, paddr_t pa, u64 len)
{
	int err = 0;

	why = (struct why) { 0 };
	reg_for_each (notifiers, it)
		err = (*it)->call(note, pa, len, &why);
	return err;
}

static void notes(void)
{
	const u64 pa = 8 * GiB, other = 24 * GiB;

	fresh();
	WANT(asked(NOTE_PREPARE_ADD, pa, BLOCK) == 0); /* nobody's */
	WANT(!virtio_mem_start(&cards[0].t, &why) && !virtio_mem_start(&cards[1].t, &why));
	want(0, 7);
	WANT(asked(NOTE_PREPARE_ADD, pa, BLOCK) == 0);
	WANT(asked(NOTE_PREPARE_ADD, pa - BLOCK, BLOCK) == 0);
	WANT(asked(NOTE_PREPARE_ADD, pa + 4 * BLOCK, BLOCK) == 0);
	WANT(asked(NOTE_PREPARE_ADD, pa - BLOCK, 2 * BLOCK) == 0);
	WANT(asked(NOTE_PREPARE_ADD, pa + BLOCK, BLOCK) == -EPERM);
	WANT_TEXT(why.text, "0x20e000000 belongs to virtio-mem and is not plugged");
	WANT(asked(NOTE_PREPARE_ADD, pa, BLOCK + 3 * PART) == 0);
	WANT(asked(NOTE_PREPARE_ADD, pa, BLOCK + 3 * PART + 1) == -EPERM);
	WANT(asked(NOTE_PREPARE_ADD, other + 3 * BLOCK, 3 * BLOCK) == -EPERM);
	WANT_TEXT(why.text, "0x618000000 belongs to virtio-mem and is not plugged");
	for (unsigned note = NOTE_PREPARE_ADD + 1; note <= NOTE_REMOVED; note++)
		WANT(asked(note, pa + BLOCK, BLOCK) == 0);
	cards[0].config.requested = 12 * PART;
	tell(&cards[0]);
	works_run(false);
	settle();
	cards[0].config.requested = 0;
	tell(&cards[0]);
	works_run(false);
	WANT(posted && asked(NOTE_PREPARE_ADD, pa + 3 * BLOCK, BLOCK) == 0); /* its own event */
	WANT(asked(NOTE_PREPARE_ADD, other, BLOCK) == -EPERM);
	stop(&cards[0]);
	stop(&cards[1]);
}

/* ---- the end ---- */
static void ends(void)
{
	fresh();
	WANT(!virtio_mem_start(&CARD->t, &why));
	want(0, 6);
	WANT(virtio_mem_stop(&CARD->t, &why) == -EBUSY && !stops);
	WANT_TEXT(why.text, "virtio-mem: block 64 is there");
	CARD->there[0] = false;
	WANT(virtio_mem_stop(&CARD->t, &why) == -EBUSY);
	WANT_TEXT(why.text, "virtio-mem: block 65 is there");
	for (unsigned i = 0; i < BLOCKS; i++)
		CARD->there[i] = false;
	CARD->there[3] = true;
	CARD->block[3].subblocks = CARD->block[0].subblocks;
	WANT(virtio_mem_stop(&CARD->t, &why) == -EBUSY);
	CARD->block[3].subblocks = NULL; /* of another source */
	CARD->answers = "b";
	want(0, 7);
	take_log();
	tell(CARD);
	CARD->stop_code = -ETIMEDOUT;
	take_log();
	WANT(works_posted() && virtio_mem_stop(&CARD->t, &why) == -ETIMEDOUT);
	WANT_LOG(""); /* works do nothing any more */
	WANT_TEXT(why.text, "no stop");
	WANT(!works_posted() && stops == 1 && !pages);
	WANT(virtio_mem_stop(&CARD->t, &why) == -ENODEV && stops == 1);
}

/* Before a restart every device that is in use is reset, given up or not. */
static void abandoned(void)
{
	fresh();
	for (unsigned i = 0; i < 3; i++)
		WANT(!virtio_mem_start(&cards[i].t, &why));
	cards[0].v->dead = true;
	stop(&cards[1]);
	WANT(!virtio_mem_abandon() && abandons == 2 && cards[2].v->dead);
	cards[2].stop_code = -ETIMEDOUT;
	WANT_TEXT(virtio_mem_abandon(), "a virtio-mem device does not reset");
	cards[2].stop_code = 0;
	stop(&cards[0]);
	stop(&cards[2]);
	WANT(!virtio_mem_abandon() && abandons == 4);
}

/* ---- a PCI function ---- */
static void functions(void)
{
	const struct pci_driver *driver = *__start_reg_pci_drivers;
	struct pci_function f = { .vendor = 0x1af4, .device = 0x1058, .how = PCI_MSIX, .slot = 2 };
	struct pci_function others[] = { { .vendor = 0x1af4, .device = 0x1059 },
					 { .vendor = 0x1af5, .device = 0x1058 } };

	fresh();
	WANT(driver->match(&f) && !driver->match(&others[0]) && !driver->match(&others[1]));
	f.header = 1;
	WANT(driver->start(&f, &why) == -EINVAL && !starts);
	WANT_TEXT(why.text, "no bars");
	f.header = 0;
	cards[2].start_code = -EINVAL;
	WANT(driver->start(&f, &why) == -EINVAL && starts == 1);
	cards[2].start_code = 0;
	f.private = NULL;
	WANT(!driver->start(&f, &why) && f.private);
	want(2, 4);
	WANT_TEXT(describes(), "128 of 512 MiB, MSI-X");
	cards[2].isr = 0;
	WANT(!cards[2].handler(cards[2].arg)); /* not this device's */
	WANT(!works_posted());
	for (unsigned i = 0; i < 4; i++)
		if (i != 2)
			WANT(!virtio_mem_start(&cards[i].t, &why));
	WANT(driver->start(&f, &why) == -ENOMEM && starts == 5);
	settle();
	for (unsigned i = 0; i < 4; i++)
		if (i != 2)
			stop(&cards[i]);
}

void starts_tests(void)
{
	refused();
	maps();
	nodes();
	four();
	audits();
	notes();
	ends();
	abandoned();
	functions(); /* the last one: nothing stops it */
}
