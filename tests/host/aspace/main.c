/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/aspace/main.c - mm/study/aspace.c and mm/study/asid.c against their headers.  Each
 * case runs in its own process, because ASIDs are counted once per boot.
 */
#include "fake.h"
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <want.h>

#define ASIDS 255u /* CPU 63 has 8 bits */
#define SPACES 10u

static const unsigned online[] = { 0, 1, 2, 63 };
static struct aspace spaces[SPACES];
static bool live[SPACES];

/* ---- ASIDs alone ---- */

static void take_all(unsigned max, unsigned kept)
{
	static bool got[1u << ASID_BITS_MAX];
	unsigned asid;

	memset(got, 0, sizeof(got));
	asid_reset(max);
	if (kept)
		asid_keep(kept);
	for (unsigned n = 0; n < max - (kept != 0); n++) {
		asid = asid_take();
		WANT(asid && asid <= max && asid != kept && !got[asid]);
		got[asid & 0xffff] = true;
	}
	WANT(!asid_take());
	for (unsigned i = 1; i <= max; i = i * 3 + 1) {
		asid_give(i);
		WANT(asid_take() == i && !asid_take());
	}
}

static void case_asids(void)
{
	static const unsigned usable[][3] = { { 0, 1, 0 },       { 3, 6, 7 },
					      { 3, 7, 0 },       { 8, 254, 255 },
					      { 8, 255, 0 },     { 16, 64, 65535 },
					      { 17, 64, 65535 }, { 20, 64, 65535 } };
	static const unsigned max[] = { 65535, 1, 2, 63, 64, 65, 127, 128, 200, 65535, 65535 };

	for (unsigned i = 0; i < ARRAY_SIZE(usable); i++)
		WANT(asid_usable(usable[i][0], usable[i][1]) == usable[i][2]);
	for (unsigned i = 0; i < ARRAY_SIZE(max); i++) {
		take_all(max[i], 0);
		take_all(max[i], max[i]);
		take_all(max[i], max[i] / 2 + 1);
	}
}

/* ---- spaces ---- */

static void make(struct aspace *s)
{
	unsigned before = aspaces_in_use(), root;

	memset(s, 0x5a, sizeof(*s));
	WANT(!aspace_create(s, "space", 3, NULL));
	root = fake_root(&s->pt);
	WANT(fake.node == 3 && aspaces_in_use() == before + 1 && s->pt.state == PT_LIVE);
	WANT(s->pt.eager && s->pt.caps == 0x15 && !strcmp(s->pt.name, "space"));
	WANT(!s->users && !s->generation && fake_quiet());
	WANT(s->pt.own_hi == SLOTS / 2 && fake.shared[root] == 0xff00);
	WANT(s->pt.env->alloc == kpt_env.alloc && s->pt.env->link == kpt_env.link);
	WANT(!s->pt.env->may_break(&s->pt, 0, 4096));
}

static void use(unsigned cpu, struct aspace *s)
{
	struct aspace *from;

	fake_cpu(cpu);
	from = aspace_used();
	aspace_use(s);
	WANT(aspace_used() == s && fake.root_of[cpu] == (s ? &s->pt : NULL));
	WANT(!s || s->users & cpu_bit(cpu));
	WANT(!from || from == s || !(from->users & cpu_bit(cpu)));
	WANT(fake_quiet());
}

static void destroy(struct aspace *s)
{
	unsigned frees = fake.frees;
	struct why why = { 0 };
	int err;
	bool used = s->users != 0;
	unsigned before = aspaces_in_use();
	char text[60];

	err = aspace_destroy(s, &why);
	WANT(err == (used ? -EBUSY : 0) && fake.frees == frees + !used && fake_quiet());
	WANT(aspaces_in_use() == before - !used);
	snprintf(text, sizeof(text), "space: CPUs 0x%lx use it", s->users);
	WANT_TEXT(why.text, used ? text : "");
	WANT((s->pt.state == PT_LIVE) == used);
}

static void case_count(void)
{
	WANT(asid_count() == ASIDS && fake.global_flushes == 1 && fake_quiet());
	WANT(counted.releases == 1 && counted.acquires == 1);
	WANT(asid_count() == ASIDS && fake.global_flushes == 1 && counted.acquires == 2);
	WANT(counted.releases == 1 && !asid_rollovers());
}

static void case_select_first(void)
{
	asid_select(&asid_rules[1], 5);
	WANT(asid_count() == 5 && fake.global_flushes == 2 && fake_quiet());
	asid_select(&asid_rules[0], ASIDS_ALL); /* earlier limits do not apply */
	WANT(asid_count() == ASIDS && fake.global_flushes == 3);
	asid_select(&asid_rules[0], 1000);
	WANT(asid_count() == ASIDS && fake.global_flushes == 4);
	asid_select(&asid_rules[0], 0);
	WANT(!asid_count() && fake.global_flushes == 5);
}

static void case_create_first(void)
{
	make(&spaces[0]);
	use(1, &spaces[0]);
	WANT(spaces[0].pt.asid && spaces[0].pt.asid <= ASIDS && spaces[0].pt.walked == BIT(1));
	WANT(fake.global_flushes == 1);
}

static void case_no_asids(void)
{
	memset(fake.bits, 3, sizeof(fake.bits)); /* fewer than CPUs */
	WANT(!asid_count());
	make(&spaces[0]);
	make(&spaces[1]);
	for (unsigned n = 0; n < 20; n++) {
		use(online[n % 4], &spaces[n / 2 & 1]);
		fake_access();
		WANT(!spaces[0].pt.asid && !spaces[1].pt.asid);
	}
	WANT(!fake.stale && !asid_rollovers() && fake.global_flushes == 1);
}

static void case_no_root(void)
{
	struct aspace s = { .users = 77 };
	struct why why = { 0 };

	fake.roots_most = 0;
	WANT(aspace_create(&s, "space", 0, &why) == -ENOMEM && s.users == 77);
	WANT_TEXT(why.text, "space: no memory for the root");
	WANT(!aspaces_in_use() && fake_quiet());
}

static void case_halves(void)
{
	struct aspace *s = &spaces[0];

	fake.filled = 0xa100;
	for (fake.nothing = -EINVAL; fake.nothing <= 0; fake.nothing += EINVAL) {
		WANT(!aspace_create_bare(s, "space", 1, NULL) && fake.node == 1);
		WANT(fake.shared[fake_root(&s->pt)] == 0xa100 && s->pt.own_hi == SLOTS / 2);
		WANT(fake_quiet());
		destroy(s);
	}
	((struct pt_fmt *)layout.fmt)->va_signed = false; /* separate kernel root */
	kpt.root_constant = false;
	WANT(!aspace_create(s, "space", 1, NULL));
	WANT(!fake.shared[fake_root(&s->pt)] && s->pt.own_hi == SLOTS);
	WANT(aspace_end() == 1ul << HALF);
}

static void case_fault(void)
{
	struct aspace *s = &spaces[0];
	vaddr_t low = 0 - (1ul << HALF), va = low + (5ul << TOP) + 0x1234;
	struct pt_fmt *f = (struct pt_fmt *)layout.fmt;
	unsigned root;

	WANT(!aspace_create_bare(s, "space", 1, NULL));
	root = fake_root(&s->pt);
	fake.in_kernel = true;
	WANT(!aspace_fault(va));
	use(2, s);
	fake.in_kernel = false;
	WANT(!aspace_fault(va));
	fake.in_kernel = fake.in_own = true;
	WANT(!aspace_fault(va));
	fake.in_own = false;
	WANT(!aspace_fault(low - 1) && !aspace_fault(0) && !fake.here);
	f->va_signed = false;
	WANT(!aspace_fault(va) && !fake.here && !fake.shared[root]);
	f->va_signed = true;
	WANT(aspace_fault(va) && fake.here == 1 && fake.here_va == va);
	WANT(fake.shared[root] == BIT(8 + 5));
	WANT(aspace_fault(low) && fake.shared[root] == (BIT(8) | BIT(8 + 5)));
	WANT(aspace_fault(~0ul) && fake.shared[root] == (BIT(8) | BIT(8 + 5) | BIT(15)));
}

static void case_map(void)
{
	struct aspace *s = &spaces[0];
	struct why why = { 0 };
	unsigned ones;

	make(s);
	use(1, s);
	WANT(!aspace_map(s, 0x5000, 0x3000, 0x77000,
			 PT_R | PT_W | PT_X | PT_USER | PT_GLOBAL | PT_NC, &why));
	WANT(fake.maps == 1 && fake.pa == 0x77000 && fake.prot == (PT_R | PT_W | PT_NC));
	WANT(fake_quiet());
	ones = fake.ones;
	WANT(!aspace_unmap(s, 0x6000, 0x2000, &why) && !fake.maps && fake_quiet());
	WANT(fake.ones == ones + 1 && fake.inval.lo == 0x6000 && fake.inval.hi == 0x8000);
	WANT(fake.inval.asid == s->pt.asid && fake.inval.levels == 1);
	fake.plan_code = EBUSY;
	fake.maps = 0;
	WANT(aspace_map(s, 0x5000, 0x3000, 0x77000, PT_R, &why) == -EBUSY && !fake.maps);
	WANT_TEXT(why.text, "the plan is refused");
	WANT(aspace_unmap(s, 0x6000, 0x2000, &why) == -EBUSY && fake.ones == ones + 1);
	WANT(fake_quiet());
}

/* A CPU orders its walks after the stores of other CPUs, once for each change. */
static void case_visible(void)
{
	struct aspace *s = &spaces[0];
	unsigned before = fake.visible;

	make(s);
	WANT(fake.visible > before); /* the root, before any CPU walks it */
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < ARRAY_SIZE(online); i++)
			for (unsigned again = 0; again < 3; again++) {
				before = fake.visible;
				use(online[i], s);
				WANT(fake.visible == before + !again);
				use(online[i], s);
				use(online[i], NULL);
				WANT(fake.visible == before + !again);
			}
		before = fake.visible;
		WANT(!aspace_unmap(s, 0x6000, 0x2000, NULL) && fake.visible == before + 1);
	}
}

/* A rollover: address spaces in use keep their ASIDs, also on the CPU that causes it; all others
 * lose theirs. */
static void case_rollover(void)
{
	unsigned asid[2], n;
	u64 generation;

	asid_select(&asid_rules[0], 6);
	for (n = 0; n < 8; n++)
		make(&spaces[n]);
	use(63, &spaces[0]);
	use(0, &spaces[1]);
	asid[0] = spaces[0].pt.asid;
	asid[1] = spaces[1].pt.asid;
	for (n = 2; n < 6; n++) {
		use(1, &spaces[n]);
		fake_access();
	}
	use(1, NULL);
	generation = spaces[0].generation;
	WANT(!asid_rollovers() && fake.global_flushes == 2);
	use(0, &spaces[6]);
	WANT(asid_rollovers() == 1 && fake.global_flushes == 3);
	WANT(spaces[0].pt.asid == asid[0] && spaces[1].pt.asid == asid[1]);
	WANT(spaces[0].generation == generation + 1 && spaces[1].generation == generation + 1);
	WANT(spaces[2].generation == generation && spaces[6].generation == generation + 1);
	WANT(spaces[6].pt.asid != asid[0] && spaces[6].pt.asid != asid[1]);
	use(2, &spaces[2]); /* CPU 1, which used it before, has no entries of it any more */
	WANT(spaces[2].pt.walked == BIT(2) && asid_rollovers() == 1);
	use(1, &spaces[2]);
	use(1, NULL);
	use(2, NULL);
	for (n = 0; n < 3; n++) /* of an earlier generation: no invalidation, and no ASID to free */
		destroy(&spaces[3 + n]);
	WANT(!fake.ones && asid_rollovers() == 1);
	for (n = 3; n < 5; n++) {
		make(&spaces[n]);
		use(1, &spaces[n]);
	}
	WANT(asid_rollovers() == 1);
	destroy(&spaces[2]);
	WANT(fake.ones == 1 && fake.inval.walk && !fake.inval.global);
}

static void case_give_back(void)
{
	for (unsigned n = 0; n < 3 * ASIDS; n++) {
		make(&spaces[0]);
		use(1, &spaces[0]);
		fake_access();
		destroy(&spaces[0]); /* refused */
		use(1, NULL);
		destroy(&spaces[0]);
	}
	WANT(!asid_rollovers() && fake.global_flushes == 1 && !fake.stale && !aspaces_in_use());
	for (unsigned n = 0; n < 3; n++) { /* never used: no ASID */
		make(&spaces[0]);
		destroy(&spaces[0]);
	}
	WANT(fake.ones == 3 * ASIDS && !fake.stale);
}

static u64 seed = 1;

static unsigned random_below(unsigned n)
{
	seed = seed * 6364136223846793005ul + 1442695040888963407ul;
	return (unsigned)(seed >> 33) % n;
}

static void one_step(void)
{
	unsigned n = random_below(SPACES), cpu = online[random_below(4)];

	switch (random_below(8)) {
	case 0 ... 1:
		if (!live[n])
			make(&spaces[n]);
		live[n] = true;
		break;
	case 2:
		if (!live[n])
			break;
		live[n] = spaces[n].users;
		destroy(&spaces[n]);
		break;
	case 3 ... 4:
		use(cpu, live[n] ? &spaces[n] : NULL);
		break;
	default:
		fake_cpu(cpu);
		fake_access();
	}
}

/* Each rule but the first has to produce a stale translation. */
static void random_steps(unsigned rule, unsigned max)
{
	asid_select(&asid_rules[rule], max);
	for (unsigned n = 0; n < 3000 && !want_failed; n++)
		one_step();
	WANT(asid_rollovers() || max > SPACES);
	WANT(rule ? fake.stale : !fake.stale);
	WANT(!rule == !asid_rules[rule].s.unsafe);
}

static void case_rules(void)
{
	pid_t child;
	int status;

	for (unsigned rule = 0; rule < asid_rules_nr; rule++) {
		fflush(stdout);
		child = fork();
		if (!child) {
			random_steps(rule, 5);
			fflush(stdout);
			_Exit(want_failed != 0);
		}
		WANT(waitpid(child, &status, 0) == child && status == 0);
	}
	random_steps(0, ASIDS_ALL);
}

int main(void)
{
	static void (*const cases[])(void) = {
		case_asids,    case_count,     case_select_first, case_create_first, case_no_asids,
		case_no_root,  case_halves,    case_fault,        case_map,          case_visible,
		case_rollover, case_give_back, case_rules,
	};
	unsigned failed = 0;
	int status;

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		pid_t child;

		fflush(stdout);
		child = fork();
		if (!child) {
			fake_begin();
			cases[i]();
			fflush(stdout);
			_Exit(want_failed != 0);
		}
		failed += waitpid(child, &status, 0) != child || status;
	}
	printf("aspace: %u not so\n", failed);
	return failed != 0;
}
