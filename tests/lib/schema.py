"""schema.py - checks JSON documents against a JSON Schema.

  tests/lib/schema.py SCHEMA FILE...        each FILE holds one document, or one a line
  tests/lib/schema.py --self SCHEMA FILE    sees that the schema notices a change of FILE
  tests/lib/schema.py --kept FOLDER         what tests/lib/slipway-json kept, each by its verb

It knows the keywords that docs/schema uses and refuses every other, so that none is
overlooked. Where a text has `examples`, it must be one of them: for programs a new word is
no mistake, but here it is one that nobody wrote down. Where the library jsonschema is
installed, both must agree. Says "PLACE: WHAT" for each problem; exit 1 if there was one.

--self: leaves out, renames and retypes every required member in turn, one that is in the
document, and says which change was not noticed.
"""
import copy
import glob
import json
import os
import re
import sys

try:
    import jsonschema
except ImportError:
    jsonschema = None

LIST_MOST = 5
ANNOTATIONS = {"$schema", "$id", "$defs", "title", "description"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def is_a(value, name):
    if name in ("integer", "number"):
        kinds = int if name == "integer" else (int, float)
        return isinstance(value, kinds) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


class Checker:
    def __init__(self, schema, words=True):
        self.root, self.words = schema, words

    def problems(self, value, schema=None, place="$"):
        schema = self.root if schema is None else schema
        found = []
        for keyword, argument in schema.items():
            if keyword in ANNOTATIONS:
                continue
            check = getattr(self, "check_" + keyword.lstrip("$"), None)
            if not check:
                sys.exit(f"schema.py does not know the keyword {keyword}")
            found += check(argument, value, schema, place)
        return found

    def check_ref(self, name, value, _, place):
        return self.problems(value, self.root["$defs"][name.removeprefix("#/$defs/")], place)

    def check_type(self, types, value, _, place):
        types = [types] if isinstance(types, str) else types
        fits = any(is_a(value, name) for name in types)
        return [] if fits else [f"{place}: {json.dumps(value)[:60]} is not {' or '.join(types)}"]

    def check_const(self, wanted, value, _, place):
        return [] if value == wanted else [f"{place}: is not {wanted!r}"]

    def check_enum(self, words, value, _, place):
        return [] if value in words else [f"{place}: {value!r} is none of {words}"]

    def check_examples(self, words, value, _, place):
        if not self.words or not isinstance(value, str) or value in words:
            return []
        return [f"{place}: the word {value!r} is not in the schema"]

    def check_pattern(self, pattern, value, _, place):
        wrong = isinstance(value, str) and not re.search(pattern, value)
        return [f"{place}: {value!r} is not like {pattern}"] if wrong else []

    def check_minimum(self, least, value, _, place):
        wrong = is_a(value, "number") and value < least
        return [f"{place}: {value} is less than {least}"] if wrong else []

    def check_maximum(self, most, value, _, place):
        wrong = is_a(value, "number") and value > most
        return [f"{place}: {value} is more than {most}"] if wrong else []

    def check_required(self, names, value, _, place):
        if not isinstance(value, dict):
            return []
        return [f"{place}: lacks {name}" for name in names if name not in value]

    def check_properties(self, properties, value, _, place):
        if not isinstance(value, dict):
            return []
        return [problem for name, inner in properties.items() if name in value
                for problem in self.problems(value[name], inner, f"{place}.{name}")]

    def check_additionalProperties(self, inner, value, schema, place):
        if not isinstance(value, dict):
            return []
        others = [name for name in value if name not in schema.get("properties", {})]
        if inner is False:
            return [f"{place}: has {name}, which the schema does not" for name in others]
        return [problem for name in others
                for problem in self.problems(value[name], inner, f"{place}.{name}")]

    def check_items(self, inner, value, _, place):
        if not isinstance(value, list):
            return []
        return [problem for i, item in enumerate(value)
                for problem in self.problems(item, inner, f"{place}[{i}]")]

    def check_anyOf(self, choices, value, _, place):
        """The problems of the choice that has fewest."""
        return min((self.problems(value, choice, place) for choice in choices), key=len)

    def check_oneOf(self, choices, value, _, place):
        results = [self.problems(value, choice, place) for choice in choices]
        if sum(not result for result in results) > 1:
            return [f"{place}: is of several forms at once"]
        return min(results, key=len)


def judge(schema, document):
    found = Checker(schema).problems(document)
    if jsonschema:
        valid = jsonschema.Draft202012Validator(schema).is_valid(document)
        if valid != (not Checker(schema, words=False).problems(document)):
            found.append("$: schema.py and the library jsonschema do not agree")
    return found


def documents(path):
    text = sys.stdin.read() if path == "-" else open(path).read()
    try:
        return [json.loads(text)]
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]


# ---- the proof that the schema notices ----

def resolve(root, schema, value):
    """Through references, and to the choice that fits."""
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    for choice in schema.get("oneOf", []) + schema.get("anyOf", []):
        if not Checker(root).problems(value, choice):
            return resolve(root, choice, value)
    return schema


def members(root, schema, value, way=()):
    """(way, name, place of the schema, whether it has a type) of each required member."""
    schema = resolve(root, schema, value)
    if isinstance(value, dict):
        for name, inner in schema.get("properties", {}).items():
            if name in value:
                if name in schema.get("required", []):
                    yield way, name, id(inner), bool(set(inner) - ANNOTATIONS)
                yield from members(root, inner, value[name], way + (name,))
    elif isinstance(value, list) and "items" in schema:
        for i, item in enumerate(value):
            yield from members(root, schema["items"], item, way + (i,))


def other_type(value):
    return {"of": "another type"} if not isinstance(value, dict) else [value]


def shortened(value):
    """The same with short lists: one item tells as much as a thousand."""
    if isinstance(value, dict):
        return {name: shortened(inner) for name, inner in value.items()}
    return [shortened(item) for item in value[:LIST_MOST]] if isinstance(value, list) else value


def unnoticed(schema, document):
    seen, document = set(), shortened(document)
    for way, name, place, typed in members(schema, schema, document):
        if place in seen:
            continue
        seen.add(place)
        for change in ("left out", "renamed", "retyped")[:3 if typed else 2]:
            changed = copy.deepcopy(document)
            holder = changed
            for step in way:
                holder = holder[step]
            value = holder.pop(name)
            if change == "renamed":
                holder[name + "_2"] = value
            elif change == "retyped":
                holder[name] = other_type(value)
            if not Checker(schema).problems(changed):
                yield f"{'.'.join(map(str, way + (name,)))} {change}: not noticed"
    if not seen:
        yield "there is no required member"


# ---- the documents of a story ----

SCHEMAS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/schema")
OPERATORS = ("approve pause unpause promote abort retry skip rollback hold release override "
             "set").split()


def schema_of(words):
    """Path of the schema of a command line."""
    words = iter(words)
    for word in words:
        if word in ("--state", "--campaign", "--plugins"):
            next(words, None)
        elif not word.startswith("-"):
            verb = "verb" if word in OPERATORS else word
            where = "" if verb == "plan" else "output/"
            return os.path.join(SCHEMAS, f"{where}{verb}.schema.json")
    return None


def judge_kept(folder):
    failed, count = False, 0
    for path in sorted(glob.glob(os.path.join(folder, "*.words"))):
        words = open(path, errors="replace").read().split("\0")[:-1]
        file, schema = path.removesuffix(".words"), schema_of(words)
        if not schema or not os.path.getsize(file):
            continue  # it was refused
        if not os.path.exists(schema):
            problems = ["has no schema"]
        else:
            try:
                problems = [p for d in documents(file) for p in judge(json.load(open(schema)), d)]
            except json.JSONDecodeError as error:
                problems = [f"is no JSON: {error}"]
        count += 1
        for problem in problems[:10]:
            print(f"# slipway {' '.join(words)}: {problem}")
            failed = True
    print(f"# {count} JSON documents against their schemas")
    return failed


def main():
    arguments = sys.argv[1:]
    if arguments[:1] == ["--kept"]:
        return judge_kept(arguments[1])
    proof = arguments[:1] == ["--self"]
    path, *files = arguments[1:] if proof else arguments
    schema = json.load(open(path))
    if jsonschema:
        jsonschema.Draft202012Validator.check_schema(schema)
    failed = not files
    for file in files:
        found = documents(file)
        failed = failed or not found
        for document in found:
            for problem in unnoticed(schema, document) if proof else judge(schema, document):
                print(f"{file}: {problem}")
                failed = True
    return 1 if failed else 0


sys.exit(main())
