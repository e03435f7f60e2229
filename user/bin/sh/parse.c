// parse.c: from characters to a tree. The grammar is the POSIX shell's, one function a rule.
//
// A word keeps its quotes here; expand.c takes them off when the command runs. After a syntax error every
// further token is END, so all functions come back by themselves and only parse_line looks at `failed`.
#include "sh.h"

static struct buf line; // the text of this command so far: more than one line if something is still open
static size_t pos;      // the next character of it
static bool failed, ended;

static enum token_kind { NONE, WORD, OPERATOR, END } token; // NONE: not read yet
static char *token_text;
static size_t token_before, token_start; // in `line`: where the one before ends, and where it begins
static int token_fd;                     // the 2 of "2>", or -1

static struct node *list(bool in_parentheses);

static void syntax_error(const char *near) {
    if (!failed && !interrupted)
        warnx("syntax error near '%s'", *near == '\n' ? "newline" : near);
    failed = true;
    last_status = interrupted ? 128 + SIGINT : 2;
    if (!interactive)
        exit(last_status);
}

// The current character; reads another line for it if need be. -1 at the end of the input and after an error.
static int peek_char(void) {
    if (pos == line.len && !failed && !ended)
        ended = !read_line(&line);
    return failed || ended ? -1 : (unsigned char)line.s[pos];
}

static void skip_word(void) {
    int c, quote = 0;
    for (; (c = peek_char()) >= 0 && (quote || !strchr(" \t\n|&;<>()", c)); pos++)
        if (c == '\\' && quote != '\'' && pos + 1 < line.len)
            pos++;
        // expansions that there are not
        else if (quote != '\'' && (c == '`' || strncmp(line.s + pos, "$(", 2) == 0))
            syntax_error(c == '`' ? "`" : "$(");
        else if (quote ? c == quote : c == '\'' || c == '"')
            quote ^= c;
    if (quote)
        syntax_error("end of file");
}

static void next_token(void) {
    static const char *const operators[] = {"&&", "||", ">>", ">&", "<&", "<>", "<",
                                            ">",  "|",  "&",  ";",  "(",  ")",  "\n"};
    int c;
    token_before = pos;
    while ((c = peek_char()) == ' ' || c == '\t' || (c == '\\' && line.s[pos + 1] == '\n'))
        pos += c == '\\' ? 2 : 1;
    if (c == '#')
        pos += strcspn(line.s + pos, "\n");
    token_start = pos;
    token_text = "end of file";
    token = peek_char() < 0 ? END : WORD;
    if (token == END)
        return;
    token_fd = isdigit(c) && (line.s[pos + 1] == '<' || line.s[pos + 1] == '>') ? c - '0' : -1;
    size_t start = token_fd < 0 ? pos : ++pos;
    for (size_t i = 0; i < sizeof operators / sizeof operators[0] && token == WORD; i++)
        if (strncmp(line.s + pos, operators[i], strlen(operators[i])) == 0) {
            token = OPERATOR;
            pos += strlen(operators[i]);
        }
    if (token == WORD)
        skip_word();
    token_text = mem_string(line.s + start, pos - start);
}

// Whether the next token is this one; text NULL: any of its kind.
static bool is(enum token_kind kind, const char *text) {
    if (token == NONE)
        next_token();
    if (failed)
        token = END;
    return token == kind && (!text || strcmp(token_text, text) == 0);
}

static bool accept(enum token_kind kind, const char *text) {
    bool found = is(kind, text);
    token = found ? NONE : token;
    return found;
}

static char *word(void) {
    if (!accept(WORD, NULL))
        syntax_error(token_text);
    return token_text;
}

static void newlines(void) {
    while (accept(OPERATOR, "\n"))
        ;
}

static struct node *node(enum kind kind, struct node *a, struct node *b) {
    struct node *n = mem_alloc(sizeof *n);
    *n = (struct node){.kind = kind, .a = a, .b = b};
    return n;
}

// Any number of: [n]<word [n]>word [n]>>word [n]<>word [n]<&word [n]>&word. Returns where the next one goes.
static struct redir **redirections(struct redir **end) {
    while (is(OPERATOR, NULL) && strchr("<>", token_text[0])) {
        struct redir *r = *end = mem_alloc(sizeof *r);
        r->op = token_text;
        r->fd = token_fd >= 0 ? token_fd : token_text[0] == '>';
        token = NONE;
        r->target = word();
        end = &r->next;
    }
    return end;
}

// ( list ) with redirections behind, or words and redirections
static struct node *command(void) {
    struct node *n = node(COMMAND, NULL, NULL);
    struct redir **end = &n->redirs;
    // What POSIX has and this shell has not: what stands inside must not run by itself.
    if (is(WORD, "if") || is(WORD, "for") || is(WORD, "while") || is(WORD, "until") || is(WORD, "case"))
        syntax_error(token_text);
    if (accept(OPERATOR, "(")) {
        n->kind = SUBSHELL;
        n->a = list(true);
        if (!n->a || !accept(OPERATOR, ")"))
            syntax_error(token_text);
    }
    while (end = redirections(end), n->kind == COMMAND && is(WORD, NULL))
        list_add(&n->words, word());
    if (n->kind == COMMAND && n->words.n == 0 && !n->redirs)
        syntax_error(token_text);
    return n;
}

// [!] command | command ...
static struct node *pipeline(void) {
    if (accept(WORD, "!"))
        return node(NOT, pipeline(), NULL);
    struct node *first = command(), *last = first;
    while (accept(OPERATOR, "|")) {
        newlines();
        last = last->next = command();
    }
    return last == first ? first : node(PIPELINE, first, NULL);
}

// pipeline && pipeline || pipeline ...
static struct node *and_or(void) {
    struct node *n = pipeline();
    while (is(OPERATOR, "&&") || is(OPERATOR, "||")) {
        enum kind kind = token_text[0] == '&' ? AND : OR;
        token = NONE;
        newlines();
        n = node(kind, n, pipeline());
    }
    return n;
}

// and_or ; and_or & ... In parentheses a newline separates too, else it ends the list. NULL: empty.
static struct node *list(bool in_parentheses) {
    if (in_parentheses)
        newlines();
    if (is(END, NULL) || is(OPERATOR, "\n") || is(OPERATOR, ")"))
        return NULL;
    size_t start = token_start;
    struct node *n = and_or();
    if (is(OPERATOR, "&")) {
        n = node(BACKGROUND, n, NULL);
        n->text = mem_string(line.s + start, token_before - start);
    }
    if (accept(OPERATOR, "&") || accept(OPERATOR, ";") || (in_parentheses && accept(OPERATOR, "\n"))) {
        struct node *rest = list(in_parentheses);
        return rest ? node(SEQUENCE, n, rest) : n;
    }
    return n;
}

bool parse_line(struct node **tree) {
    line = (struct buf){0};
    pos = 0;
    token = NONE;
    failed = ended = interrupted = false;
    *tree = list(false);
    if (!accept(OPERATOR, "\n") && (!is(END, NULL) || interrupted))
        syntax_error(token_text);
    if (failed)
        *tree = NULL;
    return failed || line.len > 0;
}
