# Everything is done by dev.py; where there is no make, type `python3 dev.py demo` instead of `make demo`.
PYTHON ?= python3
.PHONY: help demo demo-reset test check bench fmt lock

help demo demo-reset test check bench fmt lock:
	@exec $(PYTHON) dev.py $@ $(ARGS)
