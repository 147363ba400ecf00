"""Write what became of conditions as test cases, in the XML of JUnit that GitHub, GitLab and Jenkins read."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.etree import ElementTree as Xml

from lossary.cli.gates import FAIL, PASS, WARN, Outcome
from lossary.cli.wording import as_options
from lossary.errors import ReportError
from lossary.report.show.write import write_whole

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no document of XML 1.0 may hold, written out or not."""


@dataclass
class Suite:
    """The conditions on one score or comparison."""

    name: str
    outcomes: Sequence[Outcome] = ()
    error: str | None = None
    """Why there is no score, or None if there is one."""
    seconds: float = 0.0
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Note the time that the block takes, and the error in which it ends."""
        start = time.monotonic()
        try:
            yield
        except ReportError as error:
            self.error = as_options(str(error))
            raise
        finally:
            self.seconds = time.monotonic() - start


@contextmanager
def ends_in(path: str | None, name: str) -> Iterator[Suite]:
    """Yield the suite of a block, and write it to a file, if one is named, also where the block ends in an error."""
    suite = Suite(name)
    try:
        with suite.measured():
            yield suite
    except ReportError:
        if path is not None:
            write_whole(path, document([suite]))
        raise
    if path is not None:
        write_whole(path, document([suite]))


def document(suites: Sequence[Suite]) -> str:
    """Return the suites as a document: a test case for each condition, or one for an error, or for no condition.

    A condition that warns passes, with its sentence as output: the format has no third way. Names within a suite differ,
    since GitLab keeps the first of those that are the same.
    """
    root = Xml.Element("testsuites", name="lossary", time=f"{sum(suite.seconds for suite in suites):.3f}")
    for suite in suites:
        cases = suite.outcomes or [Outcome(suite.name, PASS, suite.error or "there are no conditions")]
        counts = {
            "tests": len(cases),
            "failures": sum(case.status == FAIL for case in cases),
            "errors": int(suite.error is not None),
            "skipped": 0,
        }
        node = Xml.SubElement(
            root,
            "testsuite",
            {"name": _allowed(suite.name), **{name: str(count) for name, count in counts.items()}},
            time=f"{suite.seconds:.3f}",
            timestamp=suite.began.strftime("%Y-%m-%dT%H:%M:%S"),
        )
        seconds = suite.seconds / max(1, len(cases))  # all conditions are read off one score
        for case in cases:
            test = Xml.SubElement(
                node, "testcase", classname=_allowed(suite.name), name=_allowed(case.condition), time=f"{seconds:.3f}"
            )
            sentence = _allowed(case.sentence)
            if suite.error is not None:
                Xml.SubElement(test, "error", message=sentence.split("\n")[0], type="error").text = sentence
            elif case.status == FAIL:
                Xml.SubElement(test, "failure", message=sentence, type="failure").text = sentence
            else:
                Xml.SubElement(test, "system-out").text = f"warning: {sentence}" if case.status == WARN else sentence
    Xml.indent(root)
    return Xml.tostring(root, encoding="UTF-8", xml_declaration=True).decode() + "\n"


def _allowed(text: str) -> str:
    r"""Return the text with every character that XML cannot hold as an escape such as ``\x1b``."""
    return _FORBIDDEN.sub(lambda found: repr(found[0])[1:-1], text)
