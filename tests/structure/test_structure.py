"""The house keeps its shape: arrows, banned calls, what qss-sam links, sizes of files."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from arrows import ARROWS, EVERYONE, MAIN_ARROWS

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
FOLDERS = sorted(p.name for p in SRC.iterdir() if p.is_dir() and any(p.rglob("*.[hc]*")))
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def sources(folder):
    return sorted(p for p in (SRC / folder).rglob("*") if p.suffix in {".h", ".cpp"})


def without_comments(text):
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.S)


@pytest.mark.parametrize("folder", FOLDERS)
def test_includes_only_along_arrows(folder):
    allowed = ARROWS[folder] | EVERYONE | {folder}
    wrong = []
    for path in sources(folder):
        extra = MAIN_ARROWS.get(folder, set()) if path.name == "main.cpp" else set()
        for include in INCLUDE.findall(path.read_text()):
            target = include.split("/")[0]
            if target == "proto":
                target = "wire"  # generated messages belong to wire
            if target not in allowed | extra:
                wrong.append(f"{path.relative_to(ROOT)} includes {include}")
    assert not wrong, "\n".join(wrong)


def test_arrows_have_no_cycle():
    done, path = set(), []

    def visit(folder):
        assert folder not in path, " -> ".join(path + [folder])
        if folder in done:
            return
        path.append(folder)
        for target in ARROWS[folder]:
            visit(target)
        path.pop()
        done.add(folder)

    for folder in ARROWS:
        visit(folder)


def test_cmake_links_exactly_the_arrows():
    text = re.sub(r"#[^\n]*", "", (SRC / "CMakeLists.txt").read_text())
    linked = {}
    for name, rest in re.findall(r"^qss_folder\((\w+)\s*([^)]*)\)", text, re.M):
        linked[name] = {word[4:] for word in rest.split() if word.startswith("qss_")} - EVERYONE - {"proto"}
    for folder in FOLDERS:
        # A folder may rely on an arrow's own arrows; it may link none beyond its table.
        assert linked[folder] <= ARROWS[folder], f"{folder} links {linked[folder] - ARROWS[folder]}"


def test_the_page_shows_the_arrows():
    page = (ROOT / "docs" / "architecture.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$", page, re.M)
    assert {folder: set(re.findall(r"\w+", arrows.replace("–", ""))) for folder, arrows in rows} == ARROWS


BANNED = [
    (r"\bmemcmp\s*\(", "use equal_constant_time or equal_public", set()),
    (r"\b(std::)?s?rand\s*\(", "use base/random.h", set()),
    (r"system_clock::now|\btime\s*\(\s*(NULL|nullptr|0|&)|\bgettimeofday\s*\(", "use the injected Clock", {"base"}),
    (r"\b(strcpy|strcat|sprintf|gets)\s*\(", "unbounded", set()),
    (r"\bco_await\b|\bco_return\b|\bco_yield\b", "no coroutines (docs/decisions)", set()),
    (r"\bsleep_for\b|\busleep\b|\bsleep\s*\(", "wait for a condition instead", {"cli"}),
    (r"\bsystem\s*\(|\bpopen\s*\(", "no shell", set()),
    (r"\bgoto\b", "", set()),
]


@pytest.mark.parametrize("pattern,why,exempt", BANNED, ids=[b[0] for b in BANNED])
def test_banned_calls(pattern, why, exempt):
    wrong = [
        f"{path.relative_to(ROOT)}: {match.group(0)} ({why})"
        for folder in FOLDERS
        if folder not in exempt
        for path in sources(folder)
        for match in re.finditer(pattern, without_comments(path.read_text()))
    ]
    assert not wrong, "\n".join(wrong)


def test_every_header_says_what_it_is_for():
    wrong = [
        str(path.relative_to(ROOT))
        for folder in FOLDERS
        for path in sources(folder)
        if path.suffix == ".h" and not path.read_text().startswith("//")
    ]
    assert not wrong, wrong


def test_files_and_lines_stay_short():
    wrong = []
    for folder in FOLDERS:
        for path in sources(folder):
            lines = path.read_text().splitlines()
            if len(lines) > 500:
                wrong.append(f"{path.relative_to(ROOT)}: {len(lines)} lines")
            wrong += [f"{path.relative_to(ROOT)}:{n}: {len(line)} columns" for n, line in enumerate(lines, 1)
                      if len(line) > 120]
    assert not wrong, "\n".join(wrong)


def test_functions_fit_a_screen():
    wrong = []
    for folder in FOLDERS:
        for path in sources(folder):
            lines = path.read_text().splitlines()
            for start, line in enumerate(lines):
                if re.fullmatch(r" {0,4}\{", line):
                    end = lines.index(line.replace("{", "}"), start)
                    if end - start > 70:
                        wrong.append(f"{path.relative_to(ROOT)}:{start}: {end - start} lines")
    assert not wrong, "\n".join(wrong)


def test_a_check_looks_into_every_nested_message():
    """protobuf-lite cannot walk into a message: role/dispatch.h names the members that are messages."""
    looked_at = set(re.findall(r"requires \{ message\.(\w+)\(\); \}", (SRC / "role" / "dispatch.h").read_text()))
    nested = set()
    for path in (ROOT / "proto").glob("*.proto"):
        text = without_comments(path.read_text())
        messages = dict(re.findall(r"^message (\w+) \{(\}|.*?^\})", text, re.M | re.S))
        for name, body in messages.items():
            if name.endswith("Request"):
                nested |= {field for kind, field in re.findall(r"(\w+) (\w+) = \d+;", body) if kind in messages}
    assert nested == looked_at


def test_every_mutation_finds_its_check():
    """A check that moved has left its mutation behind: tools/mutate.py would say so, an hour later."""
    sys.path.insert(0, str(ROOT / "tools"))
    from mutate import all_mutations, places
    mutations = all_mutations()
    assert len({mutation["name"] for mutation in mutations}) == len(mutations) > 300
    wrong = [mutation["name"] for mutation in mutations
             if len(places(mutation, (ROOT / mutation["file"]).read_text())) != 1]
    assert not wrong, wrong


def test_no_open_ends_without_an_issue():
    wrong = []
    for top in ("src", "tests", "proto", "tools", "bench", "fuzz"):
        for path in (ROOT / top).rglob("*"):
            if path.suffix in {".h", ".cpp", ".py", ".sh", ".proto"} and "node_modules" not in path.parts:
                if path.name == "test_structure.py":
                    continue
                if re.search(r"\b(TODO|FIXME|XXX|HACK)\b(?!\s*\(#\d+\))", path.read_text()):
                    wrong.append(str(path.relative_to(ROOT)))
    assert not wrong, wrong


def written_files():
    tops = ("src", "tests", "proto", "tools", "bench", "fuzz", "docs", "api", "demo")
    suffixes = {".h", ".cpp", ".py", ".sh", ".proto", ".md", ".yaml", ".toml", ".txt", ".mjs"}
    found = [path for top in tops for path in (ROOT / top).rglob("*")
             if path.suffix in suffixes and "node_modules" not in path.parts and path.name != "test_structure.py"]
    return found + [ROOT / "README.md", ROOT / "dev", ROOT / "CMakeLists.txt"]


def headings(page):
    return set(re.findall(r"^#+ (\d+)\.", page.read_text(), re.M))


def test_only_documents_that_are_here_are_cited():
    """A reader must be able to open what a comment names: a page of docs/ and its section, or a published standard."""
    wrong = []
    for path in written_files():
        text = path.read_text()
        wrong += [f"{path.relative_to(ROOT)}: {cited}" for cited in
                  re.findall(r"\bdesign (?:§ ?)?\d[\d.]*|\b(?:design|etsi|style|qss-api|csc-api)\.md", text)]
        for page, section in re.findall(r"\b(docs/[\w/-]+\.md)(?: (\d+)\b)?", text):
            if not (ROOT / page).exists() or (section and section not in headings(ROOT / page)):
                wrong.append(f"{path.relative_to(ROOT)}: {page} {section}")
    assert not wrong, "\n".join(wrong)


def test_short_names_of_requirements_are_explained():
    name = r"\b(?:KEY|SAD|AUD|CA)-\d+\b"
    explained = set(re.findall(rf"^\| ({name}) \|", (ROOT / "docs" / "invariants.md").read_text(), re.M))
    used = {found for top in ("src", "proto", "tests") for path in (ROOT / top).rglob("*")
            if path.suffix in {".h", ".cpp", ".py", ".proto"} for found in re.findall(name, path.read_text())}
    assert used == explained


def linked_libraries(program):
    binary = ROOT / "build" / "release" / "bin" / program
    assert binary.exists(), "build first: ./dev build"
    out = subprocess.run(["objdump", "-p", binary], check=True, capture_output=True, text=True).stdout
    return set(re.findall(r"NEEDED\s+(\S+)", out))


@pytest.mark.parametrize("program", ["qss-sam", "qss-ca", "qss-ocsp", "qss-tsa"])
def test_roles_link_little(program):
    allowed = ("libcrypto", "libsqlite3", "libprotobuf-lite", "libseccomp", "libcbor", "libfmt", "libstdc++",
               "libm.", "libgcc_s", "libc.", "libpthread", "ld-linux")
    wrong = {name for name in linked_libraries(program) if not name.startswith(allowed)}
    assert not wrong, wrong


@pytest.mark.parametrize("program", ["qss-sam", "qss-ca", "qss-ocsp", "qss-tsa"])
def test_roles_hold_no_network_and_no_json(program):
    binary = ROOT / "build" / "release" / "bin" / program
    assert binary.exists(), "build first: ./dev build"
    symbols = subprocess.run(["nm", "-C", binary], check=True, capture_output=True, text=True).stdout
    wrong = [w for w in ("boost::", "SSL_connect", "SSL_accept", "nlohmann", "toml::", "qss::http", "qss::store")
             if w in symbols]
    assert not wrong, wrong
