"""draw.py - the places of a C file where a bug could be planted, and what it would be.

`sites(text, neighbours)` lists them as (kind, start, end, instead). Nothing is parsed: comments,
texts and directives are blanked out, and what clang-format guarantees (a blank around binary
operators, braces of functions in the first column) is enough to find the rest. What does not
compile is thrown away by whoever plants it.
"""
import re

KINDS = {
    "negate": "a condition is turned round",
    "compare": "an ordering is off by one, an equality is turned round",
    "logic": "and becomes or",
    "drop-term": "a condition loses a term",
    "unguard": "an if loses its condition",
    "remove": "a statement is left out",
    "return": "a function ends early",
    "number": "a number or a truth value is another one",
    "enum": "a constant is its neighbour",
    "arithmetic": "plus becomes minus",
    "sql": "a query or the schema asks for something else",
}
SQL_FILES = "orchestrator/store/"
DECLARATION = re.compile(
    r"(const|static|struct|enum|bool|int\d*|int64_t|u?int\d+_t|size_t|ssize_t|char|auto_\w+|"
    r"unsigned|double|long|va_list|sqlite3\w*|json_t|FILE|pid_t|mode_t)\b")
FREE = re.compile(r"(\w+_)?free\(")
ROOM = re.compile(r"\bx(re|c|m)alloc\w*\(|\bchar \w.*\[$") # more of it than needed shows nowhere
CONTROL = re.compile(r"(if|for|while|switch|do|case|default|return|else|goto|\{|\}|#)")
OTHER_ORDER = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
BEFORE_TERM = re.compile(r"&&|\|\||[;?:,]|[ +|&-]=|return") # of the lengths that are tried
AFTER_TERM = re.compile(r"&&|\|\||[);?:,]")
OPEN, CLOSE = "([{", ")]}"


def blanked(text):
    """The text with comments, the inside of texts and directives as blanks, same length."""
    def blank(match):
        found = match.group()
        kept = found[0] if found[0] in "\"'" else " "
        return kept + re.sub(r"[^\n]", " ", found[1:-1]) + kept
    code = re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'', blank, text,
                  flags=re.DOTALL)
    return re.sub(r"(?m)^#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group()), code)


def closing(code, at):
    """Where the bracket that opens at `at` is closed, or None."""
    depth = 0
    for i in range(at, len(code)):
        depth += (code[i] in OPEN) - (code[i] in CLOSE)
        if depth == 0:
            return i
    return None


def functions(code):
    """(what it returns, first, last) of every function body."""
    for match in re.finditer(r"(?m)^\{$", code):
        end = code.find("\n}", match.start())
        head = re.split(r"[;}]\s*\n|\n\n", code[:match.start()])[-1].strip()
        kind = re.sub(r"__attribute__\s*\(\(.*?\)\)\)?|\b(static|inline)\b", "", head).strip()
        yield kind.split("(")[0], match.end(), end


def term_starts(code, at):
    """The first letter of the term that ends before `at`."""
    depth, i = 0, at - 1
    while i > 0:
        if code[i] in CLOSE:
            depth += 1
        elif code[i] in OPEN:
            if depth == 0:
                return i + 1
            depth -= 1
        elif depth == 0:
            for length in (1, 2, 6):
                if BEFORE_TERM.fullmatch(code, i - length + 1, i + 1) and code[i + 1] in " \n":
                    return i + 1
        i -= 1
    return 0


def term_ends(code, at):
    """Behind the last letter of the term that begins at `at`."""
    depth = 0
    for i in range(at, len(code)):
        if code[i] in OPEN:
            depth += 1
        elif code[i] in CLOSE:
            if depth == 0:
                return i
            depth -= 1
        elif depth == 0 and (code[i] in ";?:," or code[i:i + 2] in ("&&", "||")):
            return i
    return len(code)


def conditions(code):
    """(first, last) of what an if or while asks."""
    for match in re.finditer(r"\b(if|while) \(", code):
        end = closing(code, match.end() - 1)
        if end:
            yield match.group(1), match.start(), match.end(), end


def statements(code):
    """(first, behind the semicolon, what stands before, what its function returns) of every
    simple statement."""
    for kind, first, last in functions(code):
        for match in re.finditer(r"(?m)^ +(?=\S)", code[first:last]):
            start = first + match.end()
            ends = code[max(first - 1, start - 500):start].rstrip()
            before = ends[-1:]
            if before not in ";{})" and not ends.endswith(("else", ":", "do")):
                continue
            depth = 0
            for i in range(start, last):
                depth += (code[i] in OPEN) - (code[i] in CLOSE)
                if code[i] == ";" and depth == 0:
                    yield start, i + 1, before, kind
                    break
                if depth < 0:
                    break


def negations(text, code):
    for _, _, start, end in conditions(code):
        yield "negate", start, end, f"!({text[start:end]})"
    for match in re.finditer(r" \? ", code):
        start = term_starts(code, match.start())
        while code[start].isspace():
            start += 1
        yield "negate", start, match.start(), f"!({text[start:match.start()]})"
    for kind, first, last in functions(code):
        if re.match(r"bool\b", kind):
            for match in re.finditer(r"\breturn ([^;]+);", code[first:last]):
                start, end = first + match.start(1), first + match.end(1)
                if text[start:end] not in ("true", "false"):
                    yield "negate", start, end, f"!({text[start:end]})"
    for match in re.finditer(r"!(?=[\w(])", code):
        yield "negate", match.start(), match.end(), ""


def connectives(text, code):
    for match in re.finditer(r"&&|\|\|", code):
        other = "||" if match.group() == "&&" else "&&"
        yield "logic", match.start(), match.end(), other
        start, end = term_starts(code, match.start()), term_ends(code, match.end())
        while code[start].isspace():
            start += 1
        behind = match.end()
        while code[behind].isspace():
            behind += 1
        yield "drop-term", start, behind, ""
        yield "drop-term", match.start(), end, ""
    for word, head, start, end in conditions(code):
        if word == "if":
            yield "unguard", start, end, "1"


def lost(text, code):
    for start, end, before, kind in statements(code):
        if not CONTROL.match(code, start) and not DECLARATION.match(code, start) and \
                not FREE.match(code, start): # leaks are for the sanitizers
            yield "remove", start, end, ";" if before == ")" or before.isalpha() else ""
        if before not in ";{}" or code.startswith("case", start) or FREE.match(code, start):
            continue
        for instead in returns(kind):
            yield "return", start, start, instead + " "
    for match in re.finditer(r" [|&]= ", code):
        yield "remove", match.start(), match.end(), " = "


def returns(kind):
    if "*" in kind:
        return ["return NULL;"]
    if re.match(r"void\b", kind):
        return ["return;"]
    if re.match(r"bool\b", kind):
        return ["return false;", "return true;"]
    return ["return 0;"] if not re.match(r"(const )?struct\b", kind) else []


def values(text, code, neighbours):
    for match in re.finditer(r"(?<![\w.{])(\d+)(?![\w.}])", code):
        number = int(match.group())
        if ROOM.search(code, code.rfind("\n", 0, match.start()), match.start()):
            continue
        for other in {0: [1], 1: [0, 2]}.get(number, [number - 1, number + 1]):
            yield "number", match.start(), match.end(), str(other)
    for match in re.finditer(r"\b(true|false)\b", code):
        yield "number", match.start(), match.end(), "false" if match.group() == "true" else "true"
    for match in re.finditer(r"(?m)^#define +\w+ +\(?(\d+)\b", text):
        for other in (int(match.group(1)) + 1, max(0, int(match.group(1)) - 1)):
            yield "number", match.start(1), match.end(1), str(other)
    for match in re.finditer(r"\b[A-Z][A-Z0-9_]+\b", code):
        for other in neighbours.get(match.group(), ()):
            yield "enum", match.start(), match.end(), other


def operators(text, code):
    for match in re.finditer(r" (<=|>=|==|!=|<|>) ", code):
        yield "compare", match.start(1), match.end(1), OTHER_ORDER[match.group(1)]
    for match in re.finditer(r"(?<= )([+-])(=?)(?= )", code):
        other = "-" if match.group(1) == "+" else "+"
        yield "arithmetic", match.start(), match.end(), other + match.group(2)
    for match in re.finditer(r"(\+\+|--)(?!\))", code): # not those of loops
        yield "arithmetic", match.start(), match.end(), "--" if match.group() == "++" else "++"
    for match in re.finditer(r" ([*/]) (?=\w)", code):
        yield "arithmetic", match.start(1), match.end(1), "*" if match.group(1) == "/" else "/"


SQL_SWAPS = [
    (r"(?<= )(<=|>=|<|>)(?= )", OTHER_ORDER.get),
    (r" ORDER BY [\w.]+(?! DESC)\b", lambda found: found + " DESC"),
    (r" DESC\b", lambda found: ""),
    (r"\bIS NOT NULL\b", lambda found: "IS NULL"),
    (r"\bIS NULL\b", lambda found: "IS NOT NULL"),
    (r"\bMAX\b|\bmax\b(?=\()", lambda found: "min"),
    (r"\bMIN\b|\bmin\b(?=\()", lambda found: "max"),
    (r"(?<!LEFT )\bJOIN\b", lambda found: "LEFT JOIN"),
    (r"\bLEFT JOIN\b", lambda found: "JOIN"),
    (r" UNIQUE\b", lambda found: ""),
    (r"\bON CONFLICT DO NOTHING\b", lambda found: ""),
    (r"\bAND\b", lambda found: "OR"),
    (r"(?<=[=<>,( ])[01](?=[,;) ]|$)", lambda found: "1" if found == "0" else "0"),
    (r"[\w.]+ (=|<|>|<=|>=) \?\d*(?=[,\s)]|$)", None), # a term, or an assignment
]


def assigned(sql, at):
    """Whether what stands at `at` is one of the SETs of an UPDATE."""
    return sql.rfind("SET ", 0, at) > sql.rfind("WHERE", 0, at)


def queries(text, code):
    for match in re.finditer(r'"[^"\n]*"', text):
        if code[match.start()] != '"':
            continue
        sql = match.group()[1:-1]
        if not re.search(r"\b[A-Z]{2,}\b|\?|\w+, \w+", sql):
            continue
        begins = max(text.rfind("] =", 0, match.start()), text.rfind("#define", 0, match.start()))
        before = text[max(begins, 0):match.start() + 1]
        for pattern, other in SQL_SWAPS:
            for found in re.finditer(pattern, sql):
                start, end = match.start() + 1 + found.start(), match.start() + 1 + found.end()
                if other:
                    instead = other(found.group())
                elif assigned(before + sql, len(before) + found.start()):
                    name, value = found.group().split(" = ") if " = " in found.group() else (0, 0)
                    if not name:
                        continue
                    instead = f"{name} = iif({value} = 0, {name}, {name})"
                else:
                    instead = f"({found.group()} OR 1)"
                yield "sql", start, end, instead


def sites(path, text, neighbours):
    code = blanked(text)
    found = [*negations(text, code), *connectives(text, code), *lost(text, code),
             *values(text, code, neighbours), *operators(text, code)]
    if path.startswith(SQL_FILES):
        found += queries(text, code)
    return sorted(set(found))


def enum_neighbours(texts):
    """Of each enumerator the one before and the one behind it."""
    beside = {}
    for text in texts:
        for match in re.finditer(r"\benum \w* ?\{([^}]*)\}", blanked(text)):
            names = re.findall(r"\b([A-Z][A-Z0-9_]+)\b(?=\s*(?:,|=|$))", match.group(1))
            for one, other in zip(names, names[1:]):
                beside.setdefault(one, []).append(other)
                beside.setdefault(other, []).append(one)
    return beside
