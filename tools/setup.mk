# Set-up before the build: install what the goals need and this machine lacks. Runs while make reads its files, so
# that no compile can start before it. What NO_SETUP names never installs; nor does -n.

GOALS      := $(or $(MAKECMDGOALS),all)
NO_SETUP   := clean help print-gdbport qemu-gdb grade gradable lab lab-update lab-carry
TEST_GOALS := test test-long labs-check coverage unit-tests fuzz fuzz-keep fuzz-targets lint lint-errnos format

SETUP := $(if $(filter-out $(NO_SETUP),$(GOALS)),boot) $(if $(filter $(TEST_GOALS),$(GOALS)),test) $(filter hunt,$(GOALS)) $(if $(filter grade-all gradescope,$(GOALS)),grade) \
         $(if $(filter bench bench-%,$(GOALS)),plot)
ifeq (,$(findstring n,$(LETTERS)))
ifneq (,$(strip $(SETUP)))
# Spelled out: before make 4.4, $(shell) does not see what was given on the command line.
$(shell NO_INSTALL='$(NO_INSTALL)' TOOLPREFIX='$(TOOLPREFIX)' QEMU='$(QEMU)' HOSTCC='$(HOSTCC)' FUZZCC='$(FUZZCC)' tools/setup $(SETUP) >&2)
$(if $(filter 0,$(.SHELLSTATUS)),,$(error set-up is not complete, see above))
endif
endif

# All processors work unless the user says how many (-j1).
ifeq (,$(filter -j%,$(MAKEFLAGS)))
MAKEFLAGS += -j$(shell nproc)
endif
