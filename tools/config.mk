# The builds that CONFIG= may name. The hunting ones are the default build with the compiler's instrumentation of the
# kernel, and a runtime of ours in kernel/debug/.

CONFIG_CFLAGS_debug   := -O1 -DCONFIG_DEBUG=1 -fno-omit-frame-pointer
CONFIG_CFLAGS_release := -O2 -DNDEBUG
# The kernel as one unit: functions are inlined from file to file, at the link. Not those of string.c, which the compiler
# makes up calls of.
WHOLE_release         := -O3 -flto=2 --param=max-inline-insns-auto=40 --param=inline-unit-growth=80 \
                         --param=large-function-growth=200 -Wno-maybe-uninitialized
$(B)/kernel/lib/string.o $(patsubst %.c,$(B)/%.o,$(wildcard kernel/debug/*.c)): WHOLE_release :=
# for `make coverage`: lines keep instructions of their own
CONFIG_CFLAGS_coverage := -Og -DCONFIG_DEBUG=1 -fno-omit-frame-pointer -fno-shrink-wrap
CONFIG_CFLAGS_ubsan   := $(CONFIG_CFLAGS_debug)
SANITIZE_ubsan        := -fsanitize=undefined -DCONFIG_UBSAN=1
CONFIG_CFLAGS_lockdep := $(CONFIG_CFLAGS_debug)
SANITIZE_lockdep      := -DCONFIG_LOCKDEP=1

# Calls of these functions from other files go to __wrap_NAME in kernel/debug/kasan*.c, which may call __real_NAME.
KASAN_WRAPPED := boot_main pagetable_init page_alloc page_free page_stats slab_alloc slab_free slab_objects \
                 kmalloc kfree kstack_alloc kstack_free memcpy memmove memset memcmp page_zero page_copy hash_bytes \
                 strlen strnlen strcmp strncmp strrchr strlcpy copy_from_user copy_to_user string_from_user
KASAN_OFFSET  := 0xdfffffe800000000
KASAN_DEFINES := -DCONFIG_KASAN=1 -DKASAN_SHADOW_OFFSET=$(KASAN_OFFSET)
CONFIG_CFLAGS_kasan := $(CONFIG_CFLAGS_debug)
SANITIZE_kasan      := $(KASAN_DEFINES) -fsanitize=kernel-address -fasan-shadow-offset=$(KASAN_OFFSET) \
                       --param=asan-instrumentation-with-call-threshold=0 --param=asan-stack=1 --param=asan-globals=1 \
                       -fsanitize-address-use-after-scope $(KASAN_WRAPPED:%=-Wl,--wrap=%)
ifeq ($(CONFIG),kasan)
$(patsubst %.c,$(B)/%.o,$(wildcard kernel/debug/kasan*.c) kernel/lib/string.c): SANITIZE := -O2 $(KASAN_DEFINES)
$(B)/kernel/mm/slab.o: SANITIZE := $(KASAN_DEFINES) -Dmemset=kasan_fill_cell
endif

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
SANITIZE      := $(SANITIZE_$(CONFIG)) $(if $(SANITIZE_$(CONFIG)),-DCONFIG_HUNTING=1)
NOT_SANITIZED := $(NOT_SANITIZED_$(CONFIG))
# kernel/debug/X.c and X_*.c belong to CONFIG=X alone, if there is one with a SANITIZE_X.
HUNTING       := $(sort $(patsubst SANITIZE_%,%,$(filter SANITIZE_%,$(.VARIABLES))))
NOT_BUILT     := $(foreach c,$(filter-out $(CONFIG),$(HUNTING)),$(wildcard kernel/debug/$(c).c kernel/debug/$(c)_*.c))
$(if $(CONFIG_CFLAGS),,$(error CONFIG=$(CONFIG) is unknown: use debug, release, coverage or one of: $(HUNTING)))

# The current lab (labs/README.md): the one named, or in a student's tree the one in labs/current. Its programs are put
# on the disk (tools/lab.mk).
LAB          ?= $(shell cat labs/current 2> /dev/null)
LAB_PROGRAMS := $(if $(LAB),$(patsubst labs/%.c,$(B)/labs/%,$(wildcard labs/$(LAB)/programs/*.c)))
