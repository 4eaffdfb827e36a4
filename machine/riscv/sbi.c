/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/riscv/sbi.c - firmware (SBI 2.0: base, TIME, IPI, RFENCE, HSM, SRST, DBCN, and the legacy
 * console).  It takes no time and no memory.
 *
 * Order between harts.  The specification guarantees that a remote fence is executed on the named
 * harts, but no memory order.  OpenSBI provides more, and kernels rely on it: it sends IPIs and
 * requests after a fence of the sender, and the receiver takes them by an AMO with aq and rl before
 * it continues.  With knobs.firmware_text there is no such order but this one: a store that was
 * performed when its hart requested a remote SFENCE.VMA is visible globally, which a data fence
 * before the request can ensure (privileged specification, "Supervisor Memory-Management Fence
 * Instruction": a fence, an interrupt, and SFENCE.VMA in its handler), so the SFENCE.VMA orders it.
 */
#include "errata.h"
#include "hart.h"
#include <machine/device.h>
#include <machine/random.h>
#include <string.h>

#define SBI_NOT_SUPPORTED (-2)
#define SBI_INVALID_PARAM (-3)
#define SBI_INVALID_ADDRESS (-5)
#define SBI_ALREADY_AVAILABLE (-6)
#define RFENCE_BY_PAGE_MAX 64ul

enum reset_type { SRST_SHUTDOWN, SRST_COLD_REBOOT, SRST_WARM_REBOOT };

enum extension {
	EXT_PUTCHAR = 1,
	EXT_GETCHAR = 2,
	EXT_SHUTDOWN = 8,
	EXT_BASE = 0x10,
	EXT_TIME = 0x54494d45,
	EXT_IPI = 0x735049,
	EXT_RFENCE = 0x52464e43,
	EXT_HSM = 0x48534d,
	EXT_SRST = 0x53525354,
	EXT_DBCN = 0x4442434e,
};

bool machine_off, machine_failed, machine_resets, machine_reset_cold;

/* Remote fences that are not complete, by the requesting hart. */
static struct remote_fence {
	bool active;
	u64 function, start, size, asid;
	u64 harts; /* mask of the harts that have not executed it */
	u64 view;  /* the stores that its sender had performed or observed */
} remote[WORST_CPUS];

void sbi_power_on(void)
{
	machine_off = machine_failed = machine_resets = false;
	memset(remote, 0, sizeof(remote));
}

struct sbi_result {
	s64 error;
	u64 value;
};

struct sbi_entry {
	u64 extension;
	/* False: the call must wait, and is repeated after other harts have run. */
	bool (*call)(struct rv_hart *h, u64 function, const u64 *a, struct sbi_result *r);
};

/* Started harts of a mask and base; base -1: all.  False: there is no such hart. */
static bool harts_of(u64 mask, u64 base, u64 *which)
{
	u64 all = (1ul << harts_nr) - 1;

	if (base != ~0ul && (base >= harts_nr ? mask : mask >> (harts_nr - base)))
		return false;
	if (!base && (mask & 1) && hart_kind.monitor)
		return false;
	*which = base == ~0ul ? all : base < harts_nr ? mask << base : 0;
	for (unsigned i = 0; i < harts_nr; i++)
		if (harts[i].state == HART_STOPPED)
			*which &= ~BIT(i);
	return true;
}

static bool sender_ready(struct rv_hart *h)
{
	return knobs.firmware_text || order_full(h->id);
}

static const struct sbi_entry *entry_of(u64 extension);

static bool call_base(struct rv_hart *h, u64 function, const u64 *a, struct sbi_result *r)
{
	(void)h;
	switch (function) {
	case 0:
		r->value = 2ul << 24; /* 2.0 */
		break;
	case 1:
		/* OpenSBI's id with its order; an unknown id with firmware=text */
		r->value = knobs.firmware_text ? 0x77 : 1;
		break;
	case 2:
		r->value = 1ul << 16; /* 1.0 */
		break;
	case 3:
		r->value = entry_of(a[0]) != NULL;
		break;
	case 4:
		r->value = hart_kind.mvendorid ? hart_kind.mvendorid : errata_id[0];
		break;
	case 5:
		r->value = hart_kind.marchid ? hart_kind.marchid : errata_id[1];
		break;
	case 6:
		r->value = hart_kind.mimpid ? hart_kind.mimpid : errata_id[2];
		break;
	default:
		r->error = SBI_NOT_SUPPORTED;
	}
	return true;
}

static bool call_time(struct rv_hart *h, u64 function, const u64 *a, struct sbi_result *r)
{
	if (function)
		r->error = SBI_NOT_SUPPORTED;
	else
		h->stimecmp = a[0];
	return true;
}

static bool call_ipi(struct rv_hart *h, u64 function, const u64 *a, struct sbi_result *r)
{
	u64 which;

	if (function)
		r->error = SBI_NOT_SUPPORTED;
	else if (!harts_of(a[0], a[1], &which))
		r->error = SBI_INVALID_PARAM;
	else if (!sender_ready(h))
		return false;
	else
		for (unsigned i = 0; i < harts_nr; i++)
			if (which >> i & 1 && !harts[i].ipi_due)
				harts[i].ipi_due = 1 + random_below(knobs.adversary[ADV_IRQ] + 1);
	return true;
}

static void fence_here(struct rv_hart *h, const struct remote_fence *f)
{
	struct observer *o = &ordering.cpu[h->id];
	bool by_asid = f->function == 2;
	bool wraps = f->size && f->start + (f->size - 1) < f->start;
	bool all = (!f->start && !f->size) || f->size == ~0ul || wraps ||
		   (!knobs.firmware_text && f->size > RFENCE_BY_PAGE_MAX * FRAME_BYTES);

	if (f->function == 0) {
		fetch_fence(h);
		return;
	}
	o->walk = f->view > o->walk ? f->view : o->walk;
	if (all)
		walk_fence(h, &(struct invalidation) { .by_asid = by_asid, .asid = f->asid });
	else if (f->size) /* the last address may be the highest one */
		walk_fence_range(h, f->start, f->start + f->size - 1, by_asid, f->asid);
	if (order_hooks.execution && (all || f->size))
		note_fence(h,
			   &(struct invalidation) {
				   .by_address = !all, .by_asid = by_asid, .asid = f->asid },
			   f->start, f->start + f->size - 1, true);
}

static void begin_remote(struct rv_hart *h, u64 function, const u64 *a, u64 which)
{
	const struct observer *o = &ordering.cpu[h->id];
	u64 view = o->stores > o->loads ? o->stores : o->loads;

	remote[h->id] = (struct remote_fence) { true, function, a[2], a[3], a[4], which, view };
	for (unsigned i = 0; i < harts_nr; i++)
		if (which >> i & 1)
			harts[i].requested_by |= BIT(h->id);
}

static bool call_rfence(struct rv_hart *h, u64 function, const u64 *a, struct sbi_result *r)
{
	struct remote_fence *f = &remote[h->id];
	u64 which;

	if (f->active) { /* requested already */
		f->active = f->harts != 0;
		return !f->active && sender_ready(h); /* after it has read the last answer */
	}
	if (function > 2)
		r->error = SBI_NOT_SUPPORTED;
	else if (!harts_of(a[0], a[1], &which))
		r->error = SBI_INVALID_PARAM;
	else {
		if (sender_ready(h))
			begin_remote(h, function, a, which);
		return false;
	}
	return true;
}

/*
 * Firmware's handler runs in M-mode, which an interrupt enters in bounded time (privileged
 * specification, "Machine Interrupt Registers"), and the kernel executes nothing until it ends.  So
 * a kernel that stores in each slice cannot keep the handler's fence from being complete.
 */
#define UNDRAINED_MOST 64u

bool sbi_fenced(struct rv_hart *h)
{
	bool done = knobs.firmware_text || order_full(h->id);

	h->undrained = done ? 0 : h->undrained + 1;
	return done;
}

bool sbi_holds(const struct rv_hart *h)
{
	return h->undrained > UNDRAINED_MOST && (h->requested_by || h->ipi_due == 1);
}

/* A requested hart executes the fence between two slices, after its stores are performed. */
void sbi_serve(struct rv_hart *h)
{
	u64 pc;

	if (!h->requested_by || !sbi_fenced(h))
		return;
	for (unsigned i = 0; i < harts_nr; i++) {
		if (!(h->requested_by >> i & 1))
			continue;
		fence_here(h, &remote[i]);
		remote[i].harts &= ~BIT(h->id);
	}
	h->requested_by = 0;
	pc = hart_pc(h, h->next);
	hart_jump(h, pc);
}

static bool start(struct rv_hart *h, const u64 *a, struct sbi_result *r)
{
	if (a[0] >= harts_nr || hart_is_monitor((unsigned)a[0]))
		r->error = SBI_INVALID_PARAM;
	else if (harts[a[0]].state != HART_STOPPED)
		r->error = SBI_ALREADY_AVAILABLE;
	else if (!memory_responds(a[1]))
		r->error = SBI_INVALID_ADDRESS;
	else if (!sender_ready(h) || !order_full((unsigned)a[0]))
		return false;
	else
		hart_begin(&harts[a[0]], a[1], a[0], a[2]);
	return true;
}

static bool call_hsm(struct rv_hart *h, u64 function, const u64 *a, struct sbi_result *r)
{
	switch (function) {
	case 0:
		return start(h, a, r);
	case 1:
		if (!order_full(h->id))
			return false;
		h->state = HART_STOPPED;
		if (order_hooks.execution)
			order_hooks.execution->off(h->id);
		for (unsigned i = 0; i < harts_nr; i++)
			remote[i].harts &= ~BIT(h->id);
		h->requested_by = 0;
		return false;
	case 2:
		if (a[0] >= harts_nr || hart_is_monitor((unsigned)a[0]))
			r->error = SBI_INVALID_PARAM;
		else
			r->value = harts[a[0]].state == HART_STOPPED;
		return true;
	default:
		r->error = SBI_NOT_SUPPORTED;
		return true;
	}
}

static bool call_srst(struct rv_hart *h, u64 function, const u64 *a, struct sbi_result *r)
{
	(void)h;
	/* only defined types and reasons */
	if (function || (u32)a[0] > SRST_WARM_REBOOT || (u32)a[1] > 1) {
		r->error = function ? SBI_NOT_SUPPORTED : SBI_INVALID_PARAM;
		return true;
	}
	machine_off = true;
	machine_resets = (u32)a[0] != SRST_SHUTDOWN;
	machine_reset_cold = (u32)a[0] == SRST_COLD_REBOOT;
	machine_failed = (u32)a[1] == 1;
	return false;
}

static bool call_shutdown(struct rv_hart *h, u64 function, const u64 *a, struct sbi_result *r)
{
	const u64 off[] = { SRST_SHUTDOWN, 0 };

	(void)function, (void)a;
	return call_srst(h, 0, off, r);
}

/* The address has two halves; are its n bytes RAM? */
static bool is_ram(u64 n, u64 low, u64 high)
{
	if (high || low + n < low)
		return false;
	for (u64 at = low; at < low + n; at = align_down(at, FRAME_BYTES) + FRAME_BYTES)
		if (!memory_responds(at))
			return false;
	return true;
}

/*
 * Firmware runs on the calling hart, so its accesses to the caller's memory are loads and stores of
 * that hart; OpenSBI's console driver has fences around its registers.
 */
static bool write_bytes(struct rv_hart *h, const u64 *a, struct sbi_result *r)
{
	u64 view;

	if (!is_ram(a[0], a[1], a[2]))
		r->error = SBI_INVALID_PARAM;
	else if (!sender_ready(h))
		return false;
	else
		for (; r->value < a[0]; r->value++)
			console_put((char)order_load(h->id, a[1] + r->value, 1, 0, &view));
	return true;
}

static bool read_bytes(struct rv_hart *h, const u64 *a, struct sbi_result *r)
{
	int c;

	if (!is_ram(a[0], a[1], a[2]))
		r->error = SBI_INVALID_PARAM;
	else if (!sender_ready(h))
		return false;
	else
		for (; r->value < a[0] && (c = console_get()) >= 0; r->value++)
			order_store(h->id, a[1] + r->value, 1, (u64)c, 0, 0);
	return true;
}

static bool call_dbcn(struct rv_hart *h, u64 function, const u64 *a, struct sbi_result *r)
{
	switch (function) {
	case 0:
		return write_bytes(h, a, r);
	case 1:
		return read_bytes(h, a, r);
	case 2:
		console_put((char)a[0]);
		return true;
	default:
		r->error = SBI_NOT_SUPPORTED;
		return true;
	}
}

/* The legacy calls return their value in a0. */
static bool call_putchar(struct rv_hart *h, u64 function, const u64 *a, struct sbi_result *r)
{
	(void)h, (void)function, (void)r;
	console_put((char)a[0]);
	return true;
}

static bool call_getchar(struct rv_hart *h, u64 function, const u64 *a, struct sbi_result *r)
{
	(void)h, (void)function, (void)a;
	r->error = console_get();
	return true;
}

static const struct sbi_entry entries[] = {
	{ EXT_BASE, call_base },       { EXT_TIME, call_time },
	{ EXT_IPI, call_ipi },         { EXT_RFENCE, call_rfence },
	{ EXT_HSM, call_hsm },         { EXT_SRST, call_srst },
	{ EXT_DBCN, call_dbcn },       { EXT_PUTCHAR, call_putchar },
	{ EXT_GETCHAR, call_getchar }, { EXT_SHUTDOWN, call_shutdown },
};

static const struct sbi_entry *entry_of(u64 extension)
{
	for (unsigned i = 0; i < ARRAY_SIZE(entries); i++)
		if (entries[i].extension == extension)
			return &entries[i];
	return NULL;
}

void sbi_call(struct rv_hart *h, const struct rv_op *op)
{
	const struct sbi_entry *e = entry_of(h->x[17]);
	u64 a[6] = { h->x[10], h->x[11], h->x[12], h->x[13], h->x[14], h->x[15] };
	struct sbi_result r = { e ? 0 : SBI_NOT_SUPPORTED, 0 };

	h->in_firmware = e && !e->call(h, h->x[16], a, &r);
	if (h->in_firmware || machine_off) {
		hart_again(h, op);
		return;
	}
	h->x[10] = (u64)r.error;
	hart_set_view(h, 10, 0);
	if (h->x[17] > 15) { /* not a legacy call */
		h->x[11] = r.value;
		hart_set_view(h, 11, 0);
	}
	hart_yield(h);
}
