// uart.c: the serial line: ns16550a (PC16550D data sheet). Speed and format are left as the firmware set
// them.
//
// Two users: the kernel log, by polling, with no lock and at any time; and the tty, whose bytes go into the
// transmitter's FIFO while it has room, then wait for the interrupt "transmitter empty". Received bytes go up
// to the tty.
#include "dev/device.h"
#include "dev/tty.h"
#include "riscv/hart.h"

enum {             // registers, in units of 1 << reg-shift
    UART_DATA = 0, // read: receiver buffer; write: transmitter
    UART_IER = 1,  // interrupt enable
    UART_IIR = 2,  // read: interrupt identification
    UART_FCR = 2,  // write: FIFO control
    UART_MCR = 4,  // modem control
    UART_LSR = 5,  // line status
};
enum { IER_RECEIVED = 1, IER_EMPTY = 2, IIR_NONE = 1, FCR_ENABLE = 1 };
enum { MCR_DTR = 1, MCR_RTS = 2, MCR_OUT2 = 8 };
enum { LSR_DATA = 1, LSR_BREAK = 0x10, LSR_EMPTY = 0x20, LSR_IDLE = 0x40 };
enum { FIFO_ROOM = 15 }; // of 16 bytes; one is left for the kernel log, which does not ask
enum { DRAIN_SECONDS = 5 };

static struct {
    // set once at probe
    volatile char *regs;
    uint32_t shift;
    // guarded by the tty's lock
    uint32_t room; // bytes that the transmitter takes without a look at its status
    bool waiting;  // the interrupt "transmitter empty" is on
} uart;

static uint8_t get(uint32_t reg) { return *(volatile uint8_t *)(uart.regs + (reg << uart.shift)); }
static void set(uint32_t reg, uint8_t value) {
    *(volatile uint8_t *)(uart.regs + (reg << uart.shift)) = value;
}

// For the kernel log. Waits for the line as long as it takes.
static void uart_console_put(char c) {
    while (!(get(UART_LSR) & LSR_EMPTY))
        ;
    set(UART_DATA, c);
}

static bool uart_put(char c) {
    if (uart.room == 0 && (get(UART_LSR) & LSR_EMPTY))
        uart.room = FIFO_ROOM;
    const bool busy = uart.room == 0;
    if (uart.waiting != busy)
        set(UART_IER, IER_RECEIVED | (busy ? IER_EMPTY : 0));
    uart.waiting = busy;
    if (busy)
        return false;
    uart.room--;
    set(UART_DATA, c);
    return true;
}

void uart_drain(void) {
    const uint64_t deadline = time_now() + DRAIN_SECONDS * timebase;
    while (uart.regs && !(get(UART_LSR) & LSR_IDLE) && time_now() < deadline)
        ; // the last bytes have no interrupt of their own
}

static void uart_interrupt(void *arg) {
    while (!(get(UART_IIR) & IIR_NONE)) { // to read it is to acknowledge "transmitter empty"
        uint8_t status;
        while ((status = get(UART_LSR)) & LSR_DATA) {
            char c = get(UART_DATA);
            if (!(status & LSR_BREAK)) // a break comes with a byte that nobody sent
                tty_input(c);
        }
        if (status & LSR_EMPTY)
            tty_output_ready();
    }
}

static void uart_probe(const struct fdt_node *node, volatile void *regs) {
    const char *path = fdt_string(fdt_path(node->tree, "/chosen"), "stdout-path");
    const struct fdt_node *console = path ? fdt_path(node->tree, path) : NULL;
    if (uart.regs || (console && console != node))
        return; // one tty, one line
    uart.regs = regs;
    uart.shift = fdt_cell(node, "reg-shift", 0, 0);
    set(UART_FCR, FCR_ENABLE); // what came in during boot stays
    set(UART_MCR, MCR_DTR | MCR_RTS | MCR_OUT2);
    console_register(uart_console_put);
    tty_attach(uart_put);
    uint32_t irq = fdt_cell(node, "interrupts", 0, 0);
    irq_register(irq, uart_interrupt, NULL);
    set(UART_IER, IER_RECEIVED);
    kprintf("uart: ns16550a, irq %u\n", irq);
}

DRIVER(uart_driver) = {"ns16550a", uart_probe};
