# The builds that CONFIG= may name. The hunting ones are the default build with the compiler's instrumentation of the
# kernel, and a runtime of ours in kernel/debug/.

CONFIG_CFLAGS_debug   := -O1 -DCONFIG_DEBUG=1 -fno-omit-frame-pointer
CONFIG_CFLAGS_release := -O2 -DNDEBUG
CONFIG_CFLAGS_ubsan   := $(CONFIG_CFLAGS_debug)
SANITIZE_ubsan        := -fsanitize=undefined -DCONFIG_UBSAN=1
CONFIG_CFLAGS_lockdep := $(CONFIG_CFLAGS_debug)
SANITIZE_lockdep      := -DCONFIG_LOCKDEP=1

# race: kernel/debug/race.c is told of every access to memory, but for those in
#   debug/ but for provoke.c: itself and what it reports with; a trace's rings, which are read while they are written;
#   spinlock.c: all it does is atomic, or checks of the holder alone;
#   string.c: race.c takes a call that copies as one access, through the linker (--wrap).
CONFIG_CFLAGS_race    := $(CONFIG_CFLAGS_debug) -DCONFIG_RACE=1
RACE_WRAPS            := memcpy memmove memset memcmp page_zero page_copy strlen strlcpy hash_bytes copy_from_user copy_to_user
SANITIZE_race         := -fsanitize=thread --param tsan-distinguish-volatile=1 --param tsan-instrument-func-entry-exit=0 \
                         -Wno-tsan $(RACE_WRAPS:%=-Wl,--wrap=%)
NOT_SANITIZED_race    := $(filter-out %/provoke.c,$(wildcard kernel/debug/*.c)) kernel/riscv/spinlock.c kernel/lib/string.c

CONFIG_CFLAGS := $(CONFIG_CFLAGS_$(CONFIG))
SANITIZE      := $(SANITIZE_$(CONFIG))
NOT_SANITIZED := $(NOT_SANITIZED_$(CONFIG))
NOT_BUILT     := $(filter-out kernel/debug/$(CONFIG).c,$(addprefix kernel/debug/,ubsan.c lockdep.c race.c))
$(if $(CONFIG_CFLAGS),,$(error CONFIG=$(CONFIG) is unknown: use debug, release, ubsan, lockdep or race))
