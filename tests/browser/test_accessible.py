"""Whoever sees badly or not at all finds nothing serious in his way: axe-core looks at every screen that has a picture.

The screens are those of `make screens`, visited in the same way.
"""

from __future__ import annotations

from pathlib import Path

from tests.browser.conftest import Neighbourhood
from tests.browser.screens import Album, author_screens, desk_screens, import_long_names, phone_screens
from tests.browser.stage import Desk, Phone
from tests.support.live import ROOT

AXE = ROOT / "forms" / "app" / "node_modules" / "axe-core" / "axe.min.js"
RUN = "async () => (await axe.run({resultTypes: ['violations']})).violations"
RESTED = """
() => Promise.allSettled(document.getAnimations()
  .filter(one => one.effect.getComputedTiming().endTime !== Infinity).map(one => one.finished))
"""
"""Until what fades in or out has done so: half faded, no text has enough contrast."""
GRAVE = ("serious", "critical")


class Examination(Album):
    """Looks for obstacles where the album takes pictures."""

    def __init__(self) -> None:
        self.screens: list[str] = []
        self.obstacles: list[str] = []

    def take(self, person: Phone | Desk, name: str, *, whole: bool = False) -> None:
        person.page.evaluate(RESTED)
        person.page.evaluate(AXE.read_text(encoding="utf-8"))
        self.screens.append(name)
        for found in person.page.evaluate(RUN):
            if found["impact"] in GRAVE:
                places = ", ".join(" ".join(node["target"]) for node in found["nodes"][:5])
                self.obstacles.append(f"{name}: {found['id']} ({found['help']}) at {places}")


def test_no_screen_has_a_serious_obstacle(neighbourhood: Neighbourhood, tmp_path: Path) -> None:
    examination = Examination()
    import_long_names(neighbourhood.data, tmp_path)
    phone_screens(examination, neighbourhood, tmp_path)
    desk_screens(examination, neighbourhood)
    author_screens(examination, neighbourhood, tmp_path)
    assert not examination.obstacles, "\n".join(examination.obstacles)
    assert len(examination.screens) >= 39
