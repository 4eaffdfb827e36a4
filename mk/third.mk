# SPDX-License-Identifier: BSD-2-Clause
# mk/third.mk - files of the distribution's kernel source package (or LINUX_SRC=DIR): libfdt, ACPICA, the kunit
# parser.  One pass unpacks them from the archive to build/third.
THIRD := $(BUILD)/third
FDT_DIR := $(THIRD)/scripts/dtc/libfdt
FDT_SOURCES := fdt.c fdt_addresses.c fdt_empty_tree.c fdt_overlay.c fdt_ro.c fdt_rw.c \
	fdt_strerror.c fdt_sw.c fdt_wip.c

# ACPICA: the files that the kernel needs.  The rest is the debugger, dumps, and registers of machines that
# are not hardware-reduced.  -DMODESTO selects drivers/acpi/host/acmodesto.h as the library's host header.
ACPICA_DIR := $(THIRD)/drivers/acpi/acpica
ACPICA_INCLUDES := -isystem drivers/acpi/host -isystem $(THIRD)/include -isystem $(THIRD)/include/acpi \
	-isystem $(THIRD)/include/acpi/platform
ACPICA_FLAGS := -w -Os -U__linux__ -DMODESTO -DBUILDING_ACPICA
ACPICA_SOURCES := dsargs.c dscontrol.c dsdebug.c dsfield.c dsinit.c dsmethod.c dsmthdat.c dsobject.c \
	dsopcode.c dspkginit.c dsutils.c dswexec.c dswload.c dswload2.c dswscope.c dswstate.c \
	evhandler.c evmisc.c evregion.c evxface.c evrgnini.c evxfregn.c exconcat.c exconfig.c exconvrt.c \
	excreate.c exdebug.c exfield.c exfldio.c exmisc.c exmutex.c exnames.c exoparg1.c exoparg2.c \
	exoparg3.c exoparg6.c exprep.c exregion.c exresnte.c exresolv.c exresop.c exserial.c \
	exstore.c exstoren.c exstorob.c exsystem.c extrace.c exutils.c hwpci.c hwvalid.c nsaccess.c \
	nsalloc.c nsarguments.c nsconvert.c nseval.c nsinit.c nsload.c nsnames.c nsobject.c \
	nsparse.c nspredef.c nsprepkg.c nsrepair.c nsrepair2.c nssearch.c nsutils.c nswalk.c \
	nsxfeval.c nsxfname.c nsxfobj.c psargs.c psloop.c psobject.c psopcode.c psopinfo.c \
	psparse.c psscope.c pstree.c psutils.c pswalk.c psxface.c rsaddr.c rscalc.c rscreate.c \
	rsinfo.c rsio.c rsirq.c rslist.c rsmemory.c rsmisc.c rsserial.c rsutils.c rsxface.c \
	tbdata.c tbfadt.c tbfind.c tbinstal.c tbprint.c tbutils.c tbxface.c tbxfload.c utaddress.c \
	utalloc.c utascii.c utbuffer.c utcache.c utcopy.c utdecode.c utdelete.c uterror.c uteval.c \
	utexcep.c utglobal.c uthex.c utids.c utinit.c utlock.c utmath.c utmisc.c utmutex.c \
	utobject.c utosi.c utownerid.c utpredef.c utresrc.c utstate.c utstring.c utstrsuppt.c \
	utcksum.c utstrtoul64.c utxface.c utxferror.c utxfinit.c

.PHONY: third
# The files are unpacked by `third`.
$(FDT_SOURCES:%=$(FDT_DIR)/%) $(ACPICA_SOURCES:%=$(ACPICA_DIR)/%): | third ;
third: | needs
	@LINUX_SRC='$(LINUX_SRC)' STRICT='$(STRICT)' tools/third $(THIRD)
