# SPDX-License-Identifier: BSD-2-Clause
# mk/image.mk - `make image BOARD=NAME` makes a card or disk image of a board; `make flash BOARD= DEV=` writes it.
# A recursive make with ARCH= builds only the kernel of that architecture, whatever BOARD is.
ifneq ($(BOARD),)
CARD := $(if $(ARCH),$(filter 0,$(MAKELEVEL)),yes)
endif
export ADD DEV FIRMWARE_DIR

.PHONY: flash
ifneq ($(CARD),)
image:
	@arches=$$($(PYTHON) tools/hotplate board $(BOARD) ARCH) && \
	for a in $$arches; do $(MAKE) --no-print-directory $(JOBS) ARCH=$$a image || exit 1; done && \
	$(PYTHON) tools/hotplate image $(BOARD)
endif

flash:
	@$(PYTHON) tools/hotplate flash '$(BOARD)' '$(DEV)'
