"""How long a person waits for the first rows of a large workbook, once all of it was sent.

python -m tests.bench.first_rows              # 200,000 rows of 20 columns; two minutes
python -m tests.bench.first_rows --million    # the full figure; some ten minutes

The wizard as it is: a real browser, web server and worker. The clock is the browser's own. It
starts when the last byte has left and stops when the rows were drawn.
"""

import argparse
import tempfile
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from tests.bench.sheet_files import write_xlsx
from tests.journey.conftest import CHROMIUM_OPTIONS
from tests.journey.installation import Installation, Stack, installation
from tests.journey.person import Person
from tests.services import chromium

ROWS, MILLION = 200_000, 1_000_000
AT_MOST_S = 1.0
ALL_READ_WITHIN_MS = 600_000
# On every page before its own scripts; what it notes outlives the page.
WATCH = """
const note = (name) => { sessionStorage[name] = Date.now(); };
const send = XMLHttpRequest.prototype.send;
XMLHttpRequest.prototype.send = function (body) {
  if (body instanceof Blob) this.upload.addEventListener("load", () => note("sent"));
  return send.call(this, body);
};
const look = () => {
  if (!document.querySelector("#reread tbody tr")) return requestAnimationFrame(look);
  requestAnimationFrame(() => setTimeout(() => {
    if (!("seen" in sessionStorage)) note("seen");
  }));
};
requestAnimationFrame(look);
"""


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="bench-first-rows-") as folder:
        path = arguments.file or Path(folder) / "large.xlsx"
        if not arguments.file:
            write_xlsx(path, MILLION if arguments.million else arguments.rows)
        print(f"{path.name}: {path.stat().st_size / 1e6:,.0f} MB")
        with installation(Path(folder), Stack()) as installed, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_OPTIONS)
            waits = [_wait_s(browser, installed, path) for _ in range(arguments.rounds)]
            print("  " + ", ".join(f"{wait:.2f} s" for wait in waits))
    verdict = "as it should be" if median(waits) <= AT_MOST_S else "TOO MUCH"
    print(f"  {median(waits):.2f} s until the first rows are seen, at most {AT_MOST_S}: {verdict}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--million", action="store_true", help="the rows of the full figure")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts")
    parser.add_argument("--file", type=Path, help="to upload instead of one that is made")
    return parser.parse_args()


def _wait_s(browser: Browser, installed: Installation, path: Path) -> float:
    """Seconds from the last byte sent to the first rows drawn."""
    with browser.new_context() as context:
        context.add_init_script(WATCH)
        ana = Person(context.new_page(), installed.address)
        ana.log_in("ana")
        ana.go("/imports/new/")
        ana.page.get_by_label("Drop a spreadsheet here, or choose one").set_input_files(path)
        ana.press("button", "Upload and read")
        whole = ana.page.get_by_role("link", name="Yes, continue to destination")
        whole.wait_for(timeout=ALL_READ_WITHIN_MS)  # then the next one finds the worker idle
        return float(ana.page.evaluate("(sessionStorage.seen - sessionStorage.sent) / 1000"))


if __name__ == "__main__":
    main()
