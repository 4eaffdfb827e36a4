/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/pci_msi/main.c - drivers/pci/msi.c: which capabilities can be used (PCI Express Base
 * 5.0, 7.7.1 and 7.7.2), and in which order a message is aimed: no mixture of two is ever sent.
 */
#include <drivers/pci/msi.h>
#include <string.h>
#include <want.h>

static u8 space[256], entry[16];
static u8 lost[256]; /* bits that a byte of the space does not keep */
static u8 entry_lost[16];
static char text[400];
static struct why why;

/* ---- registers; accesses of the entry, and writes, are in the log ---- */
static void note(const char *fmt, unsigned at, unsigned v)
{
	size_t n = strlen(text);

	WANT(n + 30 < sizeof(text));
	snprintf(text + n, sizeof(text) - n, fmt, at, v);
}

static u32 get(const struct pci_config *c, unsigned at, unsigned bytes)
{
	u32 v = 0;

	WANT(at % bytes == 0 && at + bytes <= sizeof(space));
	if (at + bytes <= sizeof(space))
		memcpy(&v, space + at, bytes);
	return v;
}

static void set(const struct pci_config *c, unsigned at, unsigned bytes, u32 v)
{
	WANT(at % bytes == 0 && at + bytes <= sizeof(space));
	note(bytes == 2 ? " %x=%04x" : " %x=%08x", at, v);
	for (unsigned i = 0; i < bytes && at + i < sizeof(space); i++)
		space[at + i] = (u8)(v >> 8 * i) & (u8)~lost[at + i];
}

static u32 entry_get(const struct pci_config *c, unsigned at, unsigned bytes)
{
	u32 v;

	WANT(bytes == 4 && at % 4 == 0 && at < 16);
	note(" r%x", at, 0);
	memcpy(&v, entry + at % 16, 4);
	return v;
}

static void entry_set(const struct pci_config *c, unsigned at, unsigned bytes, u32 v)
{
	WANT(bytes == 4 && at % 4 == 0 && at < 16);
	note(" e%x=%x", at, v);
	for (unsigned i = 0; i < 4; i++)
		entry[(at + i) % 16] = (u8)(v >> 8 * i) & (u8)~entry_lost[(at + i) % 16];
}

static const struct pci_config config = { .read = get, .write = set };

static void put16(unsigned at, unsigned v)
{
	space[at] = (u8)v;
	space[at + 1] = (u8)(v >> 8);
}

/* A function with one capability; what does not fit is not there. */
static void function(unsigned at, u8 id, u16 control)
{
	memset(space, 0, sizeof(space));
	memset(lost, 0, sizeof(lost));
	memset(entry_lost, 0, sizeof(entry_lost));
	memset(entry, 0, sizeof(entry));
	entry[12] = 0xa1; /* masked, and bits that are not ours */
	put16(0, 0x1234);
	space[6] = 0x10;
	space[0x34] = (u8)at;
	put16(at, id);
	put16(at + 2, control);
	text[0] = '\0';
	why = (struct why) { 0 };
}

/* ---- the capability ---- */
static void msi_found(void)
{
	static const struct {
		unsigned at;
		u16 control;
		bool wide, maskable, fits;
	} rows[] = {
		{ 0x50, 0x0000, false, false, true },  { 0x50, 0x0080, true, false, true },
		{ 0x50, 0x0100, false, true, true },   { 0x50, 0x0180, true, true, true },
		{ 0x50, 0xfe7f, false, false, true },  { 0xf4, 0x0000, false, false, true },
		{ 0xf8, 0x0000, false, false, false }, { 0xf0, 0x0080, true, false, true },
		{ 0xf4, 0x0080, true, false, false },  { 0xec, 0x0100, false, true, true },
		{ 0xf0, 0x0100, false, true, false },  { 0xe8, 0x0180, true, true, true },
		{ 0xec, 0x0180, true, true, false },
	};
	struct pci_msi m;

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		function(rows[i].at, PCI_CAP_MSI, rows[i].control);
		WANT(pci_find_msi(&config, &m, &why) == (rows[i].fits ? 0 : -EINVAL));
		WANT_TEXT(why.text, rows[i].fits ? "" : "the capability of MSI is cut off");
		WANT(m.cap == rows[i].at && !m.table && !m.entry.read);
		WANT(m.wide == rows[i].wide && m.maskable == rows[i].maskable);
	}
	function(0x50, PCI_CAP_MSIX, 0);
	WANT(pci_find_msi(&config, &m, &why) == -ENOENT && !why.code);
	put16(0, 0xffff);
	WANT(pci_find_msi(&config, &m, &why) == -ENODEV);
}

static void msix_found(void)
{
	static const struct {
		unsigned at;
		u16 control;
		u32 table;
		const char *sentence; /* NULL: it can be used */
	} rows[] = {
		{ 0x50, 0x0000, 0x2ff2, "1 entries at 0x2ff0 is not inside BAR 2" },
		{ 0x50, 0x0000, 0x0ff2, NULL },
		{ 0x50, 0xf801, 0x0fe2, NULL },
		{ 0x50, 0x0001, 0x0fea, "2 entries at 0xfe8 is not inside BAR 2" },
		{ 0x50, 0x00ff, 0x0002, NULL },
		{ 0x50, 0x0100, 0x0002, "257 entries at 0x0 is not inside BAR 2" },
		{ 0x50, 0x07ff, 0x0005, NULL },
		{ 0x50, 0x07ff, 0x000d, "2048 entries at 0x8 is not inside BAR 5" },
		{ 0x50, 0x0000, 0xfffffff2, "1 entries at 0xfffffff0 is not inside BAR 2" },
		{ 0x50, 0x0000, 0x0001, "1 entries at 0x0 is not inside BAR 1" },
		{ 0x50, 0x0000, 0x0006, "1 entries at 0x0 is not inside BAR 6" },
		{ 0x50, 0x0000, 0x0007, "1 entries at 0x0 is not inside BAR 7" },
		{ 0xf4, 0x0000, 0x0002, NULL },
	};
	const struct pci_bar bars[PCI_BARS] = { [2] = { .len = 4096 }, [5] = { .len = 32768 } };
	struct pci_msi m;
	char wanted[80];

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		function(rows[i].at, PCI_CAP_MSIX, rows[i].control);
		memcpy(space + rows[i].at + 4, &rows[i].table, 4);
		WANT(pci_find_msix(&config, bars, &m, &why) == (rows[i].sentence ? -EINVAL : 0));
		snprintf(wanted, sizeof(wanted), "the MSI-X table of %s", rows[i].sentence);
		WANT_TEXT(why.text, rows[i].sentence ? wanted : "");
		WANT(m.cap == rows[i].at && m.table && m.nr == (rows[i].control & 0x7ff) + 1);
		WANT(m.bar == (rows[i].table & 7) && m.offset == (rows[i].table & ~7u));
	}
	function(0xf8, PCI_CAP_MSIX, 0);
	WANT(pci_find_msix(&config, bars, &m, &why) == -EINVAL);
	WANT_TEXT(why.text, "the capability of MSI-X is cut off");
	function(0x50, PCI_CAP_MSI, 0);
	WANT(pci_find_msix(&config, bars, &m, &why) == -ENOENT);
}

/* ---- the message ---- */
static const struct irq_message high = { 0x123456789abcul, 0x4321 }, low = { 0xfee00000, 0x4321 };

/* `word`: where the capability does not keep a bit, 0: it keeps all. */
static void aims(u16 control, unsigned word, const struct irq_message *to, int code,
		 const char *sentence, const char *log)
{
	struct pci_msi m;

	function(0x50, PCI_CAP_MSI, control);
	WANT(!pci_find_msi(&config, &m, &why));
	if (word)
		lost[0x50 + word] = 0xff;
	WANT(pci_msi_aim(&config, &m, to, &why) == code && why.code == code);
	WANT_TEXT(why.text, sentence);
	WANT_TEXT(text, log);
}

static void msi_aimed(void)
{
	static const char not_kept[] = "the function does not hold its message";

	/* without masks it is off meanwhile; several messages are never requested */
	aims(0x0071, 0, &low, 0, "", " 52=0070 54=fee00000 58=4321 52=0001");
	aims(0x0088, 0, &high, 0, "", " 52=0088 54=56789abc 58=00001234 5c=4321 52=0089");
	aims(0x0170, 0, &low, 0, "", " 5c=ffffffff 54=fee00000 58=4321 52=0101 5c=fffffffe");
	aims(0x0180, 0, &high, 0, "",
	     " 60=ffffffff 54=56789abc 58=00001234 5c=4321 52=0181 60=fffffffe");
	aims(0x0001, 0, &high, -ERANGE, "MSI reaches no address above 4 GiB: 0x123456789abc", "");
	aims(0x0180, 4, &high, -ENODEV, not_kept,
	     " 60=ffffffff 54=56789abc 58=00001234 5c=4321 52=0180");
	aims(0x0180, 9, &high, -ENODEV, not_kept,
	     " 60=ffffffff 54=56789abc 58=00001234 5c=4321 52=0180");
	aims(0x0181, 12, &high, -ENODEV, not_kept,
	     " 60=ffffffff 54=56789abc 58=00001234 5c=4321 52=0180");
	aims(0x0001, 9, &low, -ENODEV, not_kept, " 52=0000 54=fee00000 58=4321 52=0000");
}

static void msix_aimed(void)
{
	static const struct {
		unsigned lost; /* byte of the entry; 16: none */
		const char *log;
	} rows[] = {
		{ 16, " rc ec=a1 rc e0=56789abc e4=1234 e8=4321 r0 r4 r8 rc ec=a0 rc 52=8003" },
		{ 1, " rc ec=a1 rc e0=56789abc e4=1234 e8=4321 r0 rc ec=a1 rc 52=0003" },
		{ 5, " rc ec=a1 rc e0=56789abc e4=1234 e8=4321 r0 r4 rc ec=a1 rc 52=0003" },
		{ 8, " rc ec=a1 rc e0=56789abc e4=1234 e8=4321 r0 r4 r8 rc ec=a1 rc 52=0003" },
	};
	struct pci_msi m = { .cap = 0x50,
			     .table = true,
			     .entry = { .read = entry_get, .write = entry_set } };

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		function(0x50, PCI_CAP_MSIX, 0x0003);
		pci_msix_open(&config, &m);
		WANT_TEXT(text, " 52=c003");
		text[0] = '\0';
		if (rows[i].lost < 16)
			entry_lost[rows[i].lost] = 0xff;
		WANT(pci_msi_aim(&config, &m, &high, &why) == (i ? -ENODEV : 0));
		WANT_TEXT(text, rows[i].log);
		WANT_TEXT(why.text, i ? "the function does not hold its message" : "");
	}
	function(0x50, PCI_CAP_MSIX, 0x8003);
	entry[12] = 0xa0;
	pci_msi_close(&config, &m);
	WANT_TEXT(text, " rc ec=a1 rc 52=0003");
	m.entry.read = NULL; /* it was never mapped */
	function(0x50, PCI_CAP_MSIX, 0xc003);
	pci_msi_close(&config, &m);
	WANT_TEXT(text, " 52=0003");
	m.table = false;
	function(0x50, PCI_CAP_MSI, 0x0181);
	pci_msi_close(&config, &m);
	WANT_TEXT(text, " 52=0180");
}

int main(void)
{
	msi_found();
	msix_found();
	msi_aimed();
	msix_aimed();
	printf("pci_msi: %u not so\n", want_failed);
	return want_failed != 0;
}
