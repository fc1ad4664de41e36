"""Look at the query page in headless Chromium: `python tests/browser/page.py URL FOLDER` writes pictures and findings.

The service at URL must be in demo mode. Without Chromium the script says so and ends with 0.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, sync_playwright

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SIZES = {"desktop": (1440, 900), "tablet": (1000, 760), "phone": (390, 844)}
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


def chromium() -> str | None:
    """Give the path of the system's Chromium, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def window(size: str, scheme: Scheme) -> Iterator[BrowserContext]:
    """Open Chromium with a new profile. Raises KeyError for a size that is not in SIZES."""
    width, height = SIZES[size]
    with TemporaryDirectory() as profile, sync_playwright() as driver:
        context = driver.chromium.launch_persistent_context(
            profile,
            executable_path=chromium(),
            args=list(QUIET),
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            has_touch=size == "phone",
        )
        yield context
        context.close()


def watch(page: Page, origin: str) -> list[str]:
    """Give a list that fills with what the page must never do: raise, break its policy, or ask another site."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(f"raised: {error}"))
    page.on("console", lambda line: found.append(f"console: {line.text}") if line.type == "error" else None)
    page.on(
        "request",
        lambda request: (
            None if urlsplit(request.url).netloc == urlsplit(origin).netloc else found.append(f"left: {request.url}")
        ),
    )
    return found


def visit(page: Page, url: str, folder: Path, name: str) -> list[str]:
    """Go through the page as a reader would, keep pictures named `name-…`, and give what went wrong."""
    found = watch(page, url)
    phone = page.viewport_size is not None and page.viewport_size["width"] <= 760

    def keep(step: str) -> None:
        page.screenshot(path=folder / f"{name}-{step}.png")

    def turn(view: str) -> None:
        if phone:
            page.click(f"#views [data-view={view}]")

    page.goto(url)
    page.wait_for_selector("body[data-ready=yes]")
    keep("start")
    turn("query")
    page.click("#run")
    page.wait_for_selector("#result[data-state=fine], #result[data-state=problem], #result[data-state=broken]")
    if page.get_attribute("#result", "data-state") == "broken":
        found.append("the first sample could not be sent")
    turn("result")
    keep("result")
    turn("query")
    page.fill("#query", "")
    page.type("#query", "{\nde")
    page.wait_for_selector(".offers:not([hidden])")
    keep("completion")
    page.press("#query", "Escape")
    page.fill("#query", "{ thisIsNoField }")
    page.click("#run")
    page.wait_for_selector("#problems:not([hidden])")
    turn("result")
    keep("problem")
    turn("side")
    page.click("#schema-tab")
    page.fill("#schema-panel input", "title")
    page.wait_for_selector("#schema-panel .types li")
    keep("search")
    page.click("#schema-panel .types .link")
    page.wait_for_selector("#schema-panel h3")
    keep("type")
    page.click("#past-tab")
    keep("history")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        found.append(f"the page is {wide} px wider than the window")
    # The refused query above is answered with 400 by some settings; the browser notes that as an error of its own.
    return [line for line in found if "status of 400" not in line]


def look(url: str, folder: Path) -> list[str]:
    """Visit the page at every size, light and dark; give what went wrong, each with its size and scheme."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for size in SIZES:
        for scheme in SCHEMES:
            with window(size, scheme) as context:
                page = context.new_page()
                found += [f"{size} {scheme}: {line}" for line in visit(page, url, folder, f"{size}-{scheme}")]
    return found


if __name__ == "__main__":
    if chromium() is None:
        sys.stdout.write("skipped: no Chromium here; Debian's package is `chromium`\n")
        sys.exit(0)
    findings = look(sys.argv[1], Path(sys.argv[2]))
    sys.stdout.write("\n".join([*findings, f"{len(findings)} findings", ""]))
    sys.exit(1 if findings else 0)
