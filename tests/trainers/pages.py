"""Examples of the documentation that its own tests do not run."""

import re
from pathlib import Path

PAGES = Path(__file__).parents[2] / "docs" / "trainers"


def example(page, word):
    """Return the example of a page in which a word stands."""
    blocks = re.findall(r"^```python\n(.*?)^```", (PAGES / page).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    (found,) = (block for block in blocks if word in block)
    return found
