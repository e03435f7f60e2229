// mem.c: /dev/null, /dev/zero, /dev/random.
//
// The random bytes come from ChaCha20 (RFC 8439) with fast key erasure: of each block of 64 bytes the first
// 32 become the next key and the rest is handed out, so what was given out cannot be computed from a later
// state. It is a generator and not a collector: the seed at boot is all it ever learns.
#include "dev/mem.h"

#include "dev/chardev.h"
#include "lib/string.h"
#include "riscv/csr.h"
#include "riscv/spinlock.h"
#include "riscv/usercopy.h"

enum { MINOR_NULL = 3, MINOR_ZERO = 5, MINOR_RANDOM = 8 };
enum { KEY_WORDS = 8, BLOCK_WORDS = 16, CHUNK = 256 };

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

// One block: the next key, and KEY_WORDS words to hand out. random_lock held.
static void next_block(uint32_t *out) {
    uint32_t block[BLOCK_WORDS];
    chacha_block(random_key, block);
    memcpy(random_key, block, sizeof(random_key));
    memcpy(out, block + KEY_WORDS, sizeof(random_key));
}

void random_bytes(void *buf, size_t n) {
    uint32_t block[KEY_WORDS];
    spin_lock(&random_lock);
    for (size_t k; n > 0; n -= k, buf = (char *)buf + k) {
        k = min(n, sizeof(block));
        next_block(block);
        memcpy(buf, block, k);
    }
    spin_unlock(&random_lock);
}

// Stir n bytes into the key, a key's length at a time.
static void random_add(const void *bytes, size_t n) {
    uint32_t block[KEY_WORDS];
    spin_lock(&random_lock);
    for (size_t k; n > 0; n -= k, bytes = (const char *)bytes + k) {
        memset(block, 0, sizeof(block));
        k = min(n, sizeof(block));
        memcpy(block, bytes, k);
        for (int i = 0; i < KEY_WORDS; i++)
            random_key[i] ^= block[i];
        next_block(block);
    }
    spin_unlock(&random_lock);
}

static int mem_open(uint32_t minor) {
    return minor == MINOR_NULL || minor == MINOR_ZERO || minor == MINOR_RANDOM ? 0 : -ENXIO;
}

static ssize_t random_read(uint64_t buf, size_t n) {
    char chunk[CHUNK];
    size_t done = 0;
    while (done < n && !(done && chardev_interrupted())) {
        size_t k = min(n - done, sizeof(chunk));
        random_bytes(chunk, k);
        if (copy_to_user(buf + done, chunk, k) < 0)
            return done ? (ssize_t)done : -EFAULT;
        done += k;
    }
    return done;
}

static ssize_t zero_read(uint64_t buf, size_t n) {
    size_t done = 0;
    while (done < n && !(done && chardev_interrupted())) {
        size_t k = min(n - done, (size_t)PAGE_SIZE);
        if (zero_user(buf + done, k) < 0)
            return done ? (ssize_t)done : -EFAULT;
        done += k;
    }
    return done;
}

static ssize_t mem_read(uint32_t minor, uint64_t buf, size_t n, int flags) {
    return minor == MINOR_ZERO ? zero_read(buf, n) : minor == MINOR_RANDOM ? random_read(buf, n) : 0;
}

// All of them take what is written and forget it.
static ssize_t mem_write(uint32_t minor, uint64_t buf, size_t n, int flags) { return n; }

static const struct chardev_ops mem_ops = {
    .name = "mem", .open = mem_open, .read = mem_read, .write = mem_write};

void mem_init(const struct fdt *fdt, uint64_t seed) {
    int len = 0;
    const void *rng_seed = fdt_prop(fdt, fdt_path(fdt, "/chosen"), "rng-seed", &len);
    if (rng_seed && len > 0)
        random_add(rng_seed, len);
    uint64_t now = time_now();
    random_add(&now, sizeof(now));
    random_add(&seed, sizeof(seed));
    chardev_register(CHARDEV_MEM, &mem_ops);
}
