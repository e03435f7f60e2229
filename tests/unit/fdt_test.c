// uses: kernel/lib/fdt.c
// fdt_test.c: reading a device tree, whole and damaged.
#include "unit.h"

#include "lib/fdt.h"

// ---- a writer of small trees

enum { HEADER = 40, RESERVED = 40, STRUCTS = 88, MAX = 2048 };

static uint8_t blob[MAX];
static uint32_t at, names;
static char strings[256];

static void put32(uint32_t off, uint32_t v) {
    for (int i = 0; i < 4; i++)
        blob[off + (uint32_t)i] = (uint8_t)(v >> (24 - 8 * i));
}

static void emit(uint32_t v) {
    put32(at, v);
    at += 4;
}

static void emit_bytes(const void *p, size_t n) {
    memcpy(blob + at, p, n);
    at = (uint32_t)align_up(at + n, 4);
}

static void begin(const char *name) {
    emit(1);
    emit_bytes(name, strlen(name) + 1);
}

static void end(void) { emit(2); }

static void prop(const char *name, const void *value, size_t n) {
    emit(3);
    emit((uint32_t)n);
    emit(names);
    strcpy(strings + names, name);
    names += (uint32_t)strlen(name) + 1;
    emit_bytes(value, n);
}

static void prop_text(const char *name, const char *text) { prop(name, text, strlen(text) + 1); }

static void prop_cells(const char *name, int n, const uint32_t *cells) {
    uint8_t bytes[32];
    for (int i = 0; i < 4 * n; i++)
        bytes[i] = (uint8_t)(cells[i / 4] >> (24 - 8 * (i % 4)));
    prop(name, bytes, (size_t)(4 * n));
}
#define CELLS(name, ...) prop_cells(name, sizeof((uint32_t[]){__VA_ARGS__}) / 4, (uint32_t[]){__VA_ARGS__})

// A machine in small. Returns the size of the blob.
static uint32_t build(void) {
    memset(blob, 0, sizeof(blob));
    names = 0;
    put32(RESERVED + 4, 0x80000000);
    put32(RESERVED + 12, 0x40000);
    at = STRUCTS;
    begin("");
    CELLS("#address-cells", 2);
    CELLS("#size-cells", 2);
    begin("cpus");
    CELLS("#address-cells", 1);
    CELLS("#size-cells", 0);
    CELLS("timebase-frequency", 10000000);
    begin("cpu@0");
    CELLS("reg", 0);
    CELLS("phandle", 7);
    end();
    emit(4);
    begin("cpu@1");
    CELLS("reg", 1);
    prop_text("status", "disabled");
    end();
    end();
    begin("memory@80000000");
    prop_text("device_type", "memory");
    CELLS("reg", 0, 0x80000000, 0, 0x8000000, 1, 0, 2, 0);
    end();
    begin("soc");
    CELLS("#address-cells", 2);
    CELLS("#size-cells", 1);
    begin("serial@10000000");
    prop("compatible", "ns16550a\0ns16550", 17);
    CELLS("reg", 0, 0x10000000, 0x100);
    prop_text("status", "okay");
    end();
    end();
    begin("chosen");
    CELLS("linux,initrd-start", 0, 0x88000000);
    CELLS("linux,initrd-end", 0x89000000);
    prop("broken", "abc", 3);
    end();
    end();
    emit(9);
    uint32_t structs_end = at;
    memcpy(blob + at, strings, names);
    put32(0, 0xd00dfeed);
    put32(4, at + names);
    put32(8, STRUCTS);
    put32(12, structs_end);
    put32(16, RESERVED);
    put32(20, 17);
    put32(24, 16);
    put32(32, names);
    put32(36, structs_end - STRUCTS);
    return at + names;
}

static void opened(struct fdt *fdt) {
    uint32_t size = build();
    assert_int_equal(fdt_open(fdt, blob, size), 0);
}

// ---- tests

static void walks(void **state) {
    struct fdt fdt;
    opened(&fdt);
    static const char *names_in_order[] = {
        "", "cpus", "cpu@0", "cpu@1", "memory@80000000", "soc", "serial@10000000", "chosen"};
    assert_int_equal(fdt.count, ARRAY_SIZE(names_in_order));
    static const int parents[] = {-1, 0, 1, 1, 0, 0, 5, 0};
    int i = 0;
    fdt_for_each(node, &fdt) {
        assert_string_equal(node->name, names_in_order[i]);
        assert_ptr_equal(node->parent, parents[i] < 0 ? NULL : &fdt.node[parents[i]]);
        i++;
    }
    assert_int_equal(i, fdt.count);
}

static void paths(void **state) {
    struct fdt fdt;
    opened(&fdt);
    assert_string_equal(fdt_path(&fdt, "/cpus/cpu@1")->name, "cpu@1");
    assert_string_equal(fdt_path(&fdt, "/chosen")->name, "chosen");
    assert_null(fdt_path(&fdt, "/cpu"));
    assert_null(fdt_path(&fdt, "/cpus/cpu@2"));
    assert_null(fdt_path(&fdt, "/cpus/chosen"));
    assert_null(fdt_path(&fdt, "cpus"));
    assert_null(fdt_path(&fdt, "/cpus/"));
    assert_null(fdt_path(&fdt, "/cpus/cpu@1/x"));
    assert_ptr_equal(fdt_path(&fdt, ""), fdt.node);
    assert_ptr_equal(fdt_phandle(&fdt, 7), fdt_path(&fdt, "/cpus/cpu@0"));
    assert_null(fdt_phandle(&fdt, 8));
}

static void properties(void **state) {
    struct fdt fdt;
    opened(&fdt);
    const struct fdt_node *chosen = fdt_path(&fdt, "/chosen"), *cpus = fdt_path(&fdt, "/cpus"),
                          *serial = fdt_path(&fdt, "/soc/serial@10000000");
    assert_int_equal(fdt_number(chosen, "linux,initrd-start", 0), 0x88000000);
    assert_int_equal(fdt_number(chosen, "linux,initrd-end", 0), 0x89000000);
    assert_int_equal(fdt_number(chosen, "linux,initrd", 5), 5);
    assert_int_equal(fdt_cell(cpus, "timebase-frequency", 0, 0), 10000000);
    assert_int_equal(fdt_cell(cpus, "timebase-frequency", 1, 9), 9);
    assert_string_equal(fdt_string(fdt_path(&fdt, "/memory@80000000"), "device_type"), "memory");
    assert_null(fdt_string(chosen, "broken"));
    assert_null(fdt_string(cpus, "device_type"));
    assert_true(fdt_has(serial, "compatible", "ns16550a"));
    assert_true(fdt_has(serial, "compatible", "ns16550"));
    assert_false(fdt_has(serial, "compatible", "ns"));
    assert_false(fdt_has(cpus, "compatible", "ns16550"));
    assert_true(fdt_has(fdt_path(&fdt, "/memory@80000000"), "device_type", "memory"));
    assert_false(fdt_has(chosen, "broken", "abc"));
    assert_false(fdt_has(NULL, "compatible", "ns16550"));
    assert_true(fdt_enabled(serial));
    assert_true(fdt_enabled(cpus));
    assert_false(fdt_enabled(fdt_path(&fdt, "/cpus/cpu@1")));
}

static void registers(void **state) {
    struct fdt fdt;
    opened(&fdt);
    uint64_t addr, size;
    const struct fdt_node *memory = fdt_path(&fdt, "/memory@80000000");
    assert_int_equal(fdt_reg(memory, 1, &addr, &size), 0);
    assert_int_equal(addr, 0x100000000);
    assert_int_equal(size, 0x200000000);
    assert_int_equal(fdt_reg(memory, 2, &addr, &size), -ENOENT);
    assert_int_equal(fdt_reg(fdt_path(&fdt, "/soc/serial@10000000"), 0, &addr, &size), 0);
    assert_int_equal(addr, 0x10000000);
    assert_int_equal(size, 0x100);
    assert_int_equal(fdt_reg(fdt_path(&fdt, "/cpus/cpu@1"), 0, &addr, &size), 0);
    assert_int_equal(addr, 1);
    assert_int_equal(size, 0);
    assert_int_equal(fdt_reg(fdt_path(&fdt, "/chosen"), 0, &addr, &size), -ENOENT);
    assert_int_equal(fdt_reserved(&fdt, 0, &addr, &size), 0);
    assert_int_equal(addr, 0x80000000);
    assert_int_equal(size, 0x40000);
    assert_int_equal(fdt_reserved(&fdt, 1, &addr, &size), -ENOENT);
}

// Everything a reader does, on a tree that may be damaged: it must end, and touch nothing outside (ASan
// watches).
static void read_all(const uint8_t *b, size_t n) {
    struct fdt fdt;
    uint64_t addr, size;
    if (fdt_open(&fdt, b, n) < 0)
        return;
    for (int i = 0; i < fdt.count; i++) {
        const struct fdt_node *node = &fdt.node[i];
        (void)strlen(node->name);
        fdt_reg(node, 0, &addr, &size);
        fdt_has(node, "compatible", "ns16550");
        fdt_enabled(node);
        fdt_number(node, "linux,initrd-start", 0);
    }
    fdt_path(&fdt, "/soc/serial@10000000");
    fdt_phandle(&fdt, 7);
    for (int i = 0; i < 4; i++)
        fdt_reserved(&fdt, i, &addr, &size);
}

static void damage(void **state) {
    uint32_t size = build();
    uint64_t seed = 4;
    for (uint32_t n = 0; n < size; n++) { // cut short
        uint8_t *b = malloc(n ? n : 1);
        memcpy(b, blob, n);
        if (n >= 8) // and the header says so
            memcpy(b + 4, (uint8_t[]){0, 0, (uint8_t)(n >> 8), (uint8_t)n}, 4);
        read_all(b, n);
        free(b);
    }
    for (int round = 0; round < 5000; round++) { // bytes changed
        uint8_t *b = malloc(size);
        memcpy(b, blob, size);
        for (int i = 0; i < 3; i++)
            b[8 + unit_random(&seed) % (size - 8)] = (uint8_t)unit_random(&seed);
        read_all(b, size);
        free(b);
    }
    struct fdt fdt;
    blob[0] = 0;
    assert_int_equal(fdt_open(&fdt, blob, size), -EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(walks, "fdt: the nodes stand in order, each with its parent"),
        TEST(paths, "fdt: paths and phandles find their node"),
        TEST(properties, "fdt: cells, numbers, strings and string lists"),
        TEST(registers, "fdt: reg goes by the parent's cell counts; reserved memory is listed"),
        TEST(damage, "fdt: a damaged tree is read without harm"),
    };
    return RUN_TESTS(tests);
}
