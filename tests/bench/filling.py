"""P12: a form of 500 questions is filled on a slow phone: Chromium, its CPU slowed down four times.

The evaluator by itself, beside one that evaluates everything anew; and the screen of the app, all questions on one
page, from a tap or a key until the app has handled it, and until a frame with what follows from it is painted.
`BENCH_FORM` names a workbook or a definition to take instead of our own long form.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Page, Playwright, expect, sync_playwright

from forms.definition import load
from forms.publish import published
from server.form_files import read_form
from tests.bench.harness import REPETITIONS, Row, percentile, say
from tests.browser.stage import Phone, chromium_path, flags
from tests.forms.phone import bundle
from tests.support.live import ROOT, running
from tests.support.long_form import definition
from tests.support.town import password_of, settle_town

FIGURE = "P12"
KEYSTROKES = int(os.environ.get("BENCH_KEYSTROKES", "250"))
SLOWER = 4
_PAUSE_MS = 200
"""Between two keystrokes: what the first one has set off, and the keeping of the draft, are over."""
_SOURCE = Path(__file__).with_suffix(".ts")
_NEXT = """
type => { window.taken = new Promise((resolve, reject) => {
  setTimeout(() => reject(new Error('nothing was hit')), 20_000)
  const painted = new MessageChannel()
  let begun, rested
  addEventListener(type, () => {
    begun = performance.now()
    requestAnimationFrame(() => painted.port2.postMessage(0))
  }, { capture: true, once: true })
  addEventListener(type, () => { rested = performance.now() - begun }, { once: true })
  painted.port1.onmessage = () => resolve([rested, performance.now() - begun])
}) }
"""
"""From the next event until the app has handled it, what it draws anew included, and until after the next frame.

What Vue draws anew it draws in a microtask, which comes before the listener of the window.
"""
_OPENED = """
() => { window.taken = new Promise(resolve => addEventListener('click', () => {
  const begun = performance.now(), painted = new MessageChannel()
  painted.port1.onmessage = () => resolve(performance.now() - begun)
  const look = () => document.querySelector('[data-path]') ? painted.port2.postMessage(0) : requestAnimationFrame(look)
  requestAnimationFrame(look)
}, { capture: true, once: true })) }
"""
"""From the tap that begins a record until after the frame that shows its questions."""
_TARGET = """
n => {
  const KEYS = ':not([type=search]):not([type^=date]):not([type=time]):not([readonly])'
  const FIELDS = `input.field${KEYS}, textarea${KEYS}`
  const all = [...document.querySelectorAll('[data-path]')]
  const boxes = all.filter(box => box.querySelector(`.choice:enabled, ${FIELDS}`))
  const box = boxes[(n * 37) % boxes.length]
  const field = box.querySelector(FIELDS)
  const choices = [...box.querySelectorAll('.choice[aria-checked=false]:enabled')]
  const element = field ?? choices[n % 7 === 0 ? n % choices.length : 0]
  if (!element) return null
  document.activeElement.blur()
  element.scrollIntoView({ block: 'center' })
  const { x, y, width, height } = element.getBoundingClientRect()
  const isNumber = element.inputMode === 'numeric'
  return { isField: field !== null, isNumber, boxes: boxes.length, x: x + width / 2, y: y + height / 2 }
}
"""
"""A question somewhere, and where in it to tap: a field, or a choice that is not chosen yet."""


@dataclass(frozen=True)
class Keystrokes:
    """What each keystroke took, in ms."""

    rested: list[float]
    painted: list[float]


def measure(folder: Path) -> list[Row]:
    """Milliseconds of loading and of a keystroke."""
    source = os.environ.get("BENCH_FORM")
    given = definition() if source is None else read_form(Path(source)).definition
    with sync_playwright() as playwright:
        rows = _evaluator(playwright, json.dumps(published(load(given))), folder)
        return rows + _screen(playwright, given, folder)


def _evaluator(playwright: Playwright, form: str, folder: Path) -> list[Row]:
    """In a page of its own, fresh each time."""
    script = bundle(folder, _SOURCE)
    browser = playwright.chromium.launch(executable_path=chromium_path(), args=flags())
    taken: list[dict[str, Any]] = []
    for _ in range(REPETITIONS + 1):
        page = browser.new_page()
        page.add_script_tag(path=str(script), type="module")
        _slow(page)
        taken.append(page.evaluate("([text, count]) => measure(text, count)", [form, KEYSTROKES]))
        page.close()
    browser.close()
    taken = taken[1:]
    after, fresh = ([ms for one in taken for ms in one[name]] for name in ("afterMs", "freshMs"))
    size = f"{len(form) / 1000:,.0f} kB"
    return [
        _row(f"a form of {size}: parse", [one["parseMs"] for one in taken]),
        _row("index it", [one["formMs"] for one in taken]),
        _row("first evaluation", [one["firstMs"] for one in taken]),
        _spread("a keystroke, evaluator alone", after, fresh),
    ]


def _screen(playwright: Playwright, given: dict[str, Any], folder: Path) -> list[Row]:
    """The app on a server of its own, with that form."""
    data = folder / "data"
    settle_town(data)
    file = folder / "form.json"
    file.write_text(json.dumps(given))
    env = {**os.environ, "JINLIN_DATA": str(data)}
    command = [sys.executable, "-m", "server.cli", "form", "publish", str(file)]
    subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
    with running(data, web_processes=1) as live:
        phone = Phone(playwright, f"{live.url}/", folder / "profile").start()
        phone.sign_in("chen", password_of("chen"))
        slow = _slow(phone.page)
        opened = [_open(phone, str(given["form"])) for _ in range(REPETITIONS + 1)][1:]
        done = _filled(phone.page, slow)
        phone.stop()
    return [
        _row("a tap that begins a record, until its questions are painted", opened),
        _spread("a keystroke on the screen, until the app has handled it", done.rested),
        _spread("until the next frame is painted", done.painted),
    ]


def _slow(page: Page) -> CDPSession:
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return session


def _open(phone: Phone, form: str) -> float:
    """Begin a record; one that was begun before is thrown away first."""
    if phone.at("discard").count():
        phone.tap("discard")
        phone.page.locator(".van-dialog__confirm").tap()
    phone.at("offers").locator("summary").tap()
    phone.page.evaluate(_OPENED)
    phone.tap(f"offer-{form}")
    taken = float(phone.page.evaluate("() => taken"))
    expect(phone.at("discard")).to_be_visible()
    return taken


def _filled(page: Page, slow: CDPSession) -> Keystrokes:
    """Taps and keys, spread over the form."""
    taken: list[tuple[float, float]] = []
    boxes = 0
    for n in range(KEYSTROKES):
        target = page.evaluate(_TARGET, n)
        page.wait_for_timeout(_PAUSE_MS)
        if target is None:
            continue
        boxes = max(boxes, target["boxes"])
        if target["isField"]:
            page.touchscreen.tap(target["x"], target["y"])
            page.wait_for_function("() => document.activeElement.matches('input, textarea')")
        page.evaluate(_NEXT, "input" if target["isField"] else "click")
        if target["isField"]:
            page.keyboard.insert_text("3" if target["isNumber"] else "好")
        else:
            page.touchscreen.tap(target["x"], target["y"])
        taken.append(tuple(page.evaluate("() => taken")))
    say(f"   {len(taken)} keystrokes, at most {boxes} questions on the page")
    return Keystrokes([rested for rested, _ in taken], [painted for _, painted in taken])


def _row(what: str, values: Sequence[float]) -> Row:
    spread = f"{min(values):,.1f}–{max(values):,.1f}"
    return Row(FIGURE, what, f"{statistics.median(values):,.1f} ms", spread=spread)


def _spread(what: str, values: Sequence[float], peer: Sequence[float] = ()) -> Row:
    """A row of p50, with p95 and the longest beside it."""
    spread = f"p95 {percentile(values, 0.95):,.1f}, max {max(values):,.1f}"
    mine = statistics.median(values)
    if not peer:
        return Row(FIGURE, what, f"{mine:,.2f} ms", spread=spread)
    theirs = statistics.median(peer)
    said = f"everything anew {theirs:,.2f}, p95 {percentile(peer, 0.95):,.1f}, max {max(peer):,.1f}"
    return Row(FIGURE, what, f"{mine:,.2f} ms", said, theirs / mine, spread)
