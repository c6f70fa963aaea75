"""Takes the README's picture: the first screen of a run's report, in Debian's Chromium.

python -m benchmarks.screenshot runs/demo/report_en.html docs/images/report.png
"""

import subprocess
import sys
import tempfile
from pathlib import Path


def main() -> None:
    """Render the page and write the picture."""
    page, picture = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
                "--no-first-run", "--disable-background-networking", "--disable-component-update",
                "--disable-sync", "--hide-scrollbars", f"--user-data-dir={profile}",
                "--window-size=1120,1290", f"--screenshot={picture}", "--virtual-time-budget=15000",
                page.as_uri(),
            ],
            check=True, capture_output=True,
        )  # fmt: skip


if __name__ == "__main__":
    main()
