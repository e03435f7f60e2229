// mem.c: /dev/null, /dev/zero, /dev/random.
//
// The random bytes come from ChaCha20 (RFC 8439) with fast key erasure: of each block of 64 bytes the first
// 32 become the next key and the rest is handed out, so what was given out cannot be computed from a later
// state. It is a generator and not a collector: the seed at boot is all it ever learns.
#include "dev/chardev.h"
#include "riscv/spinlock.h"
#include "riscv/usercopy.h"

enum { KEY_WORDS = 8, BLOCK_WORDS = 16, CHUNK_WORDS = 64 };

static struct spinlock random_lock = SPINLOCK(RANK_DEVICE, "random");
// guarded by random_lock
static uint32_t random_key[KEY_WORDS];

static uint32_t rotate(uint32_t x, int n) { return x << n | x >> (32 - n); }

static void quarter_round(uint32_t *s, int a, int b, int c, int d) {
    s[a] += s[b], s[d] = rotate(s[d] ^ s[a], 16);
    s[c] += s[d], s[b] = rotate(s[b] ^ s[c], 12);
    s[a] += s[b], s[d] = rotate(s[d] ^ s[a], 8);
    s[c] += s[d], s[b] = rotate(s[b] ^ s[c], 7);
}

// The ChaCha20 block of key, with counter and nonce 0: a key is used once.
static void chacha_block(const uint32_t *key, uint32_t *out) {
    uint32_t start[BLOCK_WORDS] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    memcpy(start + 4, key, KEY_WORDS * sizeof(uint32_t));
    memcpy(out, start, sizeof(start));
    for (int i = 0; i < 10; i++) {
        quarter_round(out, 0, 4, 8, 12);
        quarter_round(out, 1, 5, 9, 13);
        quarter_round(out, 2, 6, 10, 14);
        quarter_round(out, 3, 7, 11, 15);
        quarter_round(out, 0, 5, 10, 15);
        quarter_round(out, 1, 6, 11, 12);
        quarter_round(out, 2, 7, 8, 13);
        quarter_round(out, 3, 4, 9, 14);
    }
    for (int i = 0; i < BLOCK_WORDS; i++)
        out[i] += start[i];
}

// One block: the next key, and KEY_WORDS words to hand out.
static void random_block(uint32_t *out) {
    uint32_t block[BLOCK_WORDS];
    spin_lock(&random_lock);
    chacha_block(random_key, block);
    memcpy(random_key, block, sizeof(random_key));
    spin_unlock(&random_lock);
    memcpy(out, block + KEY_WORDS, sizeof(random_key));
}

// Give a reader n bytes, made by fill, KEY_WORDS words at a time, or zeros.
static ssize_t produce(uint64_t buf, size_t n, void (*fill)(uint32_t *block)) {
    uint32_t chunk[CHUNK_WORDS] = {0};
    size_t done = 0;
    while (done < n && !(done && thread_interrupted())) {
        const size_t k = min(n - done, sizeof(chunk));
        for (int i = 0; fill && i < CHUNK_WORDS; i += KEY_WORDS)
            fill(chunk + i);
        if (copy_to_user(buf + done, chunk, k) < 0)
            return done ? (ssize_t)done : -EFAULT;
        done += k;
    }
    return done;
}

static ssize_t null_read(uint64_t buf, size_t n, int flags) { return 0; }
static ssize_t zero_read(uint64_t buf, size_t n, int flags) { return produce(buf, n, NULL); }
static ssize_t random_read(uint64_t buf, size_t n, int flags) { return produce(buf, n, random_block); }
// All of them take what is written and forget it.
static ssize_t forget(uint64_t buf, size_t n, int flags) { return n; }

CHARDEV(null) = {.number = DEV_NULL, .read = null_read, .write = forget};
CHARDEV(zero) = {.number = DEV_ZERO, .read = zero_read, .write = forget};
CHARDEV(random) = {.number = DEV_RANDOM, .read = random_read, .write = forget};

void mem_init(const struct fdt *fdt, uint64_t seed) {
    uint64_t key[4] = {[2] = time_now(), [3] = seed}; // and rng-seed before them
    int len;
    const void *rng_seed = fdt_prop(fdt_path(fdt, "/chosen"), "rng-seed", &len);
    if (rng_seed)
        memcpy(key, rng_seed, min((size_t)len, sizeof(key) / 2));
    memcpy(random_key, key, sizeof(random_key));
}
