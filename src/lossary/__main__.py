"""``python -m lossary`` is the command ``lossary``."""

from lossary.cli.main import main

main()
