#!/usr/bin/env python3
"""Removes one check after another and proves that its test notices.

tests/mutations/*.toml list them, a file for each folder of src: the check as it stands in the source (`find`, exactly once in `file`, any
white space for white space), what stands there without it (`replace`), and the test that must then fail: `unit` (folder and
GoogleTest filter) or `pytest` (arguments, run against binaries that lack the check).
A copy of the tree in build/mutation is changed, never the tree itself.

usage: tools/mutate.py [NAME...]      all of them, or those whose name contains one of the words
"""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COPY = ROOT / "build" / "mutation" / "tree"
BUILD = ROOT / "build" / "mutation" / "build"


def run(*command, **options):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, **options)


def all_mutations():
    return [mutation for path in sorted((ROOT / "tests" / "mutations").glob("*.toml"))
            for mutation in tomllib.loads(path.read_text())["mutation"]]


def refresh_copy():
    """Makes COPY equal to the tracked files; unchanged ones keep their times, so little is rebuilt."""
    names = set(run("git", "-C", ROOT, "ls-files").stdout.splitlines())
    for old in COPY.rglob("*"):
        if old.is_file() and str(old.relative_to(COPY)) not in names:
            old.unlink()
    for name in names:
        source, target = ROOT / name, COPY / name
        if source.is_file() and (not target.exists() or target.read_bytes() != source.read_bytes()):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())


def configure():
    """No warnings: code without one of its checks deserves some, and they are errors in this project."""
    run("cmake", "-S", COPY, "-B", BUILD, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug",
        "-DCMAKE_CXX_COMPILER=g++-12", "-DCMAKE_CXX_FLAGS=-O1 -w", check=True)


def build(*targets):
    arguments = [word for target in targets for word in ("--target", target)]
    return run("cmake", "--build", BUILD, *arguments)


PROGRAMS = ("qss", "qss-api", "qss-sam", "qss-ca", "qss-ocsp", "qss-tsa")


def places(mutation, text):
    words = (re.escape(word) for word in mutation["find"].split())
    return list(re.finditer(r"\s+".join(words), text))


def judge(mutation):
    """'noticed', or why not."""
    path = COPY / mutation["file"]
    original = path.read_text()
    found = places(mutation, original)
    if len(found) != 1:
        return f"`find` is in {mutation['file']} {len(found)} times, not once"
    unit = mutation.get("unit")
    path.write_text(original[:found[0].start()] + mutation["replace"] + original[found[0].end():])
    try:
        built = build(f"unit-{unit['folder']}") if unit else build(*PROGRAMS)
        if built.returncode != 0:
            return "does not build without the check:\n" + built.stdout[-1500:]
        if unit:
            tested = run(BUILD / "bin" / f"unit-{unit['folder']}", f"--gtest_filter={unit['filter']}",
                         "--gtest_brief=1", cwd=ROOT)
            ran = "0 tests ran" not in tested.stdout and "did not match" not in tested.stdout
        else:
            tested = run(sys.executable, "-m", "pytest", "-q", "-x", *mutation["pytest"].split(), cwd=ROOT,
                         env={**os.environ, "QSS_BIN": str(BUILD / "bin")})
            ran = tested.returncode not in (4, 5)
        if not ran:
            return "its test does not exist"
        return "noticed" if tested.returncode != 0 else "NOT NOTICED: the test passes without the check"
    finally:
        path.write_text(original)


def main():
    mutations = all_mutations()
    words = sys.argv[1:]
    chosen = [m for m in mutations if not words or any(w in m["name"] for w in words)]
    refresh_copy()
    configure()
    unnoticed = 0
    for number, mutation in enumerate(chosen, 1):
        verdict = judge(mutation)
        unnoticed += verdict != "noticed"
        print(f"[{number}/{len(chosen)}] {mutation['name']}: {verdict}", flush=True)
    print(f"{len(chosen) - unnoticed} passed, {unnoticed} failed")
    return 1 if unnoticed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
