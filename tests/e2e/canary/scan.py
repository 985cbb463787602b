"""scan.py - is a secret in any of these files, in any form that a program could write?

  scan.py NAME=SECRET-FILE ... -- FILE-OR-FOLDER ...

Forms: as it is; base64 at each of the three places where it can begin, plain and
URL-safe; hex; percent-encoded; escaped for JSON, XML, HTML, C, shells and Python, also in
every character; UTF-16; reversed. Prints one line for each find and ends with 1 if there
is one. A form that is shorter than eight bytes would be found by chance and is left out.
"""
import base64
import html
import json
import os
import shlex
import sys
import urllib.parse


def base64_cores(secret):
    """What stands of it in base64 whatever stands before and behind it."""
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + secret)
        core = text[(shift * 8 + 5) // 6:]
        yield core.rstrip(b"=")[:-1]


def forms(secret):
    text = secret.decode()
    found = {
        "plain": secret,
        "hex": secret.hex().encode(),
        "HEX": secret.hex().upper().encode(),
        "percent": urllib.parse.quote(text, safe="").encode(),
        "form": urllib.parse.quote_plus(text).encode(),
        "json": json.dumps(text)[1:-1].encode(),
        "json in json": json.dumps(json.dumps(text)[1:-1])[1:-1].encode(),
        "html": html.escape(text).encode(),
        "xml": html.escape(text, quote=False).encode(),
        "shell": shlex.quote(text)[1:-1].encode(),
        "c": text.encode("unicode_escape").replace(b'"', b'\\"'),
        "percent, all": "".join(f"%{byte:02x}" for byte in secret).encode(),
        "json, all": "".join(f"\\u{ord(c):04x}" for c in text).encode(),
        "json of Go": json.dumps(text, ensure_ascii=False)[1:-1].replace("&", "\\u0026").replace("<", "\\u003c")
        .replace(">", "\\u003e").encode(),
        "html, all": "".join(f"&#{ord(c)};" for c in text).encode(),
        "printf %q": "".join(c if c.isalnum() or c in "./-_=%+:@" else "\\" + c for c in text).encode(),
        "utf-16": text.encode("utf-16-le"),
        "reversed": secret[::-1],
    }
    for number, core in enumerate(base64_cores(secret)):
        found[f"base64 {number}"] = core
        found[f"base64url {number}"] = core.replace(b"+", b"-").replace(b"/", b"_")
    lower = {name: form for name, form in found.items() if len(form) >= 8}
    lower["percent, small"] = found["percent"].lower()
    return lower


def files_in(paths):
    for path in paths:
        if not os.path.isdir(path):
            yield path
            continue
        for folder, _, names in os.walk(path):
            for name in names:
                yield os.path.join(folder, name)


def main(arguments):
    middle = arguments.index("--")
    secrets = {}
    for pair in arguments[:middle]:
        name, path = pair.split("=", 1)
        with open(path, "rb") as file:
            secrets[name] = forms(file.read().rstrip(b"\n"))
    finds = looked_at = size = 0
    for path in files_in(arguments[middle + 1:]):
        try:
            with open(path, "rb") as file:
                content = file.read()
        except OSError:
            continue  # sockets
        looked_at += 1
        size += len(content)
        for name, wanted in secrets.items():
            for form, text in wanted.items():
                at = content.find(text)
                if at >= 0:
                    finds += 1
                    print(f"{name} as {form} in {path} at byte {at}")
    print(f"# {looked_at} files, {size} bytes, {len(secrets)} secrets, {finds} finds")
    return 1 if finds or not looked_at else 0


sys.exit(main(sys.argv[1:]))
