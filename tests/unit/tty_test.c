// uses: kernel/dev/ldisc.c
// The line discipline: what typed bytes become, what is echoed, what a read gets.
#include "unit.h"

#include "dev/ldisc.h"

static struct ldisc tty;
static char echoed[3 * LDISC_SIZE + 1];
static size_t echo_count;

static void echo(char c) { echoed[echo_count++ % (sizeof(echoed) - 1)] = c; }

static int set_up(void **state) {
    ldisc_init(&tty, echo);
    memset(echoed, 0, sizeof(echoed));
    echo_count = 0;
    return 0;
}

static enum ldisc_event type(const char *s) {
    enum ldisc_event e = LDISC_NOTHING;
    while (*s)
        e = ldisc_input(&tty, *s++);
    return e;
}

static void set_flags(tcflag_t on, tcflag_t off) {
    struct termios t = tty.attr;
    t.c_lflag = (t.c_lflag | on) & ~off;
    ldisc_set(&tty, &t);
}

// Read like tty.c: n bytes at most, one line in canonical mode. The text, "" for end of file, NULL for
// nothing.
static const char *read_tty(uint32_t n) {
    static char buf[LDISC_SIZE + 1];
    bool end;
    uint32_t got = ldisc_take(&tty, buf, n, &end);
    buf[got] = '\0';
    return got || end ? buf : NULL;
}

#define assert_read(want) assert_string_equal(read_tty(LDISC_SIZE), want)

static void a_line_is_readable_after_its_newline(void **state) {
    assert_int_equal(type("hi"), LDISC_NOTHING);
    assert_int_equal(ldisc_pending(&tty), 0);
    assert_null(read_tty(10));
    assert_int_equal(type("\n"), LDISC_READABLE);
    assert_read("hi\n");
    assert_string_equal(echoed, "hi\n");
}

static void carriage_return_ends_a_line_too(void **state) {
    type("a\rb\n");
    assert_read("a\n");
    assert_read("b\n");
    assert_string_equal(echoed, "a\nb\n");
}

static void a_read_gets_one_line_or_part_of_it(void **state) {
    type("one\ntwo\n");
    assert_string_equal(read_tty(2), "on");
    assert_read("e\n");
    assert_read("two\n");
    assert_null(read_tty(1));
}

static void backspace_and_delete_erase(void **state) {
    type("ab\bc\x7f\x7f"
         "d\n");
    assert_read("d\n");
    assert_string_equal(echoed, "ab\b \bc\b \b\b \bd\n");
}

static void erase_stops_at_the_start_of_the_line(void **state) {
    type("x\n\x7f\x7fy\n");
    assert_read("x\n");
    assert_read("y\n");
    assert_string_equal(echoed, "x\ny\n");
}

static void erase_takes_a_whole_utf8_character(void **state) {
    type("a\xc3\xbc\x7f\xe2\x82\xac\x7f\n");
    assert_read("a\n");
    assert_string_equal(echoed, "a\xc3\xbc\b \b\xe2\x82\xac\b \b\n");
}

static void erase_clears_all_columns_of_a_control_character_and_a_tab(void **state) {
    type("\x01\x7f");
    assert_string_equal(echoed, "^A\b \b\b \b");
    set_up(state);
    type("abcde\t\x7f");
    assert_string_equal(echoed, "abcde\t\b \b\b \b\b \b");
}

static void kill_clears_the_line(void **state) {
    type("old\nabc\x15"
         "d\n");
    assert_read("old\n");
    assert_read("d\n");
    assert_string_equal(echoed, "old\nabc\b \b\b \b\b \bd\n");
}

static void control_d_at_the_start_of_a_line_is_end_of_file(void **state) {
    assert_int_equal(type("\x04"), LDISC_READABLE);
    assert_read("");
    assert_null(read_tty(1));
    assert_string_equal(echoed, "");
}

static void control_d_in_a_line_pushes_it_and_is_no_end_of_file(void **state) {
    type("abc\x04");
    assert_string_equal(read_tty(3), "abc"); // a read that the bytes fill exactly takes the mark along
    assert_null(read_tty(1));
    type("abc\x04");
    assert_string_equal(read_tty(2), "ab");
    assert_read("c");
    type("abc\n\x04");
    assert_read("abc\n");
    assert_read("");
}

static void interrupt_drops_the_line_and_keeps_what_was_typed_ahead(void **state) {
    assert_int_equal(type("ahead\nabc\x03"), LDISC_INTERRUPT);
    type("d\n");
    assert_read("ahead\n");
    assert_read("d\n");
    assert_string_equal(echoed, "ahead\nabc^Cd\n");
    assert_int_equal(type("\x1c"), LDISC_QUIT);
}

static void without_isig_control_c_is_a_byte(void **state) {
    set_flags(0, ISIG);
    type("\x03\n");
    assert_read("\x03\n");
}

static void the_status_keys_are_not_input(void **state) {
    assert_int_equal(type("\x14"), LDISC_STATUS);
    assert_int_equal(type("\x10"), LDISC_STATUS);
    type("\n");
    assert_read("\n");
    set_flags(0, ICANON | ISIG);
    assert_int_equal(type("\x14"), LDISC_STATUS);
    assert_int_equal(type("\x10"), LDISC_READABLE);
    assert_read("\x10");
    struct termios t = tty.attr;
    t.c_cc[VSTATUS] = 0;
    ldisc_set(&tty, &t);
    assert_int_equal(type("\x14"), LDISC_READABLE);
}

static void a_disabled_key_does_not_match_nul(void **state) {
    struct termios t = tty.attr;
    t.c_cc[VINTR] = 0;
    ldisc_set(&tty, &t);
    assert_int_equal(ldisc_input(&tty, '\0'), LDISC_NOTHING);
    type("\x03\n");
    bool end;
    assert_int_equal(ldisc_take(&tty, echoed, 10, &end), 3);
    assert_memory_equal(echoed, "\0\x03\n", 3);
}

static void without_echo_nothing_shows(void **state) {
    set_flags(0, ECHO);
    type("secret\x7f\x15 \n");
    assert_read(" \n");
    assert_string_equal(echoed, "");
}

static void raw_mode_passes_every_byte_at_once(void **state) {
    set_flags(0, ICANON | ECHO | ISIG);
    assert_int_equal(type("a"), LDISC_READABLE);
    type("\x7f\x04\x03");
    assert_read("a\x7f\x04\x03");
    assert_string_equal(echoed, "");
}

static void a_change_to_raw_makes_everything_readable(void **state) {
    type("line\npart");
    set_flags(0, ICANON);
    assert_int_equal(ldisc_pending(&tty), 9);
    assert_read("line\npart");
    set_flags(ICANON, 0);
    assert_null(read_tty(1));
    type("x\n");
    assert_read("x\n");
}

static void a_control_d_typed_ahead_of_raw_mode_is_a_byte(void **state) {
    type("\x04");
    set_flags(0, ICANON);
    assert_read("\x04");
}

static void a_change_to_canonical_makes_lines_of_raw_input(void **state) {
    set_flags(0, ICANON | ECHO);
    type("one\ntwp\x7fo\n\x04rest");
    assert_string_equal(read_tty(2), "on");
    set_flags(ICANON | ECHO, 0);
    assert_read("e\n");
    assert_read("two\n");
    assert_read("");
    assert_null(read_tty(1));
    type("!\n");
    assert_read("rest!\n");
    assert_string_equal(echoed, "!\n"); // what was typed before stays unseen
}

static void a_full_queue_takes_the_newline_and_rings_for_the_rest(void **state) {
    for (int i = 0; i < LDISC_SIZE - 1; i++)
        type("x");
    size_t before = echo_count;
    type("y");
    assert_int_equal(echo_count, before + 1);
    assert_int_equal(echoed[before], '\a');
    assert_int_equal(type("\n"), LDISC_READABLE);
    assert_int_equal(type("z"), LDISC_NOTHING);
    assert_int_equal(type("\n"), LDISC_NOTHING);
    const char *line = read_tty(LDISC_SIZE);
    assert_int_equal(strlen(line), LDISC_SIZE);
    assert_int_equal(line[LDISC_SIZE - 1], '\n');
    type("ok\n");
    assert_read("ok\n");
}

static void the_indices_wrap_around(void **state) {
    tty.read = tty.ready = tty.write = UINT32_MAX - 2;
    type("hello\nwo");
    assert_read("hello\n");
    set_flags(0, ICANON);
    assert_read("wo");
    type("ab");
    set_flags(ICANON, 0);
    type("c\n");
    assert_read("abc\n");
}

static void flags_that_are_not_implemented_read_back_as_off(void **state) {
    struct termios t = tty.attr;
    t.c_iflag |= 0x8000;
    t.c_oflag |= 1;
    t.c_lflag |= 0x8000;
    ldisc_set(&tty, &t);
    assert_int_equal(tty.attr.c_iflag, ICRNL);
    assert_int_equal(tty.attr.c_oflag, 0);
    assert_int_equal(tty.attr.c_lflag, ISIG | ICANON | ECHO);
}

static void flush_forgets_all(void **state) {
    type("line\npart");
    ldisc_flush(&tty);
    assert_int_equal(ldisc_pending(&tty), 0);
    type("x\n");
    assert_read("x\n");
}

// Any bytes in any mode: indices keep their order, and what is pending can be read.
static void random_bytes_and_modes_keep_the_invariant(void **state) {
    uint32_t x = 1;
    for (int i = 0; i < 300000; i++) {
        x = x * 1664525 + 1013904223;
        if (x >> 24 == 0)
            set_flags((x >> 8 & 1) * ICANON, (x >> 9 & 1) * ICANON);
        else if (x >> 24 < 4)
            read_tty(1 + (x >> 8) % LDISC_SIZE);
        else
            ldisc_input(&tty, (char)(x >> 16));
        assert_in_range(tty.write - tty.read, 0, LDISC_SIZE);
        assert_in_range(tty.write - tty.ready, 0, tty.write - tty.read);
        if (ldisc_pending(&tty) == 0 && tty.write - tty.read == LDISC_SIZE)
            fail_msg("byte %d: a full queue that cannot be read", i);
    }
}

int main(void) {
#define TTY_TEST(f) cmocka_unit_test_setup(f, set_up)
    const struct CMUnitTest tests[] = {
        TTY_TEST(a_line_is_readable_after_its_newline),
        TTY_TEST(carriage_return_ends_a_line_too),
        TTY_TEST(a_read_gets_one_line_or_part_of_it),
        TTY_TEST(backspace_and_delete_erase),
        TTY_TEST(erase_stops_at_the_start_of_the_line),
        TTY_TEST(erase_takes_a_whole_utf8_character),
        TTY_TEST(erase_clears_all_columns_of_a_control_character_and_a_tab),
        TTY_TEST(kill_clears_the_line),
        TTY_TEST(control_d_at_the_start_of_a_line_is_end_of_file),
        TTY_TEST(control_d_in_a_line_pushes_it_and_is_no_end_of_file),
        TTY_TEST(interrupt_drops_the_line_and_keeps_what_was_typed_ahead),
        TTY_TEST(without_isig_control_c_is_a_byte),
        TTY_TEST(the_status_keys_are_not_input),
        TTY_TEST(a_disabled_key_does_not_match_nul),
        TTY_TEST(without_echo_nothing_shows),
        TTY_TEST(raw_mode_passes_every_byte_at_once),
        TTY_TEST(a_change_to_raw_makes_everything_readable),
        TTY_TEST(a_control_d_typed_ahead_of_raw_mode_is_a_byte),
        TTY_TEST(a_change_to_canonical_makes_lines_of_raw_input),
        TTY_TEST(a_full_queue_takes_the_newline_and_rings_for_the_rest),
        TTY_TEST(the_indices_wrap_around),
        TTY_TEST(flags_that_are_not_implemented_read_back_as_off),
        TTY_TEST(flush_forgets_all),
        TTY_TEST(random_bytes_and_modes_keep_the_invariant),
    };
    return cmocka_run_group_tests_name("tty line discipline", tests, NULL, NULL);
}
