"""Workbooks through the real web processes: read apart, one at a time, while others are served."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.support.live import Live
from tests.support.workbooks import SURVEY, with_sheet, workbook

XLSX = {"Content-Type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
HOSTILE = with_sheet(
    "<row>" + "<c><v>1</v></c>" * 16_000 + "</row>" + "<row/>" * 400_000 + "<row><c><v>1</v></c></row>"
)


def test_hostile_and_honest_workbooks_at_once_get_their_answers_and_hold_nobody_up(live: Live) -> None:
    def send(number: int) -> int:
        book = workbook(
            survey=[SURVEY, ("text", "wish", "愿望")], settings=[("form_id", "version"), (f"live{number}", 1)]
        )
        with live.client("fang", f"dev-fang00000{number}") as author:
            sent = HOSTILE if number % 2 else book
            return author.post("/api/forms", content=sent, headers=XLSX).status_code

    with ThreadPoolExecutor(5) as pool, live.client("chen", "dev-chen000001") as phone:
        sending = [pool.submit(send, number) for number in range(4)]
        looks = 0
        while not all(one.done() for one in sending):
            assert phone.get("/api/session").status_code == 200
            looks += 1
        assert [one.result() for one in sending] == [201, 400, 201, 400]
        assert looks > 10
        forms = {row["form"] for row in phone.get("/api/forms").json()["forms"]}
        assert {"live0", "live2"} <= forms
