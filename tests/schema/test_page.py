"""The query page: what is served at `/`, under which policy, and what its scripts do with GraphQL text."""

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from schema.page import FILES, page_routes, read_assets

NAMES = sorted(path.name for path in FILES.iterdir())
SCRIPTS = [name for name in NAMES if name.endswith(".js")]
NAMESPACE = "http://www.w3.org/2000/svg"
ENOUGH = 4.5  # WCAG 2.2, success criterion 1.4.3

SCHEMA = {
    "queryType": {"name": "Query"},
    "mutationType": None,
    "subscriptionType": None,
    "directives": [],
    "types": [
        {
            "kind": "OBJECT",
            "name": "Query",
            "fields": [
                {
                    "name": "visits",
                    "args": [
                        {"name": "where", "type": {"kind": "INPUT_OBJECT", "name": "Where"}},
                        {"name": "first", "type": {"kind": "SCALAR", "name": "Int"}},
                    ],
                    "type": {"kind": "LIST", "ofType": {"kind": "OBJECT", "name": "Visit"}},
                },
            ],
        },
        {
            "kind": "OBJECT",
            "name": "Visit",
            "fields": [
                {"name": name, "args": [], "type": {"kind": "SCALAR", "name": "String"}}
                for name in ("code", "title", "subtitle")
            ],
        },
        {
            "kind": "INPUT_OBJECT",
            "name": "Where",
            "inputFields": [{"name": "level", "type": {"kind": "ENUM", "name": "Level"}}],
        },
        {"kind": "ENUM", "name": "Level", "enumValues": [{"name": "STATE"}, {"name": "RECTOR"}]},
        {"kind": "SCALAR", "name": "String"},
        {"kind": "SCALAR", "name": "Int"},
    ],
}


@pytest.fixture
def client() -> TestClient:
    """Give a client of a service that has the page and nothing else."""
    return TestClient(Starlette(routes=list(page_routes())))


class Tags(HTMLParser):
    """Every tag of a page with its attributes, and the text inside scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.inline = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.found and self.found[-1][0] in {"script", "style"}:
            self.inline += data.strip()


def tags() -> Tags:
    """Give the tags of the page."""
    parsed = Tags()
    parsed.feed((FILES / "index.html").read_text())
    return parsed


def test_the_page_is_served_at_the_root(client: TestClient) -> None:
    """`/` answers with the page itself, as HTML."""
    answer = client.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<title>Körpü" in answer.text


@pytest.mark.parametrize("path", ["/", "/page/app.js", "/page/no-such-file.js"])
def test_every_answer_forbids_other_sites_and_inline_code(client: TestClient, path: str) -> None:
    """The policy allows own files and nothing else, for missing files too."""
    policy = dict(
        part.strip().partition(" ")[::2] for part in client.get(path).headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "connect-src")} == {"'self'"}
    assert policy["img-src"] == "'self' data:"
    assert {policy[name] for name in ("frame-ancestors", "base-uri", "form-action")} == {"'none'"}
    assert not [value for value in policy.values() if "unsafe" in value or "*" in value]


@pytest.mark.parametrize("name", NAMES)
def test_every_file_is_served_with_its_type(client: TestClient, name: str) -> None:
    """Browsers run a module only when its type is right, and none is sniffed."""
    answer = client.get(f"/page/{name}")
    expected = {"css": "text/css", "html": "text/html", "js": "text/javascript", "svg": "image/svg+xml"}
    assert answer.headers["content-type"].partition(";")[0] == expected[name.rpartition(".")[2]]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.content == (FILES / name).read_bytes()


def test_a_file_that_the_browser_holds_is_not_sent_again(client: TestClient) -> None:
    """The entity tag answers 304 without a body, and another tag gets the file."""
    first = client.get("/page/app.js")
    again = client.get("/page/app.js", headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["content-security-policy"] == first.headers["content-security-policy"]
    assert client.get("/page/app.js", headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("path", ["/page/", "/page/missing.js", "/page/..%2fpage.py", "/page/%2e%2e/page.py"])
def test_nothing_but_the_files_of_the_page_is_served(client: TestClient, path: str) -> None:
    """A name that is not in the folder, or that tries to leave it, is not found."""
    assert client.get(path).status_code == 404


def test_the_page_is_only_read(client: TestClient) -> None:
    """Posting to the page is refused."""
    assert client.post("/").status_code == 405


def test_a_file_without_a_known_type_stops_the_start(tmp_path: Path) -> None:
    """An unknown kind of file is named, with what to do about it."""
    (tmp_path / "logo.bmp").write_bytes(b"")
    with pytest.raises(ValueError, match=r"logo\.bmp has no content type: add '\.bmp'"):
        read_assets(tmp_path)


def test_whatever_the_page_names_is_there() -> None:
    """Every script, style, picture and imported module exists."""
    named = {value for _, held in tags().found for key in ("src", "href") if (value := held.get(key))}
    files = {value.removeprefix("/page/") for value in named if not value.startswith("#")}
    for script in SCRIPTS:
        files |= set(re.findall(r'from "\./([^"]+)"', (FILES / script).read_text()))
    assert files <= set(NAMES)
    assert {*files, "index.html"} == set(NAMES), "a file that nothing names"


def test_the_page_has_no_inline_code() -> None:
    """No script or style text, no style attribute and no event attribute, all of which the policy would refuse."""
    parsed = tags()
    assert parsed.inline == ""
    assert not [(tag, key) for tag, held in parsed.found for key in held if key == "style" or key.startswith("on")]


@pytest.mark.parametrize("name", NAMES)
def test_no_file_names_another_site(name: str) -> None:
    """The only address in the files is the name of the SVG namespace."""
    text = (FILES / name).read_text().replace(NAMESPACE, "")
    assert not re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]", text)


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_never_turn_text_into_markup(name: str) -> None:
    """What the service answers reaches the page as text only."""
    assert not re.findall(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", (FILES / name).read_text()
    )


def test_every_control_has_a_name() -> None:
    """Text areas and the select carry a label that assistive technology reads."""
    unnamed = [held for tag, held in tags().found if tag in {"textarea", "select"} and not held.get("aria-label")]
    assert unnamed == []


def luminance(colour: str) -> float:
    """Give the relative luminance of `#rrggbb`, 0 to 1 (WCAG 2.2, section 5)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(scheme: int) -> None:
    """Every pair of text and ground keeps the contrast that WCAG asks for, in both schemes."""
    found = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", (FILES / "colours.css").read_text())
    colours = {name: pair[scheme] for name, *pair in found}
    pairs = [(ink, ground) for ink in ("ink", "soft", "accent") for ground in ("panel", "raised", "ground")]
    pairs += [("accent-ink", "accent"), ("panel", "warn"), ("who", "who-wash"), ("fine", "panel"), ("warn", "panel")]
    pairs += [(ink, "warn-wash") for ink in ("warn", "ink", "soft", "accent")]
    pairs += [(name, "panel") for name in colours if name.startswith("c-")]
    pairs += [("ink", "accent-wash"), ("c-type", "accent-wash"), ("soft", "accent-wash")]

    def contrast(ink: str, ground: str) -> float:
        low, high = sorted((luminance(colours[ink]), luminance(colours[ground])))
        return (high + 0.05) / (low + 0.05)

    assert {pair: round(contrast(*pair), 2) for pair in pairs if contrast(*pair) < ENOUGH} == {}


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder from which Node takes the page's scripts as modules."""
    if shutil.which("node") is None:
        pytest.skip(reason="absent: Node, to run the page's scripts")
    folder = tmp_path_factory.mktemp("page")
    (folder / "package.json").write_text('{"type": "module"}')
    for script in SCRIPTS:
        shutil.copy(FILES / script, folder)
    return folder


def evaluate(modules: Path, module: str, expression: str) -> Any:
    """Give the value of a JavaScript expression that uses the exports of `module` as `m`."""
    source = f'import * as m from "./{module}"; console.log(JSON.stringify({expression}));'
    ran = subprocess.run(
        ["node", "--input-type=module", "--eval", source],  # noqa: S607 - node of the PATH
        cwd=modules,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(ran.stdout)


@pytest.mark.parametrize(
    ("written", "tidied"),
    [
        ("{a b}", "{\n  a\n  b\n}\n"),
        ("{a:b(c:1,d:[1 2]){e}}", "{\n  a: b(c: 1, d: [1, 2]) {\n    e\n  }\n}\n"),
        ("query Q($a:Int=1 $b:[ID!]!){a @skip(if:$a) b}", None),
        ("{ # kept\n...F ... on T{a}} fragment F on T{b}", None),
        ('{a(text:"""one\n two""") b}', None),
        ("{a(where:{b:{eq:RECTOR}c:null}){d}}", "{\n  a(where: { b: { eq: RECTOR }, c: null }) {\n    d\n  }\n}\n"),
    ],
)
def test_tidying_keeps_every_token_and_settles(modules: Path, written: str, tidied: str | None) -> None:
    """A tidied query has the tokens and comments of the written one, and tidying it again changes nothing."""
    once, twice, before, after = evaluate(
        modules,
        "language.js",
        f"((t) => {{ const o = m.tidy(t), w = (x) => m.tokens(x).filter((k) => k.kind !== 'space').map((k) => k.text);"
        f" return [o, m.tidy(o), w(t), w(o)]; }})({json.dumps(written)})",
    )
    assert before == after
    assert once == twice
    assert tidied is None or once == tidied


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("{ visits { | } }", ["code", "title", "subtitle", "__typename"]),
        ("{ visits { title(a: 1) ti| } }", ["title", "subtitle"]),
        ("{ v: visits(|) }", ["where", "first"]),
        ("{ visits(where: {|}) }", ["level"]),
        ("{ visits(where: {level: |}) }", ["STATE", "RECTOR"]),
        ("query Q($n: Int) { visits(first: |) }", ["$n"]),
        ("query Q($n: I|) { visits }", ["Int"]),
        ("{ ... on V| }", ["Visit"]),
        ("fragment F on Visit { c| }", ["code"]),
        ("{ visits # co|\n }", []),
        ("{ nowhere { | } }", []),
    ],
)
def test_completion_offers_what_fits_at_the_cursor(modules: Path, text: str, offered: list[str]) -> None:
    """Fields, arguments, inputs, values, types: each where the grammar and the schema allow it, and no others."""
    (modules / "given.js").write_text(
        f'import {{ complete }} from "./completion.js"; import {{ schemaOf }} from "./introspection.js";'
        f"export const offer = (text, at) => complete(text, at, schemaOf({json.dumps(SCHEMA)}))"
        ".items.map((item) => item.label);"
    )
    at = text.index("|")
    assert evaluate(modules, "given.js", f"m.offer({json.dumps(text.replace('|', ''))}, {at})") == offered


def test_the_operation_at_the_cursor_is_the_one_that_runs(modules: Path) -> None:
    """Of several operations the one that holds the cursor counts, and a fragment is none."""
    text = "query A { a }\nfragment F on T { f }\nmutation B { b }"
    names = evaluate(modules, "language.js", f"[3, 25, 40].map((at) => m.operationAt({json.dumps(text)}, at).name)")
    assert names == ["A", "A", "B"]


def test_problems_of_requests_and_of_changes_are_told_alike(modules: Path) -> None:
    """An error of the request and a problem that a change reports both come out with code, path and words."""
    body = {
        "errors": [
            {
                "message": "No such field",
                "locations": [{"line": 2, "column": 3}],
                "path": ["a"],
                "extensions": {"code": "INVALID"},
            }
        ],
        "data": {"createVisit": {"problems": [{"code": "CONFLICT", "path": ["members", "0"], "message": "Busy"}]}},
    }
    problems = evaluate(modules, "result.js", f"m.problemsOf({json.dumps(body)})")
    assert [(one["code"], one["path"], one["message"], one["line"]) for one in problems] == [
        ("INVALID", ["a"], "No such field", 2),
        ("CONFLICT", ["createVisit", "members", "0"], "Busy", None),
    ]
