/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/virtio_resize/card.c - the fake device; see fake.h. */
#include <string.h>
#include <want.h>

#include "log.h"

/* A PCI function's transport is a copy. */
static struct card_fake *card_behind(const struct virtio_transport *t)
{
	WANT(t->notify_len < DEVICES_FAKES);
	return &cards[t->notify_len];
}

static struct card_fake *card_of(const struct virtio *v)
{
	struct card_fake *c = card_behind(v->t);

	WANT(c >= cards && c < cards + DEVICES_FAKES && c->v == v);
	return c;
}

int virtio_start(struct virtio *v, const struct virtio_transport *t, u64 must, u64 may, u64 *got,
		 struct why *why)
{
	struct card_fake *c = card_behind(t);

	*v = (struct virtio) { .t = t };
	WANT(!must && may == 3); /* 5.15.3: the node, and that unplugged memory is not accessible */
	starts++;
	if (c->start_code)
		return refuse(why, -c->start_code, "no start");
	c->v = v;
	*got = c->features;
	return 0;
}

int virtio_config(const struct virtio *v, void *copy, u32 len, u64 halves, struct why *why)
{
	const struct card_fake *c = card_of(v);

	WANT(len == sizeof(c->config) && len == 56);
	WANT(halves == BIT(offsetof(struct virtio_mem_config, node) / 4));
	if (c->config_code)
		return refuse(why, -c->config_code, "no config");
	memcpy(copy, &c->config, len);
	return 0;
}

void virtio_fail(struct virtio *v)
{
	card_of(v);
	v->dead = true;
	log_item("give up");
}

int virtio_stop(struct virtio *v, struct why *why)
{
	struct card_fake *c = card_of(v);

	stops++;
	c->v = NULL;
	v->dead = true;
	return c->stop_code ? refuse(why, -c->stop_code, "no stop") : 0;
}

bool virtio_abandon(struct virtio *v)
{
	abandons++;
	v->dead = true;
	return !card_of(v)->stop_code;
}

u8 virtio_isr(const struct virtio *v)
{
	u8 was = card_of(v)->isr;

	card_of(v)->isr = 0;
	return was;
}

/* ---- requests ---- */

/* The device fulfils a request whole, or does nothing and answers differently. */
static void obey(struct card_fake *c, unsigned type, u64 part, u64 nr)
{
	u64 all = c->config.region / c->config.subblock_bytes;

	if (type == VIRTIO_MEM_UNPLUG_ALL)
		part = 0, nr = all;
	WANT(nr && part + nr <= all);
	for (u64 i = part; type != VIRTIO_MEM_STATE && i < part + nr && i < all; i++) {
		WANT(type != VIRTIO_MEM_PLUG ||
		     (i + 1) * c->config.subblock_bytes <= c->config.usable);
		WANT(type == VIRTIO_MEM_UNPLUG_ALL || c->plugged[i] == (type == VIRTIO_MEM_UNPLUG));
		c->plugged[i] = type == VIRTIO_MEM_PLUG;
	}
}

static void log_request(const struct virtio_mem_request *r, u64 part, const char *how)
{
	static const char *const names[] = { "plug", "unplug" };

	if (r->type == VIRTIO_MEM_UNPLUG_ALL)
		log_item("unplug all%s", how);
	else if (r->type == VIRTIO_MEM_STATE)
		log_item("state %lu%s", part, how);
	else
		log_item("%s %lu+%u%s", names[r->type & 1], part, r->nr, how);
}

/* a: ack, n: nack, b: busy, e: error, x: no such answer, s: short, z: empty, d: the device is given
 * up */
int virtio_request(struct virtio *v, const void *request, u32 len, void *answer, u32 answer_len,
		   struct why *why)
{
	static const char *const hows[] = { "", " nack", " busy", " error", " x" };
	struct card_fake *c = card_of(v);
	struct virtio_mem_request r;
	struct virtio_mem_response a = { 0 };
	char letter = c->answers && *c->answers ? *c->answers++ : 'a';
	u64 part;

	WANT(len == sizeof(r) && len == 24 && answer_len == 10 && !v->dead);
	memcpy(&r, request, len);
	part = (r.pa - c->config.pa) / c->config.subblock_bytes;
	a.type = letter == 'n' ? 1 : letter == 'b' ? 2 : letter == 'e' ? 3 : letter == 'x' ? 4 : 0;
	log_request(&r, part,
		    strchr("sz", letter) ? " short"
		    : letter == 'd'      ? " dead"
					 : hows[a.type]);
	if (letter == 'd') {
		v->dead = true;
		return refuse(why, ETIMEDOUT, "no answer");
	}
	if (letter == 'a')
		obey(c, r.type, part, r.nr);
	if (r.type == VIRTIO_MEM_STATE)
		a.state = c->plugged[part] == (c->lies && part == 2);
	memcpy(answer, &a, answer_len);
	return letter == 's' ? 9 : letter == 'z' ? 0 : 10;
}

/* ---- the interrupt ---- */
static int listen_to(const struct virtio_transport *t, bool (*handler)(void *), void *arg)
{
	struct card_fake *c = card_behind(t);

	c->handler = handler;
	c->arg = arg;
	return c->listen_code;
}

void tell(struct card_fake *c)
{
	c->isr = 2;
	WANT(c->handler(c->arg));
}

int virtio_bars_open(struct virtio_bars *b, struct pci_function *f, struct why *why)
{
	b->f = f;
	b->t = cards[f->slot].t;
	return f->header ? refuse(why, EINVAL, "no bars") : 0;
}

const char *pci_irq_name(const struct pci_function *f)
{
	return f->how == PCI_MSIX ? "MSI-X" : "INTx";
}

/* Regions that are not adjacent. */
struct card_fake card_template(unsigned n)
{
	return (struct card_fake) { .t = { .listen = listen_to, .notify_len = n },
				    .config = { .pa = (8 + 16ul * n) * GiB },
				    .features = BIT(0) };
}
