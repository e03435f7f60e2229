// usercopy.S: the loads and stores that may touch user memory.
//
// Each function is entered with SUM set, by SSTATUS_OPEN or usercopy.c. Every access that may fault stands in
// the exception table as (address of the access, address to go on at: the next label 8); trap/trap.c looks
// there after vm/fault.c has given up.

#define MAY_FAULT(...) \
    100: __VA_ARGS__; \
    .pushsection __ex_table, "a"; \
    .balign 8; \
    .dword 100b, 8f; \
    .popsection

// Move the next byte or word from a1 to a0.
.macro move load, store, size
    MAY_FAULT(\load t1, 0(a1))
    MAY_FAULT(\store t1, 0(a0))
    addi a0, a0, \size
    addi a1, a1, \size
.endm

// ld or sd eight words at reg.
.macro eight_words op, reg
    MAY_FAULT(\op t1, 0(\reg))
    MAY_FAULT(\op t2, 8(\reg))
    MAY_FAULT(\op t3, 16(\reg))
    MAY_FAULT(\op t4, 24(\reg))
    MAY_FAULT(\op t5, 32(\reg))
    MAY_FAULT(\op t6, 40(\reg))
    MAY_FAULT(\op a4, 48(\reg))
    MAY_FAULT(\op a5, 56(\reg))
    addi \reg, \reg, 64
.endm

// uint64_t usercopy_bytes(a0: to, a1: from, a2: n): bytes not copied, 0 = all.
// a3 = end of destination. Words once that is aligned: as they are if the source is aligned too by then, else
// each from two of the source's; bytes for the rest.
.text
.globl usercopy_bytes
usercopy_bytes:
    add a3, a0, a2
1:  andi t0, a0, 7              // head: up to 7 bytes
    beqz t0, 2f
    beq a0, a3, 8f
    move lbu, sb, 1
    j 1b
2:  andi t2, a1, 7
    bnez t2, 6f
    addi t0, a3, -64            // 64 bytes a turn
    bgtu a0, t0, 4f
3:  eight_words ld, a1
    eight_words sd, a0
    bleu a0, t0, 3b
4:  addi t0, a3, -8             // single words
    bgtu a0, t0, 5f
    move ld, sd, 8
    j 4b
5:  beq a0, a3, 8f              // tail
    move lbu, sb, 1
    j 5b
6:  addi t0, a3, -8
    bgtu a0, t0, 5b
    sub a1, a1, t2              // a1: the source's words; t3 bits, t2 bytes of the first are not asked for
    slli t3, t2, 3
    neg t4, t3                  // a shift by 64 - t3
    MAY_FAULT(ld t5, 0(a1))
7:  MAY_FAULT(ld t6, 8(a1))
    srl t5, t5, t3
    sll t1, t6, t4
    or t5, t5, t1
    MAY_FAULT(sd t5, 0(a0))
    mv t5, t6
    addi a0, a0, 8
    addi a1, a1, 8
    bleu a0, t0, 7b
    add a1, a1, t2
    j 5b
8:  sub a0, a3, a0
    ret

// int64_t usercopy_string(a0: to, a1: from, a2: max): length without NUL; max: no NUL within max; -1: fault.
.globl usercopy_string
usercopy_string:
    mv t0, zero
1:  beq t0, a2, 9f
    add t1, a1, t0
    MAY_FAULT(lbu t2, 0(t1))
    add t1, a0, t0
    sb t2, 0(t1)
    beqz t2, 9f
    addi t0, t0, 1
    j 1b
8:  li t0, -1
9:  mv a0, t0
    ret
