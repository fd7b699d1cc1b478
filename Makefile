# Everything is done by dev.py; where there is no make, type `python3 dev.py demo` instead of `make demo`.
PYTHON ?= python3
.PHONY: help demo demo-reset test check bench fmt lock

ifeq ($(shell command -v $(PYTHON) 2>/dev/null),)
$(error Tenantry needs Python 3.11 or newer, and there is no $(PYTHON) here. \
Install it (Debian, Ubuntu: apt-get install python3 python3-venv; others: python.org))
endif

help demo demo-reset test check bench fmt lock:
	@exec $(PYTHON) dev.py $@ $(ARGS)
