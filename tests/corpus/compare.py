#!/usr/bin/env python3
"""Compares expected/ (which corpus_test.cpp keeps equal to what our parser says) with Python's email package.

Checks what both should agree on: the tree of parts, types, encodings, bodies byte for byte, subjects, dates, addresses,
file names. A difference must be in differences.txt with its reason, and one there that is gone is an error too.
Use: compare.py [--list]    --list prints the differences as differences.txt wants them.
"""

import email
import email.header
import email.policy
import email.utils
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent


def unescape(text):
    return re.sub(r"\\(\\|x[0-9a-f]{2})", lambda m: "\\" if m[1] == "\\" else chr(int(m[1][1:], 16)), text)


def read_expected(path):
    """One dict a message: single fields, and "parts" with their parameters."""
    blocks = re.split(r"^=== \d+\n", path.read_bytes().decode("utf-8"), flags=re.M)
    for block in blocks:
        if not block:
            continue
        fields = {"parts": [], "reference": []}
        for line in block.rstrip("\n").split("\n"):
            name, _, value = line.lstrip(" ").partition(" ")
            value = unescape(value)
            if name == "part":
                m = re.fullmatch(r"(\S+) parent (-?\d+) (\S+?)/(\S+) (\S+) header (\d+)-(\d+) body (\d+)-(\d+) lines (\d+)", value)
                fields["parts"].append({"section": m[1], "type": f"{m[3]}/{m[4]}", "encoding": m[5],
                                        "body": (int(m[8]), int(m[9])), "parent": int(m[2]), "parameters": {}, "disposition": {}})
            elif name == "parameter":
                key, _, v = value.partition("=")
                fields["parts"][-1]["parameters"][key] = v
            elif name == "disposition-parameter":
                key, _, v = value.partition("=")
                fields["parts"][-1]["disposition"][key] = v
            elif name == "reference":
                fields["reference"].append(value)
            elif name not in ("disposition", "id"):
                fields[name] = value
        yield fields


def split_mbox(data):
    begin = 0
    while begin < len(data):
        end = data.find(b"\n\nFrom ", begin)
        end = len(data) if end < 0 else end + 2
        yield data[begin:end]
        begin = end


def decode(value):
    """An encoded header as text, the way every mail program reads it."""
    try:
        return str(email.header.make_header(email.header.decode_header(value)))
    except (LookupError, UnicodeError, email.errors.HeaderParseError):
        return value


def fold(value):
    return re.sub(r"\s+", " ", value).strip()


def walk(message):
    """The parts in our order: a message part's child is the message in it."""
    yield message
    is_message = message.get_content_maintype() == "message"
    # Python makes parts of the field blocks of message/delivery-status and its like; for IMAP they are text.
    if is_message and message.get_content_type() not in ("message/rfc822", "message/global"):
        return
    if message.is_multipart():
        for child in message.get_payload():
            yield from walk(child)


def raw_body(part):
    """The encoded body of a leaf, as bytes with LF."""
    body = part.get_payload(decode=False)
    if not isinstance(body, str):
        return None
    return body.encode("utf-8", "surrogateescape").replace(b"\r\n", b"\n")


def compare(data, ours):
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    theirs = list(walk(message))

    def header(name):
        return fold(decode(str(message.get(name, ""))))

    yield "subject", fold(ours["subject"]), header("subject")
    date = message.get("date")
    parsed = email.utils.parsedate_tz(str(date)) if date else None
    yield "date", ours["date"], f"{email.utils.mktime_tz(parsed)} {(parsed[9] or 0) // 60}" if parsed else ""
    for name in ("from", "to", "cc"):
        mine = re.findall(r"<([^<>]*)>", ours[name])
        values = [str(v) for v in message.get_all(name, [])][: None if name != "from" else 1]
        try:
            yield name, mine, [a for _, a in email.utils.getaddresses(values) if a]
        except RecursionError:
            yield name, mine, "recursion"
    yield "types", [p["type"] for p in ours["parts"]], [p.get_content_type() for p in theirs]
    if len(theirs) != len(ours["parts"]):
        return
    for mine, part in zip(ours["parts"], theirs):
        where = f"part {mine['section']} of {mine['type']}"
        encoding = str(part.get("content-transfer-encoding", "7bit")).strip().lower()
        yield f"{where}: encoding", mine["encoding"], encoding
        yield f"{where}: file name", mine["disposition"].get("filename") or mine["parameters"].get("name"), (
            lambda n: None if n is None else decode(n))(part.get_filename())
        if not part.is_multipart() and raw_body(part) is not None:
            begin, end = mine["body"]
            yield f"{where}: body", data[begin:end].replace(b"\r\n", b"\n"), raw_body(part)


def main():
    known = {}
    for line in (HERE / "differences.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            key, _, reason = line.partition(" -- ")
            known[key] = reason
    seen, checks, bad = set(), 0, 0
    for folder in ("messages", "mbox"):
        for file in sorted((HERE / folder).iterdir()):
            data = file.read_bytes()
            messages = list(split_mbox(data)) if folder == "mbox" else [data]
            expected = list(read_expected(HERE / "expected" / (file.name + ".expected")))
            assert len(messages) == len(expected), file
            for number, (one, ours) in enumerate(zip(messages, expected)):
                for what, mine, theirs in compare(one, ours):
                    checks += 1
                    if mine == theirs:
                        continue
                    key = f"{file.name} {number} {what}"
                    seen.add(key)
                    if "--list" in sys.argv:
                        print(f"{key} -- {known.get(key, 'WHY?')}")
                    if key not in known:
                        bad += 1
                        print(f"{key}\n  ours:   {str(mine)[:300]!r}\n  python: {str(theirs)[:300]!r}", file=sys.stderr)
    for key in sorted(set(known) - seen):
        bad += 1
        print(f"{key}: in differences.txt, but both agree", file=sys.stderr)
    print(f"{checks} comparisons, {len(seen)} known differences, {bad} errors")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
