# The builds that CONFIG= may name. The hunting ones are the default build with the compiler's instrumentation of the
# kernel, and a runtime of ours in kernel/debug/.

CONFIG_CFLAGS_debug   := -O1 -DCONFIG_DEBUG=1 -fno-omit-frame-pointer
CONFIG_CFLAGS_release := -O2 -DNDEBUG
# for `make coverage`: lines keep instructions of their own
CONFIG_CFLAGS_coverage := -Og -DCONFIG_DEBUG=1 -fno-omit-frame-pointer -fno-shrink-wrap
CONFIG_CFLAGS_ubsan   := $(CONFIG_CFLAGS_debug)
SANITIZE_ubsan        := -fsanitize=undefined -DCONFIG_UBSAN=1
CONFIG_CFLAGS_lockdep := $(CONFIG_CFLAGS_debug)
SANITIZE_lockdep      := -DCONFIG_LOCKDEP=1

CONFIG_CFLAGS := $(CONFIG_CFLAGS_$(CONFIG))
SANITIZE      := $(SANITIZE_$(CONFIG))
NOT_BUILT     := $(filter-out kernel/debug/$(CONFIG).c,$(addprefix kernel/debug/,ubsan.c lockdep.c))
$(if $(CONFIG_CFLAGS),,$(error CONFIG=$(CONFIG) is unknown: use debug, release, coverage, ubsan or lockdep))
