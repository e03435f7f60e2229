// uart.c: the serial line: ns16550a (PC16550D data sheet). Speed and format are left as the firmware set
// them.
//
// Two users: the kernel log, by polling, with no lock and at any time; and the tty, whose bytes go into the
// transmitter's FIFO while it has room, then wait for the interrupt "transmitter empty". Received bytes go up
// to the tty.
#include "dev/device.h"
#include "dev/tty.h"
#include "riscv/panic.h"

enum {             // registers, in units of 1 << reg-shift
    UART_DATA = 0, // read: receiver buffer; write: transmitter
    UART_IER = 1,  // interrupt enable
    UART_IIR = 2,  // read: interrupt identification
    UART_FCR = 2,  // write: FIFO control
    UART_MCR = 4,  // modem control
    UART_LSR = 5,  // line status
    UART_MSR = 6,  // modem status
};
enum { IER_RECEIVED = 1, IER_EMPTY = 2 };
enum { IIR_NONE = 1, IIR_REASON = 0x0e, IIR_EMPTY = 2, IIR_RECEIVED = 4, IIR_LINE = 6, IIR_TIMEOUT = 0x0c };
enum { FCR_ENABLE = 1 };
enum { MCR_DTR = 1, MCR_RTS = 2, MCR_OUT2 = 8 };
enum { LSR_DATA = 1, LSR_BREAK = 0x10, LSR_EMPTY = 0x20, LSR_IDLE = 0x40 };
enum { FIFO_ROOM = 15 }; // of 16 bytes; one is left for the kernel log, which does not ask

static struct {
    // set once at probe
    volatile void *regs;
    uint32_t shift;
    // guarded by the tty's lock
    uint32_t room;     // bytes that the transmitter takes without a look at its status
    bool wants_output; // IER_EMPTY is set
} uart;

static uint8_t get(uint32_t reg) { return reg_read8(uart.regs, reg << uart.shift); }
static void set(uint32_t reg, uint8_t value) { reg_write8(uart.regs, reg << uart.shift, value); }

// For the kernel log. Waits for the line as long as it takes.
static void uart_console_put(char c) {
    while (!(get(UART_LSR) & LSR_EMPTY))
        ;
    set(UART_DATA, c);
}

static bool uart_put(char c) {
    if (uart.room == 0 && (get(UART_LSR) & LSR_EMPTY))
        uart.room = FIFO_ROOM;
    if (uart.room == 0)
        return false;
    uart.room--;
    set(UART_DATA, c);
    return true;
}

static void uart_want_output(bool on) {
    if (uart.wants_output != on)
        set(UART_IER, IER_RECEIVED | (on ? IER_EMPTY : 0));
    uart.wants_output = on;
}

static bool uart_sent(void) { return get(UART_LSR) & LSR_IDLE; }

static void uart_receive(void) {
    uint8_t status;
    while ((status = get(UART_LSR)) & LSR_DATA) {
        char c = get(UART_DATA);
        if (!(status & LSR_BREAK)) // a break comes with a byte that nobody sent
            tty_input(c);
    }
}

static void uart_interrupt(void *arg) {
    uint8_t why;
    while (!((why = get(UART_IIR)) & IIR_NONE)) {
        switch (why & IIR_REASON) {
        case IIR_RECEIVED:
        case IIR_TIMEOUT: uart_receive(); break;
        case IIR_EMPTY: tty_output_ready(); break;
        case IIR_LINE: get(UART_LSR); break;
        default: get(UART_MSR); break;
        }
    }
}

static const struct tty_line uart_line = {
    .put = uart_put, .want_output = uart_want_output, .sent = uart_sent};

// Is node the one that /chosen stdout-path names? True if it names none that exists.
static bool is_console(const struct fdt *fdt, int node) {
    const char *path = fdt_string(fdt, fdt_path(fdt, "/chosen"), "stdout-path");
    int console = path ? fdt_path(fdt, path) : -1;
    return console < 0 || console == node;
}

static int uart_probe(const struct fdt *fdt, int node) {
    uint64_t pa, size;
    if (uart.regs || !is_console(fdt, node))
        return -EBUSY; // one tty, one line
    if (fdt_reg(fdt, node, 0, &pa, &size) < 0)
        return -EINVAL;
    uart.regs = device_registers(pa);
    uart.shift = fdt_cell(fdt, node, "reg-shift", 0, 0);
    uint32_t irq = fdt_cell(fdt, node, "interrupts", 0, 0);
    set(UART_FCR, FCR_ENABLE); // what came in during boot stays
    set(UART_MCR, MCR_DTR | MCR_RTS | MCR_OUT2);
    console_register(uart_console_put);
    int err = irq_register(irq, uart_interrupt, NULL);
    if (err)
        kprintf("uart: no interrupt %u (error %d): no input\n", irq, -err);
    tty_attach(&uart_line);
    set(UART_IER, IER_RECEIVED);
    kprintf("uart: ns16550a at 0x%lx, irq %u\n", pa, irq);
    return 0;
}

static const char *const uart_compatible[] = {"ns16550a", NULL};
DRIVER(uart_driver) = {.name = "uart", .compatible = uart_compatible, .stage = 1, .probe = uart_probe};
