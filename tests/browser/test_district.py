"""The district receives every grid in bulk, and sees them."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Playwright, expect

from server.demo.town import GRIDS
from tests.browser.conftest import PASSWORD, Neighbourhood, command, make_demo


def test_the_district_sees_the_grids_it_received(
    neighbourhood: Neighbourhood, playwright: Playwright, tmp_path: Path
) -> None:
    district = Neighbourhood(make_demo(tmp_path / "district", "--accounts-only"), playwright, tmp_path)
    try:
        target = district.url.replace("://", f"://admin:{PASSWORD}@")
        command(neighbourhood.data, "replicate", "local", f"{target}/db")
        desk = district.desk()
        desk.sign_in("he", PASSWORD)
        rows = desk.page.get_by_role("row")
        for _ in range(40):  # the district's own index follows what it received
            desk.page.goto(f"{desk.url}/desk/grids")
            if rows.filter(has_text=GRIDS[0].code).filter(has_text="300").count():
                break
            desk.page.wait_for_timeout(250)
        for grid in GRIDS:
            row = rows.filter(has_text=grid.code)
            expect(row).to_contain_text(grid.name_zh)
            expect(row).to_contain_text(str(grid.households))
    finally:
        district.close()
