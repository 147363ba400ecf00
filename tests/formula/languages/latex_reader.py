"""Reads LaTeX back as a mathematician would, and refuses what could be read in two ways: an oracle for what is printed."""

import operator
import re

import mpmath

_TOKEN = re.compile(
    r"\s*(\\left\(|\\right\)|\\left\||\\right\||\\left\\lfloor|\\right\\rfloor"
    r"|\\begin\{cases\}|\\end\{cases\}|\\text\{if \}|\\text\{otherwise\}|\\operatorname\{\w+\}"
    r"|\\hat\{y\}|\\mathrm\{(?:[^{}])*\}|\\text\{(?:[^{}])*\}|\\[a-zA-Z]+|\\\\|\\,|\d+(?:\.\d+)?|[a-z]|[-+^_{}=<&,])"
)
_FUNCTIONS = {
    r"\log": mpmath.log,
    r"\tanh": mpmath.tanh,
    r"\cosh": mpmath.cosh,
    r"\sin": mpmath.sin,
    r"\cos": mpmath.cos,
    r"\arctan": mpmath.atan,
}
_CALLS = {
    r"\max": max,
    r"\min": min,
    r"\sigma": lambda x: 1 / (1 + mpmath.exp(-x)),
    r"\operatorname{sign}": mpmath.sign,
    r"\operatorname{atan2}": mpmath.atan2,
    r"\operatorname{erf}": mpmath.erf,
    r"\operatorname{erfc}": mpmath.erfc,
    r"\operatorname{sg}": lambda x: x,
    r"\Gamma": mpmath.gamma,
    r"\psi": mpmath.digamma,
    r"\Phi": mpmath.ncdf,
    r"\varphi": mpmath.npdf,
}
_RELATIONS = {"<": operator.lt, r"\le": operator.le, "=": operator.eq}
_CLOSING = (r"\right)", r"\right|", r"\right\rfloor", "}", "&", r"\\", r"\end{cases}", None)


class Ambiguous(Exception):
    """What is written could be read in two ways."""


def read(text, symbols):
    """The value of what is written, its symbols having these values; parts may be named, ``where t_{1} = …``."""
    text, *named = re.split(r", \\quad (?:\\text\{where \} )?(?=t_)", text)
    symbols = dict(symbols)
    for definition in named:
        name, _, part = definition.partition(" = ")
        symbols[name] = read(part, symbols)
    reader = _Reader(text, symbols)
    value = reader.whole()
    assert reader.next is None, reader.rest()
    return value


class _Reader:
    def __init__(self, text, symbols):
        self.tokens, place = [], 0
        while place < len(text):
            match = _TOKEN.match(text, place)
            assert match, text[place:]
            self.tokens.append(match[1])
            place = match.end()
        self.symbols, self.place = symbols, 0

    @property
    def next(self):
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def rest(self):
        return " ".join(self.tokens[self.place :])

    def take(self, *expected):
        token = self.next
        assert not expected or token in expected, (expected, self.rest())
        self.place += 1
        return token

    def whole(self):
        """Anything: a choice of cases, a condition or a number."""
        if self.next == r"\begin{cases}":
            self.take()
            value = self.whole()
            self.take("&")
            self.take(r"\text{if }")
            condition = self.condition()
            self.take(r"\\")
            other = self.whole()
            self.take("&")
            self.take(r"\text{otherwise}")
            self.take(r"\end{cases}")
            if self.next not in _CLOSING and self.next != ",":
                raise Ambiguous(f"cases before {self.rest()}")
            return value if condition else other
        return self.sum()

    def condition(self):
        value = self.conjunction()
        while self.next == r"\vee":
            self.take()
            value = self.conjunction() or value
        return value

    def conjunction(self):
        value = self.relation()
        while self.next == r"\wedge":
            self.take()
            value = self.relation() and value
        return value

    def relation(self):
        if self.next == r"\neg":
            self.take()
            assert self.next == r"\left(", "a negation is of parentheses"
            self.take()
            value = self.condition()
            self.take(r"\right)")
            return not value
        if self.next == r"\left(":  # a condition or a number
            place = self.place
            try:
                self.take()
                value = self.condition()
                self.take(r"\right)")
                if self.next in (*_CLOSING, r"\wedge", r"\vee"):
                    return value
            except (AssertionError, KeyError, Ambiguous):
                pass
            self.place = place
        left = self.sum()
        relation = _RELATIONS[self.take(*_RELATIONS)]
        return relation(left, self.sum())

    def sum(self):
        sign = 1
        if self.next == "-":
            self.take()
            sign = -1
        value = sign * self.product()
        while self.next in ("+", "-"):
            sign = 1 if self.take() == "+" else -1
            value += sign * self.product()
        return value

    def product(self):
        value, ended = self.factor()
        while True:
            if self.next in (r"\,", r"\cdot"):
                by = self.take()
                if ended:
                    raise Ambiguous(f"a function of a bare symbol before {self.rest()}")
                if by == r"\," and self.next[0].isdigit():
                    raise Ambiguous(f"two numbers side by side: {self.rest()}")
            elif self.next not in _FUNCTIONS or ended:
                return value
            factor, ended = self.factor()
            value *= factor

    def factor(self):
        """A value, and whether it ends in a function of a bare symbol."""
        if self.next in _FUNCTIONS:
            function = _FUNCTIONS[self.take()]
            value = self.factor()[0] if self.next in _FUNCTIONS else self.atom()
            ended = self.tokens[self.place - 1] != r"\right)"
            if self.next == "^":
                raise Ambiguous(f"a power of a function of something: {self.rest()}")
            return function(value), ended
        base = self.atom()
        if self.next != "^":
            return base, False
        self.take()
        self.take("{")
        exponent = self.whole()
        self.take("}")
        if self.next == "^":
            raise Ambiguous("two exponents")
        return mpmath.mpf(base) ** exponent, False

    def atom(self):
        token = self.take()
        if token[0].isdigit():
            number = token
            found = re.match(r"(\\cdot 10 )?\^ \{ (- )?(\d+) \}", self.rest())
            if found and (found[1] or token == "10"):  # 10^{-7}, or 1.5 · 10^{-7}: one number, as a float
                self.place += len(found[0].split())
                number = f"{token if found[1] else 1}e{'-' if found[2] else ''}{found[3]}"
            return mpmath.mpf(float(number))
        if token == r"\left(":
            value = self.whole()
            self.take(r"\right)")
            return value
        if token == r"\left|":
            value = abs(self.whole())
            self.take(r"\right|")
            return value
        if token == r"\left\lfloor":
            value = mpmath.floor(self.whole())
            self.take(r"\right\rfloor")
            return value
        if token == r"\psi" and self.next == "^":  # a derivative of the digamma function
            for expected in ("^", "{", r"\left("):
                self.take(expected)
            order = int(self.take())
            for expected in (r"\right)", "}", r"\left("):
                self.take(expected)
            value = self.whole()
            self.take(r"\right)")
            return mpmath.polygamma(order, value)
        if token in (r"\frac", r"\sqrt"):
            parts = []
            for _ in range(2 if token == r"\frac" else 1):
                self.take("{")
                parts.append(self.whole())
                self.take("}")
            return parts[0] / parts[1] if token == r"\frac" else mpmath.sqrt(parts[0])
        if token in _CALLS and self.next == r"\left(":
            self.take()
            values = [self.whole()]
            while self.next == ",":
                self.take()
                values.append(self.whole())
            self.take(r"\right)")
            return _CALLS[token](*values)
        if token == "e" and self.next == "^":
            return mpmath.e
        if token == r"\infty":
            return mpmath.inf
        if token in ("p", "t") and self.next == "_":
            self.take()
            token += "_" + self.take()
            if token == "t_{":
                while not token.endswith("}"):
                    token += self.take()
        return self.symbols[token]
