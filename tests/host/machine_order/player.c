/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_order/player.c - one thread of a shape does its next access.
 */
#include "shapes.h"
#include <machine/random.h>
#include <string.h>

/* Each location is in a frame of its own: order_plain() judges frames. */
#define LOCATION(letter) (0x80000000ul + (FRAME_BYTES + 512) * (unsigned)((letter) - 'x'))

/* Before the shape begins, each frame has had one thread as its only writer for the whole history.
 */
static void own_frames(unsigned threads)
{
	for (char c = 'x'; c <= 'z'; c++)
		memory_frame(LOCATION(c))->writer = (u8)random_below(threads);
}

static struct player *playing;

static void performed(unsigned t, unsigned r, u64 value, u64 view)
{
	(void)t;
	playing->value[r] = value;
	playing->view[r] = view;
}

static void perform_swap(unsigned t, const struct late_load *l)
{
	playing->value[l->reg] = order_newest(l->pa, 8);
	order_atomic_write(t, l->pa, 8, l->operand, 0);
	playing->view[l->reg] = order_atomic_done(t, l->pa, 0);
}

static void visible(unsigned t, u64 word, struct frame_state *f)
{
	(void)f;
	for (unsigned i = 0; i < PLAYER_THREADS; i++)
		if (i != t && playing->reserved[i] == word)
			playing->reserved[i] = 0;
}

void player_begin(struct player *p, const char *text)
{
	memset(p, 0, sizeof(*p));
	playing = p;
	order_hooks.performed = performed;
	order_hooks.atomic = perform_swap;
	order_hooks.visible = visible;
	p->at[p->threads++] = text;
	for (const char *c = text; *c; c++) {
		if (*c == '|') {
			p->next_register[p->threads] = p->registers;
			p->at[p->threads++] = c + 2;
		}
		p->registers += strchr("RXUEALQVIY", *c) != NULL;
	}
	own_frames(p->threads);
}

static unsigned set_of(char c)
{
	return c == '*' ? ORDER_R | ORDER_W : c == 'r' ? ORDER_R : ORDER_W;
}

/* The view of the register named after '@', or 0. */
static u64 depends(const struct player *p, unsigned t, const char *word)
{
	for (; *word && *word != ' '; word++)
		if (*word == '@') {
			late_touched(t, BIT(word[1] - 'a'));
			return p->view[word[1] - 'a'];
		}
	return 0;
}

static unsigned flags_of(const char *w)
{
	unsigned flags = *w == 'A' ? ORDER_ACQUIRE : 0;

	for (; *w && *w != ' '; w++)
		flags |= *w == 'a'   ? ORDER_ACQUIRE
			 : *w == 'r' ? ORDER_RELEASE
			 : *w == 'n' ? ORDER_NORET
				     : 0;
	return flags;
}

/* An AMO, or a load that is one, as riscv/atomic.c does it. */
static bool amo(struct player *p, unsigned t, const char *w)
{
	unsigned flags = flags_of(w), r = p->next_register[t];
	struct late_load l = {
		.pa = LOCATION(w[1]),
		.operand = (u64)(w[2] - '0'),
		.word = 1,
		.reg = (u8)r,
		.bytes = 8,
		.release = (flags & ORDER_RELEASE) != 0,
	};

	if (!order_atomic_ready(t, l.pa, flags | (*w == 'X' ? ORDER_WRITES : 0)))
		return false;
	if (*w == 'X' && !(flags & ORDER_ACQUIRE) && late_begin(t, &l))
		return true;
	p->value[r] = order_newest(l.pa, 8);
	if (*w == 'X')
		order_atomic_write(t, l.pa, 8, l.operand, 0);
	p->view[r] = order_atomic_done(t, l.pa, flags);
	return true;
}

/* As arm64/exclusive.c does it. */
static bool swap(struct player *p, unsigned t, const char *w)
{
	unsigned flags = flags_of(w), r = p->next_register[t];
	u64 pa = LOCATION(w[1]);

	if (!order_atomic_ready(t, pa, flags | ORDER_WRITES))
		return false;
	ordering.cpu[t].read = ordering.now;
	p->value[r] = order_newest(pa, 8);
	order_atomic_store(t, pa, 8, (u64)(w[2] - '0'), 0, flags);
	p->view[r] = order_atomic_done(t, pa, flags);
	return true;
}

/* One of its two accesses; true: the store is done. */
static bool exclusive(struct player *p, unsigned t, const char *w)
{
	unsigned flags = flags_of(w), r = p->next_register[t];
	u64 pa = LOCATION(w[1]);

	if (!p->reserved[t]) {
		if (!order_atomic_ready(t, pa, flags & ORDER_ACQUIRE))
			return false;
		p->reserved[t] = pa;
		ordering.cpu[t].read = ordering.now;
		p->value[r] = order_newest(pa, 8);
		p->view[r] = order_atomic_done(t, pa, flags & ORDER_ACQUIRE);
		return false;
	}
	if (!order_atomic_ready(t, pa, (flags & ORDER_RELEASE) | ORDER_WRITES) || !p->reserved[t])
		return false;
	order_atomic_store(t, pa, 8, (u64)(w[2] - '0'), 0, flags & ORDER_RELEASE);
	p->reserved[t] = 0;
	return true;
}

static bool atomic(struct player *p, unsigned t, const char *w)
{
	bool done = *w == 'U' ? swap(p, t, w) : *w == 'E' ? exclusive(p, t, w) : amo(p, t, w);

	p->next_register[t] += done;
	return done;
}

/* As a core loads: RAM itself if order_plain() returns true; otherwise late, by chance. */
static void load_word(struct player *p, unsigned t, unsigned r, u64 pa, u64 address_view)
{
	struct late_load l = { .pa = pa, .view = address_view, .reg = (u8)r, .bytes = 8 };

	if (one_in(2) && order_plain(t, memory_frame(pa), pa)) {
		p->view[r] = address_view;
		p->value[r] = order_newest(pa, 8);
	} else if (one_in(4) || !late_begin(t, &l)) { /* some kinds of loads never are late */
		p->value[r] = order_load(t, pa, 8, address_view, &p->view[r]);
	}
}

static bool access_one(struct player *p, unsigned t, const char *w)
{
	unsigned r = p->next_register[t];

	switch (*w) {
	case 'W':
	case 'S':
		order_store(t, LOCATION(w[1]), 8, (u64)(w[2] - '0'), depends(p, t, w),
			    *w == 'S' ? ORDER_RELEASE : 0);
		return true;
	case 'R':
		load_word(p, t, r, LOCATION(w[1]), depends(p, t, w));
		p->next_register[t]++;
		return true;
	case 'Q':
		late_within(t, LOCATION(w[1]), 8);
		p->value[r] = order_load_acquire(t, LOCATION(w[1]), 8, 0, &p->view[r]);
		p->next_register[t]++;
		return true;
	case 'V':
		p->value[r] = order_walk(t, LOCATION(w[1]), depends(p, t, w), &p->view[r]);
		p->next_register[t]++;
		return true;
	case 'I':
		late_within(t, LOCATION(w[1]), 8);
		p->value[r] = order_load_incoherent(t, LOCATION(w[1]), 8, 0, &p->view[r]);
		p->next_register[t]++;
		return true;
	case 'J':
		order_store(t, LOCATION(w[1]), 8, (u64)(w[2] - '0'), 0, ORDER_INCOHERENT);
		return true;
	case 'Y':
		p->value[r] =
			order_walk_incoherent(t, LOCATION(w[1]), depends(p, t, w), &p->view[r]);
		p->next_register[t]++;
		return true;
	case 'K':
	case 'M':
		order_maintain(*w == 'M' ? ORDER_NO_CPU : t, LOCATION(w[1]), 8, w[2] == 'd');
		return true;
	case 'B':
		depends(p, t, w);
		return true;
	case 'D':
		order_drain(t, BUFFER_MAX);
		return true;
	case 'F':
		return order_fence(t, set_of(w[1]), set_of(w[2]));
	default:
		return atomic(p, t, w);
	}
}

static void go_on(struct player *p, unsigned t)
{
	const char *end = strpbrk(p->at[t], " |");

	while (end && *end == ' ')
		end++;
	p->at[t] = end && *end && *end != '|' ? end : NULL;
}

bool player_step(struct player *p, unsigned t)
{
	bool left = false;

	ordering.steps++;
	if (one_in(3))
		order_drain(t, 1);
	else if (one_in(8))
		late_some(t);
	else if (p->at[t] && access_one(p, t, p->at[t]))
		go_on(p, t);
	for (unsigned i = 0; i < p->threads; i++)
		left |= p->at[i] || ordering.cpu[i].nr || ordering.cpu[i].late.nr;
	return left;
}

void player_outcome(const struct player *p, const char *finals, char *outcome)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->registers; i++)
		outcome[n++] = (char)('0' + p->value[i]);
	for (; *finals; finals++)
		outcome[n++] = (char)('0' + order_newest(LOCATION(*finals), 8));
	outcome[n] = 0;
}
