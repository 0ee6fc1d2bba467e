# SPDX-License-Identifier: Apache-2.0
"""Small changes (mutants) of C sources in the layout of .clang-format: what is one statement, condition or
argument is found by its tokens alone. A change that does not compile costs a call of the compiler, no more."""
import hashlib
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property

TOKEN = re.compile(r"""
    (?P<skip>\s+|//[^\n]*|/\*.*?\*/)
  | (?P<directive>^[ ]*\#(?:[^\n\\]|\\\n|\\.)*)
  | (?P<string>"(?:[^"\\]|\\.)*")
  | (?P<character>'(?:[^'\\]|\\.)*')
  | (?P<number>0[xX][0-9a-fA-F]+[uUlL]*|\d[\w.]*)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<sign><<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|\.\.\.|.)
""", re.X | re.S | re.M)

PAIRS = {"(": ")", "[": "]", "{": "}"}
KEYWORDS = {"if", "else", "for", "while", "do", "switch", "case", "default", "return", "goto", "break",
            "continue", "sizeof", "typedef", "extern"}
TYPE_WORDS = {"const", "static", "struct", "enum", "union", "unsigned", "signed", "int", "char", "long", "short",
              "void", "float", "double", "size_t", "register", "volatile"}
COMPARISONS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
ASSIGNMENTS = {"=", "+=", "-=", "|=", "&=", "*=", "/=", "%=", "^="}

# What hooks, handlers and APR's functions return.
STATUSES = {"OK": ("DECLINED",), "DECLINED": ("OK", "HTTP_FORBIDDEN"), "DONE": ("DECLINED",),
            "APR_SUCCESS": ("APR_EGENERAL",), "NULL": ('"mutant"',)}
# When a hook runs.
ORDERS = {"APR_HOOK_REALLY_FIRST": ("APR_HOOK_MIDDLE", "APR_HOOK_REALLY_LAST"),
          "APR_HOOK_FIRST": ("APR_HOOK_LAST",), "APR_HOOK_LAST": ("APR_HOOK_FIRST",),
          "APR_HOOK_MIDDLE": ("APR_HOOK_REALLY_FIRST", "APR_HOOK_REALLY_LAST"),
          "APR_HOOK_REALLY_LAST": ("APR_HOOK_MIDDLE", "APR_HOOK_REALLY_FIRST"),
          "BEFORE_ALL": ("APR_HOOK_MIDDLE", "APR_HOOK_REALLY_LAST")}
# Enumerators that mean the opposite, or the next. Those of a name that begins alike (in the same file)
# are exchanged too.
FAMILY = re.compile(r"(CFO_(?:CLIENT_IP|[A-Z]+)_)[A-Z0-9_]+$"
                    r"|((?:APR_[A-Z]+|X509|OPT|HTTP|PROXYREQ|M|SSL)_)[A-Z0-9_]+$")


@dataclass
class Token:
    kind: str
    text: str
    start: int

    @property
    def end(self):
        return self.start + len(self.text)


@dataclass(frozen=True)
class Mutant:
    file: str
    function: str  # "" outside of functions
    operator: str
    line: int
    start: int
    end: int
    text: str  # replaces start to end
    before: str  # the lines that change, blanks squeezed
    after: str
    number: int = field(default=0)  # of several that look alike

    @cached_property
    def id(self):
        key = "|".join((self.file, self.function, self.before, self.after, str(self.number)))
        return hashlib.sha256(key.encode()).hexdigest()[:10]

    def apply(self, source):
        return source[:self.start] + self.text + source[self.end:]


def squeeze(text):
    return " ".join(text.split())


def tokenize(source):
    return [Token(match.lastgroup, match[0], match.start()) for match in TOKEN.finditer(source)
            if match.lastgroup not in ("skip", "directive")]


class Source:
    """The mutants of one file."""

    def __init__(self, name, text):
        self.name, self.text = name, text
        self.tokens = tokenize(text)
        self.lines = [0] + [match.end() for match in re.finditer("\n", text)]
        self.words = {token.text for token in self.tokens if token.kind == "word"}
        self.found = {}
        self.function, self.returns = "", ""
        self.match = self.match_pairs()
        self.scan()

    def match_pairs(self):
        pairs, opened = {}, []
        for i, token in enumerate(self.tokens):
            if token.kind == "sign" and token.text in PAIRS:
                opened.append(i)
            elif token.kind == "sign" and token.text in PAIRS.values() and opened:
                pairs[opened.pop()] = i
        return pairs

    # ---------------------------------------------------------------- what changes

    def line_of(self, position):
        return bisect_right(self.lines, position)

    def whole_lines(self, start, end):
        first = self.lines[self.line_of(start) - 1]
        last = self.line_of(end)
        return first, self.lines[last] - 1 if last < len(self.lines) else len(self.text)

    def change(self, operator, start, end, text):
        """`text` instead of what is between two positions; the number of lines stays."""
        text += "\n" * self.text.count("\n", start, end) if "\n" not in text else ""
        first, last = self.whole_lines(start, end)
        before = squeeze(self.text[first:last])
        after = squeeze(self.text[first:start] + text + self.text[end:last])
        if before == after or (start, end, text) in self.found:
            return
        like = sum((m.before, m.after, m.function) == (before, after, self.function) for m in self.found.values())
        self.found[start, end, text] = Mutant(self.name, self.function, operator, self.line_of(start), start, end,
                                              text, before, after, like)

    def range_text(self, i, j):
        return self.text[self.tokens[i].start:self.tokens[j - 1].end]

    def change_tokens(self, operator, i, j, text):
        if i < j:
            self.change(operator, self.tokens[i].start, self.tokens[j - 1].end, text)

    # ---------------------------------------------------------------- where

    def scan(self):
        """Functions, whose brace stands at the beginning of a line, and tables."""
        i, begin = 0, 0
        while i < len(self.tokens):
            token = self.tokens[i]
            if token.text == "{" and token.kind == "sign" and i in self.match:
                end = self.match[i]
                if self.text[token.start - 1] == "\n":
                    self.begin_function(begin, i)
                    self.block(i + 1, end)
                    self.function = self.returns = ""
                elif self.range_text(begin, i).split()[0] != "typedef":
                    self.table(i + 1, end)
                i = begin = end + 1
                continue
            if token.text == ";":
                begin = i + 1
            i += 1

    def begin_function(self, begin, brace):
        name = next((k for k in range(begin, brace) if self.tokens[k + 1].text == "("), begin)
        self.function = self.tokens[name].text
        words = [token.text for token in self.tokens[begin:name] if token.text not in ("static", "const")]
        self.returns = " ".join(words)

    def table(self, i, j):
        """Initial values outside of functions: numbers and enumerators."""
        self.values(i, j)

    def statement_end(self, i, j):
        depth = 0
        while i < j:
            text = self.tokens[i].text
            if self.tokens[i].kind == "sign":
                if text in PAIRS:
                    depth += 1
                elif text in PAIRS.values():
                    depth -= 1
                elif text == ";" and depth == 0:
                    return i
            i += 1
        return j

    def block(self, i, j):
        while i < j:
            i = self.statement(i, j)

    def statement(self, i, j):
        """Reads one statement, or its beginning; returns where to go on."""
        token = self.tokens[i]
        if token.text in ("{", "}", ";", "else", "do") and token.kind != "string":
            return i + 1
        if token.text in ("if", "while", "for", "switch"):
            end = self.match.get(i + 1, j)
            self.control(token.text, i + 2, end)
            return end + 1
        if token.text in ("case", "default"):
            while i < j and self.tokens[i].text != ":":
                i += 1
            return i + 1
        end = self.statement_end(i, j)
        if token.text == "return":
            self.result(i + 1, end)
        elif token.text in ("break", "continue"):
            self.change_tokens("drop " + token.text, i, end, "")
        elif token.text != "goto" and token.kind == "word":
            self.simple(i, end)
        return end + 1

    def control(self, word, i, j):
        if word == "for":
            first = self.statement_end(i, j)
            second = self.statement_end(first + 1, j)
            self.values(i, first)
            if first + 1 < second:
                self.condition(first + 1, second, "for")
            return
        if word == "switch":
            self.values(i, j)
            return
        self.condition(i, j, word)

    def condition(self, i, j, word):
        text = self.range_text(i, j)
        if word != "for":
            self.change_tokens("negate", i, j, f"!({text})")
        self.change_tokens("never", i, j, f"0 && ({text})")
        if word == "if":
            self.change_tokens("always", i, j, f"1 || ({text})")
        self.expression(i, j)

    def result(self, i, j):
        if i >= j:
            return
        if j - i == 1:
            self.single_result(i)
        else:
            text = self.range_text(i, j)
            if self.returns == "int":
                self.change_tokens("negate result", i, j, f"!({text})")
            elif self.returns.endswith("*"):
                self.change_tokens("no result", i, j, "NULL")
            elif self.returns == "apr_status_t":
                self.change_tokens("no failure", i, j, "APR_SUCCESS")
        self.expression(i, j)

    def single_result(self, i):
        token = self.tokens[i]
        if token.kind == "word" and token.text not in STATUSES and not token.text.isupper():
            if self.returns.endswith("*"):
                self.change_tokens("no result", i, i + 1, "NULL")
            elif self.returns == "apr_status_t":
                self.change_tokens("no failure", i, i + 1, "APR_SUCCESS")
            elif self.returns == "int":
                self.change_tokens("negate result", i, i + 1, f"!{token.text}")
        elif token.kind == "word" and token.text.startswith("HTTP_"):
            self.change_tokens("other result", i, i + 1, "DECLINED")

    def simple(self, i, j):
        """A declaration, an assignment or a call."""
        assign = next((k for k in range(i, j) if self.tokens[k].text in ASSIGNMENTS and self.depth(i, k) == 0), None)
        if not self.is_declaration(i, j):
            if self.tokens[i].text.startswith(("ap_hook_", "APR_OPTIONAL_HOOK")):
                self.hook(i, j)
            self.change_tokens("drop statement", i, j, "")
            if assign is None:
                self.expression(i, j)
            else:
                self.values(i, assign)
        if assign is not None:
            self.expression(assign + 1, j)

    def depth(self, i, k):
        depth = 0
        for token in self.tokens[i:k]:
            if token.kind == "sign":
                depth += (token.text in PAIRS) - (token.text in PAIRS.values())
        return depth

    def is_declaration(self, i, j):
        first = self.tokens[i].text
        if first in TYPE_WORDS or first.endswith("_t") and self.tokens[i + 1].text != "(":
            return True
        k = i + 1
        while k < j and self.tokens[k].text in ("*", "const"):
            k += 1
        return k < j and self.tokens[k].kind == "word"

    def hook(self, i, j):
        parts = self.split(i + 2, self.match.get(i + 1, j), ",")
        for k, l in parts:
            if l - k == 1 and self.tokens[k].text in ORDERS:
                for other in ORDERS[self.tokens[k].text]:
                    self.change_tokens("hook order", k, l, other)
        order = next((n for n, (k, l) in enumerate(parts) if self.tokens[k].text in ORDERS), 0)
        for k, l in parts[max(order - 2, 0):order]:
            if self.tokens[k].text != "NULL":
                self.change_tokens("hook neighbours", k, l, "NULL")

    # ---------------------------------------------------------------- expressions

    def split(self, i, j, *operators):
        """The operands of operators, outside of parentheses."""
        parts, depth, begin = [], 0, i
        for k in range(i, j):
            token = self.tokens[k]
            if token.kind != "sign":
                continue
            if token.text in PAIRS:
                depth += 1
            elif token.text in PAIRS.values():
                depth -= 1
            elif depth == 0 and token.text in operators:
                parts.append((begin, k))
                begin = k + 1
        return [(k, l) for k, l in parts + [(begin, j)] if k < l]

    def expression(self, i, j):
        self.logic(i, j)
        self.values(i, j)

    def logic(self, i, j):
        """Operands of && and ||, and the choice of ?:."""
        arguments = self.split(i, j, ",")
        if len(arguments) > 1:
            for k, l in arguments:
                self.logic(k, l)
            return
        choice = self.split(i, j, "?", ":")
        if len(choice) > 1:
            self.choice(choice)
            return
        for sign, neutral in (("||", "0"), ("&&", "1")):
            parts = self.split(i, j, sign)
            if len(parts) < 2:
                continue
            for k, l in parts:
                self.change_tokens("drop operand", k, l, neutral)
            for (_, l), (_, _) in zip(parts, parts[1:]):
                self.change_tokens("exchange && ||", l, l + 1, "&&" if sign == "||" else "||")
            for k, l in parts:
                self.logic(k, l)
            return
        k = i
        while k < j:
            if self.tokens[k].text in ("(", "[", "{") and k in self.match and self.match[k] < j:
                self.logic(k + 1, self.match[k])
                k = self.match[k]
            k += 1

    def choice(self, parts):
        if len(parts) == 3:
            (_, _), (a, b), (c, d) = parts
            self.change("exchange ?:", self.tokens[a].start, self.tokens[d - 1].end,
                        self.range_text(c, d) + " : " + self.range_text(a, b))
        for k, l in parts:
            self.logic(k, l)

    def values(self, i, j):
        """Comparisons, negations, numbers, enumerators: what one token changes."""
        for k in range(i, j):
            token = self.tokens[k]
            previous = self.tokens[k - 1] if k else token
            if token.kind == "number":
                self.number(k)
            elif token.kind == "character":
                self.change_tokens("other character", k, k + 1, "'\\1'" if token.text != "'\\0'" else "'/'")
            elif token.kind == "word":
                self.word(k)
            elif token.text in COMPARISONS and token.kind == "sign":
                self.change_tokens("comparison", k, k + 1, COMPARISONS[token.text])
            elif token.text == "!" and token.kind == "sign":
                self.change_tokens("drop !", k, k + 1, "")
            elif token.text in "+-" and self.is_operand(previous):
                self.change_tokens("exchange + -", k, k + 1, "-" if token.text == "+" else "+")

    @staticmethod
    def is_operand(token):
        """Whether a plus or minus behind it has two operands."""
        return token.kind in ("number", "word") and token.text not in KEYWORDS or token.text in (")", "]")

    def number(self, k):
        text = self.tokens[k].text
        if not re.fullmatch(r"\d+", text) and not text.lower().startswith("0x"):
            return
        value = int(text.rstrip("uUlL"), 0) if text != "0" else 0
        self.change_tokens("number + 1", k, k + 1, str(value + 1) if value != 1 else "0")
        if value > 1:
            self.change_tokens("number - 1", k, k + 1, str(value - 1))

    def word(self, k):
        text = self.tokens[k].text
        for other in STATUSES.get(text, ()):
            if self.tokens[k - 1].text == "return":
                self.change_tokens("other result", k, k + 1, other)
        family = FAMILY.match(text)
        if not family or text in ORDERS or text in STATUSES or self.tokens[k - 1].text == "case":
            return
        prefix = family[1] or family[2]
        members = sorted(word for word in self.words if word.startswith(prefix) and word.isupper())
        if len(members) > 1:
            other = members[(members.index(text) + 1) % len(members)]
            self.change_tokens("other enumerator", k, k + 1, other)


def mutants(name, text):
    return list(Source(name, text).found.values())
