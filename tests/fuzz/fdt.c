// fdt.c: the device tree reader on blobs that nobody made: fdt_open checks once, and what it lets pass must
// be safe to ask anything. The input is the blob.
//
// uses: kernel/lib/fdt.c
// fuzz: -max_len=8192
#include "fuzz.h"

#include "lib/fdt.h"

FUZZ_UNMEASURED

static const char *const names[] = {"",
                                    "#address-cells",
                                    "#size-cells",
                                    "reg",
                                    "compatible",
                                    "status",
                                    "phandle",
                                    "device_type",
                                    "ranges",
                                    "interrupts",
                                    "interrupts-extended",
                                    "linux,initrd-start",
                                    "bootargs",
                                    "rng-seed",
                                    "timebase-frequency",
                                    "riscv,isa"};
static const char *const paths[] = {"/",    "/chosen", "/cpus", "/cpus/cpu@0", "/memory@80000000",
                                    "/soc", "",        "//"};

// Touch all n bytes.
static uint8_t sum;
static void read_all(const void *p, size_t n) {
    for (const uint8_t *b = p; n > 0; n--)
        sum ^= *b++;
}

static void ask(const struct fdt *fdt, const struct fdt_node *node) {
    uint64_t a, b;
    int len;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const void *p = fdt_prop(node, names[i], &len);
        if (p) {
            must(len >= 0 && (const uint8_t *)p >= fdt->blob && (uint32_t)len <= fdt->size &&
                 (const uint8_t *)p + len <= fdt->blob + fdt->size);
            read_all(p, (size_t)len);
        }
        const char *s = fdt_string(node, names[i]);
        if (s)
            read_all(s, strlen(s));
        for (int k = 0; k < 4; k++)
            sum ^= (uint8_t)fdt_cell(node, names[i], k, 1);
        sum ^= (uint8_t)fdt_number(node, names[i], 1);
    }
    for (int i = 0; i < 5; i++)
        if (fdt_reg(node, i, &a, &b) == 0)
            sum ^= (uint8_t)(a ^ b);
    sum ^= fdt_has(node, "compatible", "ns16550a") ^ fdt_enabled(node);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct fdt fdt;
    uint64_t a, b;
    uint8_t *blob = malloc(size ? size : 1); // of its own, so that a byte too far is seen
    memcpy(blob, data, size);
    if (fdt_open(&fdt, blob, size) == 0) {
        must(fdt.count > 0 && fdt.count <= FDT_NODES && fdt.size <= size && !fdt.node[0].parent);
        for (int i = 0; i < fdt.count; i++) {
            const struct fdt_node *node = &fdt.node[i];
            must(i == 0 || (node->parent >= fdt.node && node->parent < node));
            ask(&fdt, node);
            must(fdt_phandle(&fdt, fdt_cell(node, "phandle", 0, 0)) != NULL);
        }
        for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
            ask(&fdt, fdt_path(&fdt, paths[i]));
        for (int i = 0; i < 1000 && fdt_reserved(&fdt, i, &a, &b) == 0; i++)
            ;
        ask(&fdt, NULL);
    }
    free(blob);
    return 0;
}

FUZZ_MEASURED
