"""The desk's pages as a person uses them: signed in, reading by `data-testid`, sending the forms that are there."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.site import Site
from tests.support.town import password_of

_VOID = frozenset({"input", "img", "meta", "link", "br"})


@dataclass
class Element:
    """One element: its attributes and all the text inside it."""

    tag: str
    attributes: dict[str, str]
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text with its white space put in order."""
        return " ".join("".join(self.parts).split())


class Page(HTMLParser):
    """A page by its elements."""

    def __init__(self, response: TestResponse) -> None:
        super().__init__()
        self.status = response.status_code
        self.html = response.get_data(as_text=True)
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.parts.append(data)

    def all(self, testid: str) -> list[Element]:
        """Every element of this testid."""
        return [element for element in self.elements if element.attributes.get("data-testid") == testid]

    def one(self, testid: str) -> Element:
        """The only element of this testid."""
        (element,) = self.all(testid)
        return element

    def has(self, testid: str) -> bool:
        """Whether there is an element of this testid."""
        return bool(self.all(testid))

    def field(self, name: str) -> str:
        """The value of the first input of this name."""
        return next(e.attributes.get("value", "") for e in self.elements if e.attributes.get("name") == name)


@dataclass(frozen=True)
class Visitor:
    """A browser at the desk."""

    client: FlaskClient

    def open(self, path: str) -> Page:
        """The page at an address under `/desk`, redirects followed."""
        return Page(self.client.get(f"/desk{path}", follow_redirects=True))

    def send(self, path: str, fields: dict[str, str | list[str]], csrf: str | None = None) -> Page:
        """A form sent to an address under `/desk`, with the token of this visit unless another is given."""
        token = self.open("/grids").field("csrf") if csrf is None else csrf
        reply = self.client.post(f"/desk{path}", data={"csrf": token, **fields}, follow_redirects=True)
        return Page(reply)

    def act(self, record: str, act: str, page: Page | None = None, **fields: str) -> Page:
        """An act on a record, from its page as it is now or as it was."""
        drawn = page or self.open(f"/records/{record}")
        comments = {name.replace("comment_", "comment:"): text for name, text in fields.items()}
        return self.send(
            f"/records/{record}",
            {"act": act, "judged": drawn.field("judged"), **comments},
            drawn.field("csrf"),
        )


def desk_of(site: Site, name: str) -> Visitor:
    """Somebody who has signed in at the desk."""
    visitor = Visitor(site.app.test_client())
    page = visitor.open("/sign-in")
    sent = {"name": name, "password": password_of(name)}
    assert visitor.send("/sign-in", sent, page.field("csrf")).status == 200
    return visitor
