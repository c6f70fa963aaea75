"""Takes the README's pictures: the first screen of a report in Chromium, and pages of its PDF.

python -m benchmarks.screenshot runs/pictures/report_en.html docs/images/report.png
python -m benchmarks.screenshot runs/pictures/report_zh.pdf docs/images/factsheet.png 1,10,20
"""

import subprocess
import sys
import tempfile
from pathlib import Path


def screen(page: Path, picture: Path) -> None:
    """Write the first screen of a page."""
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


def pages(document: Path, picture: Path, numbers: list[int]) -> None:
    """Write pages of a PDF side by side."""
    import pypdfium2
    from PIL import Image

    found = pypdfium2.PdfDocument(str(document))
    images = [found[n - 1].render(scale=1.0).to_pil() for n in numbers]
    gap = 12
    width = sum(image.width + gap for image in images) - gap
    sheet = Image.new("RGB", (width, max(image.height for image in images)), "#c3cad3")
    left = 0
    for image in images:
        sheet.paste(image, (left, 0))
        left += image.width + gap
    sheet.save(picture, optimize=True)


def main() -> None:
    """Take the picture."""
    source, picture = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    if source.suffix == ".pdf":
        pages(source, picture, [int(n) for n in sys.argv[3].split(",")])
    else:
        screen(source, picture)


if __name__ == "__main__":
    main()
