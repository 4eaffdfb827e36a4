/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/acpi_devices/requests.c - drivers/acpi/dimm_source.c: memory devices that are
 * requested for ejection, removed by surprise or not readable; each request of firmware is answered
 * once (ACPI 6.5, 6.3.5).
 */
#include "dimms.h"
#include <drivers/acpi/dimm.h>

/* ---- eject requests ---- */
static void ejected(void)
{
	added();
	devices[0].crs[0].data.address64.address.maximum = PA + 2 * LEN - 1; /* _CRS is now wrong */
	interrupt(0, EJECT);
	WANT(posts == 2 && posted_is(EVENT_REMOVE, 0, true) && !posted->surprise);
	source_of("acpi")->begin(posted);
	WANT(osts_are(0, "3:84 ") && !devices[0].ej0);
	WANT(answered(0) == OST_SUCCESS && devices[0].ej0 == 1 && osts_are(0, "3:0 "));
	WANT(is(0, "empty", false, false));
	works();
	WANT(posts == 2);
	interrupt(0, EJECT); /* absent */
	WANT(posts == 2 && devices[0].ej0 == 1 && osts_are(0, "3:1 "));
}

static void not_ejected(int code, unsigned status)
{
	char wanted[16];

	added();
	interrupt(0, EJECT);
	snprintf(wanted, sizeof(wanted), "3:%x ", status);
	WANT(answered(code) == (int)status && osts_are(0, wanted) && !devices[0].ej0);
	works();
	WANT(is(0, "cold", true, false) && posts == 2);
}

/* The memory is removed, and the device stays. */
static void stays(void)
{
	added();
	devices[0].stays = true;
	interrupt(0, EJECT);
	WANT(answered(0) == OST_FAILURE && osts_are(0, "3:1 ") && is(0, "cold", false, true));
	WANT(is_said("MEM0 is still there after _EJ0|"));
	works();
	WANT(posts == 2);
	/* another device in its place is no failure */
	added();
	devices[0].stays = devices[0].rivals = true;
	interrupt(0, EJECT);
	WANT(answered(0) == OST_SUCCESS && osts_are(0, "3:0 ") && is_said(""));
	works();
	WANT(posts == 3 && posted_is(EVENT_ADD, 0, false));
}

static void unused(void)
{
	machine_with(0, 0);
	start();
	memory(0, HERE);
	interrupt(0, DEVICE_CHECK);
	answered(-EINVAL);
	osts_are(0, "1:1 ");
	devices[0].stays = true;
	interrupt(0, EJECT);
	WANT(posts == 1 && devices[0].ej0 == 1 && osts_are(0, "3:1 "));
	WANT(is_said("MEM0 is still there after _EJ0|") && is(0, "hot", false, true));
	devices[0].stays = false;
	interrupt(0, EJECT);
	WANT(posts == 1 && devices[0].ej0 == 2 && osts_are(0, "3:0 "));
	WANT(is(0, "empty", false, false));
	memory(0, HERE);
	acpi_source_look(); /* the next look finds the other device */
	WANT(posts == 2);
}

/* ---- failures ---- */
static void unreadable(void)
{
	machine_with(0, 0);
	start();
	devices[0].sta_code = -EIO;
	interrupt(0, DEVICE_CHECK);
	WANT(is_said("_STA fails|") && osts_are(0, "1:1 ") && is(0, "empty", false, true));
	acpi_source_look();
	WANT(is_said("") && osts_are(0, ""));
	interrupt(0, DEVICE_CHECK);
	WANT(is_said("_STA fails|") && osts_are(0, "1:1 "));
	/* none of its memory is in use: it is ejected */
	interrupt(0, EJECT);
	WANT(is_said("_STA fails|_STA fails|") && devices[0].ej0 == 1 && osts_are(0, "3:1 "));
	acpi_source_look();
	WANT(devices[0].ej0 == 1 && osts_are(0, ""));
	devices[0].sta_code = 0;
	devices[0].nr = 0; /* present, without ranges */
	devices[0].sta = HERE;
	interrupt(0, EJECT);
	WANT(devices[0].ej0 == 2 && osts_are(0, "3:0 ") && is(0, "empty", false, false));
	added();
	devices[0].sta_code = -EIO;
	interrupt(0, EJECT);
	WANT(!devices[0].ej0 && osts_are(0, "3:1 ") && is_said("_STA fails|") && posts == 1);
	notify(0, EJECT);
	interrupt(0, DEVICE_CHECK);
	WANT(osts_are(0, "1:1 3:1 "));
	machine_with(HERE, 0);
	devices[0].sta_code = -EIO;
	start();
	WANT(is_said("acpi: _STA fails|")); /* at boot a line is printed */
}

static void vanished(void)
{
	machine_with(0, 0);
	start();
	memory(0, HERE);
	interrupt(0, DEVICE_CHECK);
	WANT(answered(0) == 0 && osts_are(0, "1:0 ") && posts == 1);
	devices[0].sta = 0;
	acpi_source_look();
	WANT(posts == 2 && posted_is(EVENT_REMOVE, 0, true) && posted->surprise);
	WANT(is_said("MEM0 was removed by surprise; its memory is taken out of use|"));
	source_of("acpi")->begin(posted);
	WANT(answered(0) == EVENT_NO_OST && osts_are(0, "") && !devices[0].ej0);
	WANT(is(0, "empty", false, false));
	memory(0, HERE);
	acpi_source_look();
	WANT(posts == 3 && posted_is(EVENT_ADD, 0, false) && !posted->surprise);
	added();
	devices[0].sta = 0;
	interrupt(0, EJECT); /* an eject request in the meantime waits for the answer */
	WANT(posts == 2 && posted->surprise && answered(0) == EVENT_NO_OST);
	works();
	WANT(osts_are(0, "3:1 "));
}

static void other_notifications(void)
{
	added();
	interrupt(0, 0x81);
	WANT(osts_are(0, "81:2 ") && posts == 1);
	interrupt(0, 0x80);
	WANT(osts_are(0, "80:2 "));
	interrupt(0, 0);
	interrupt(99, EJECT);
	interrupt(1, 0);
	WANT(osts_are(0, "") && osts_are(1, "") && posts == 1);
	devices[0].ost_code = -EIO;
	interrupt(0, DEVICE_CHECK);
	WANT(is_said("_OST fails|"));
}

void request_tests(void)
{
	ejected();
	not_ejected(-EBUSY, OST_EJECT_BUSY);
	not_ejected(-EPERM, OST_EJECT_NOT_SUPPORTED);
	not_ejected(-EOPNOTSUPP, OST_EJECT_NOT_SUPPORTED);
	not_ejected(-ENOMEM, OST_FAILURE);
	not_ejected(-ECANCELED, OST_FAILURE);
	stays();
	unused();
	unreadable();
	vanished();
	other_notifications();
}
