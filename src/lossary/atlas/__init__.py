"""Every loss on a page that one can touch: written as static files, or shown from this machine.

>>> from lossary import atlas
>>> atlas.html_of("huber").startswith("<!DOCTYPE html>")
True
"""

from lossary.atlas.own_rows import OwnRows
from lossary.atlas.serve import server
from lossary.atlas.site import html_of, write

__all__ = ["OwnRows", "html_of", "server", "write"]
