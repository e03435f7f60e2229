#!/bin/bash
# CONFIG=kasan: a bad access of the kernel to memory is a panic that tells of the access, the object, and who had it;
# the kernel as it is makes none. (The whole of usertests: tests/long/sanitizers.t.)
. "$(dirname "$0")/lib/tap.sh"
scratch_tree "$T/tree"
cd "$T/tree" || exit 2
export CONFIG=kasan
config=kasan
ok 'CONFIG=kasan builds' make -s all

# provoke NAME PATTERN OBJECT ALLOCATED-BY FREED-BY: the first line of the panic; what it says of the object; functions
# in the backtraces of who allocated and who freed it (-: there is none)
provoke() {
    guest CPUS=2 LIMIT=60 APPEND="provoke=$1" true
    report=${out#*panic: kasan: }
    like "$report" "$2"$'\n'"object: $3"$'\n'* "$1: the panic says what was done, and to what"
    rest=${report#*$'\n'}
    rest=${rest#*$'\n'}
    rest=${rest%%$'\n'hart*}
    want=
    [ "$4" = - ] || want="allocated at:*$4+0x*"
    [ "$5" = - ] || want="${want}freed at:*$5+0x*"
    if [ "$4$5" = -- ]; then want='hart *'; fi
    like "$rest" "$want" "$1: it says who allocated and who freed it"
    case $rest in
    *'freed at:'*) is "${5#-}" "$5" "$1: it was freed" ;;
    *) is "$5" - "$1: it was not freed" ;;
    esac
}
at='at ffffff??????????'
heap='slab kmalloc, 40 bytes '$at
end='the byte '$at' is 0 bytes behind its end'
provoke use-after-free "use after free: read of 1 byte $at by use_after_free+*" "$heap, free; the byte $at is byte 8 of it" \
    use_after_free use_after_free
provoke overflow-heap "heap out of bounds: write of 1 byte $at by overflow_heap+*" "$heap, in use; $end" overflow_heap -
provoke free-twice "bad free: an object that is free already, $at by free_twice+*" "$heap, free; *" free_twice free_twice
provoke free-inside "bad free: what is no object, $at by free_inside+*" "$heap, in use; the byte $at is byte 16 of it" \
    free_inside -
provoke overflow-array "stack out of bounds: write of 4 bytes $at by overflow_array+*" \
    "variable array:* of overflow_array, 16 bytes $at on the stack; $end" - -
provoke overflow-global "global out of bounds: write of 1 byte $at by overflow_global+*" \
    "global letters of kernel/debug/provoke.c, 5 bytes $at; $end" - -
provoke use-outside-scope "use of a variable out of scope: read of 4 bytes $at by use_outside_scope+*" \
    "variable inner:* of use_outside_scope, 8 bytes $at on the stack; the byte $at is byte 0 of it" - -
provoke use-freed-frame "use of a free frame: write of 1 byte $at by use_freed_frame+*" \
    "frame $at, free; the byte $at is byte 8 of it" use_freed_frame use_freed_frame
provoke overflow-frames "heap out of bounds: write of 1 byte $at by overflow_frames+*" \
    "frame $at, in use; the byte $at is byte 904 of it" overflow_frames -
provoke use-dead-stack "use of the stack of a thread that has ended: write of 1 byte $at by use_dead_stack+*" \
    'a kernel stack that is free' - -
provoke copy-too-much "heap out of bounds: write of 48 bytes $at by copy_too_much+*" "$heap, in use; $end" copy_too_much -
provoke string-without-end "heap out of bounds: read of 9 bytes $at by string_without_end+*" \
    "slab kmalloc, 8 bytes $at, in use; $end" string_without_end -
provoke copy-to-user-too-much "heap out of bounds: read of 32 bytes $at by copy_to_user_too_much+*" \
    "slab kmalloc, 24 bytes $at, in use; $end" copy_to_user_too_much -

# Shadow and notes take a sixth of the memory, objects 88 bytes more each, and up to 1024 of them wait in the quarantine:
# of 192 MiB there remains a bit more than of the 128 MiB that the tests have otherwise.
guest CPUS=2 MEM=192M 'usertests -q'
is "$status" 0 'usertests -q finds no bad access'
case $out in *'ALL TESTS PASSED') ;; *) note "$out" >&2 ;; esac
finish
