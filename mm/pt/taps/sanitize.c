/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/taps/sanitize.c - tap `sanitize`: feeds events to the model, and checks the rules at each;
 * see sanitize.h.
 */
#include <lib/string.h>
#include <mm/pt/taps/sanitize_model.h>

/* ---- ends of the time in which an entry may be unclean ---- */

static void end_of(const struct pt_event *e, u32 at)
{
	struct san_piece p = san.piece[at];
	struct san_store *s = &san.store[p.store];

	if (!s->told)
		san_report(s->missed == SAN_RULES ? SAN_NEVER : (enum san_rule)s->missed, e, p.va,
			   &p);
	s->told = true;
	san_piece_drop(at);
}

/* True if memory still maps these frames as the copy does.  Then the copy is harmless: a leaf that
 * was split or joined. */
static bool still_so(const struct san_piece *p, paddr_t pa, paddr_t last)
{
	const struct san_tree *t = &san.tree[p->tree];

	for (pa = max_u64(pa, p->pa), last = min_u64(last, san_frames_last(p)); pa < last;
	     pa += san_span(&t->g, 0)) {
		vaddr_t va = p->va + (pa - p->pa);
		paddr_t at = PA_NONE;
		enum san_kind end;
		unsigned level = 0;
		pte_t v;

		for (; at == PA_NONE && level < t->g.levels; level++)
			at = san_entry_at(t, va, level, &end);
		v = san_load(at);
		if (p->same || san_kind(&t->g, v, level - 1) != SAN_LEAF ||
		    san_pa(&t->g, v, level - 1, va) + (va & (san_span(&t->g, level - 1) - 1)) !=
			    pa ||
		    !san_same_rights(&t->g, v, san.store[p->store].old))
			return false;
	}
	return true;
}

static void frames_move(const struct pt_event *e)
{
	u64 last = e->pa + (e->n << san_page_shift()) - 1;

	san_table_event(e);
	for (u32 i = 0; i < san.pieces && e->pa <= san.hi && san.lo <= last;) {
		const struct san_piece *p = &san.piece[i];

		if (!p->pending && p->pa <= last && e->pa <= san_frames_last(p) &&
		    (p->walk || !still_so(p, e->pa, last)))
			end_of(e, i);
		else
			i++;
	}
	if (e->kind == PT_EV_FRAME_FREE)
		san_root_freed(e->pa, last);
}

/*
 * [E] 5: an actor flushes before it releases the lock that protects its entries.  Other locks that
 * it held do not count: the walkers' lock is for readers of memory, not of a TLB.
 */
static void lock_released(const struct pt_event *e)
{
	u16 bit = (u16)SAN_FOR_WRITING(e->ops);
	struct san_cpu *c = &san.cpu[e->cpu];

	if (!e->global || !(e->locks & bit))
		return;
	if (c->made && c->made_by < PT_WRITERS && san_lock_of_writer[c->made_by] & bit) {
		if (!san.env->retried || !san.env->retried())
			san_report(SAN_UNSEEN, e, c->made_va, NULL);
		c->made = 0;
	}
	for (u32 i = 0; i < san.pieces;) {
		const struct san_store *s = &san.store[san.piece[i].store];

		if (!san.piece[i].pending && s->writer < PT_WRITERS &&
		    san_lock_of_writer[s->writer] & bit)
			end_of(e, i);
		else
			i++;
	}
}

/* ---- the tap ---- */

static void filled(const struct pt_event *e)
{
	struct san_cpu *c = &san.cpu[e->cpu];
	unsigned at = c->fills++ % SAN_FILLS;

	c->fill[at].pa = e->pa;
	c->fill[at].len = e->len;
	c->fill[at].tick = san.tick;
}

static void waited(const struct pt_event *e)
{
	san_wait(e);
	san.cpu[e->cpu].owes_ctx = san.tree[0].g.family == SAN_ARM;
}

static void take_event(const struct pt_event *e)
{
	struct san_cpu *c = &san.cpu[e->cpu];

	switch (e->kind) {
	case PT_EV_SET:
		san_after_set(e);
		break;
	case PT_EV_SYNC:
		c->sync = c->barrier = san.tick;
		break;
	case PT_EV_PUBLISH:
	case PT_EV_PUBLISH_DATA:
		c->barrier = san.tick;
		break;
	case PT_EV_VISIBLE:
		c->barrier = san.tick;
		c->made = 0;
		break;
	case PT_EV_FILL:
		filled(e);
		break;
	case PT_EV_TLBI:
		san_tlbi(e);
		break;
	case PT_EV_WAIT:
		waited(e);
		break;
	case PT_EV_CTX:
		c->owes_ctx = false;
		break;
	case PT_EV_ROOT_LOAD:
		san_root_loaded(e);
		break;
	case PT_EV_WALK_BEGIN:
	case PT_EV_WALK_END:
		san_walk_event(e);
		break;
	case PT_EV_PAGE_FREE:
		san_owes_ctx(e);
		/* The frames of a self-hosted memmap were removed with their block before this
		 * event. */
		if (e->provenance != PAGE_ALTMAP)
			frames_move(e);
		break;
	case PT_EV_PAGE_ALLOC:
	case PT_EV_FRAME_ALLOC:
	case PT_EV_FRAME_FREE:
		frames_move(e);
		break;
	case PT_EV_UNLOCK:
		lock_released(e);
		break;
	default:
		break;
	}
}

static u64 enter(u64 caller)
{
	u64 flags = san.env->enter ? san.env->enter() : 0;

	san.tick++;
	san.caller = caller;
	return flags;
}

static void leave(u64 flags)
{
	if (san.env->leave)
		san.env->leave(flags);
}

static bool sanitize_before(struct pt_event *e)
{
	u64 flags;

	if (e->kind != PT_EV_SET)
		return true;
	flags = enter((u64)(uintptr_t)__builtin_return_address(0));
	san_before_set(e);
	leave(flags);
	return true;
}

static void sanitize_after(const struct pt_event *e)
{
	u64 flags;

	if (e->kind == PT_EV_LOCK || (e->kind == PT_EV_UNLOCK && !e->global))
		return;
	flags = enter((u64)(uintptr_t)__builtin_return_address(0));
	take_event(e);
	leave(flags);
}

static const struct pt_tap sanitize_tap = {
	.name = "sanitize",
	.before = sanitize_before,
	.after = sanitize_after,
};
PT_TAP(sanitize, sanitize_tap);

/* ---- on and off ---- */

static void forget(void)
{
	for (unsigned i = 0; i < SAN_TREES; i++)
		for (unsigned cpu = 0; cpu < PT_TAP_CPUS; cpu++)
			if (!san_is_loaded(i, cpu))
				san.tree[i].cpus &= ~BIT(cpu);
	while (san.pieces)
		san_piece_drop(san.pieces - 1);
	for (unsigned i = 0; i < PT_TAP_CPUS; i++) {
		struct san_cpu *c = &san.cpu[i];

		memset(c->fill, 0, sizeof(c->fill));
		memset(c->request, 0, sizeof(c->request));
		c->requests = 0;
		c->owes_ctx = c->set.judged = false;
		c->made = 0;
	}
}

void san_mute(bool on)
{
	u64 flags = enter(0);

	san.muted = on;
	if (!on)
		forget();
	leave(flags);
}

void san_begin(const struct san_env *env)
{
	if (!env) {
		pt_tap_enable("sanitize", false);
		return;
	}
	memset(&san, 0, sizeof(san));
	san.env = env;
	san.lo = PA_NONE;
	for (unsigned i = 0; i < SAN_TREES; i++)
		san.tree[i].root = PA_NONE;
	san_report_reset();
	pt_tap_enable("sanitize", true);
}

void san_seen(struct san_seen *out)
{
	*out = san.seen;
	out->unclean = san.pieces;
}

u32 san_count(enum san_rule rule)
{
	return san.count[rule];
}
