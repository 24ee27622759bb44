// The desk's behaviour. Every page works without it; it adds keys, one-click filters and timed reveals.
"use strict";
document.documentElement.classList.add("js");

const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const one = (selector, within = document) => within.querySelector(selector);
const typing = (element) => element.closest("input:not([type=checkbox]), textarea, select");

// Filters apply as they are chosen.
for (const form of all("[data-autosubmit]")) {
  form.addEventListener("change", () => {
    for (const field of all("select, input", form)) if (!field.value) field.disabled = true;
    form.submit();
  });
}

// On a narrow screen filters that ask for nothing are folded away.
const fold = one("[data-fold]");
fold?.classList.add("folded");
one("[data-unfold]")?.addEventListener("click", () => one(".filters").classList.toggle("folded"));

// The queue: a row under the cursor, kept over a visit to a record.
const rows = all("tr[data-id]");
const PLACE = `desk.row ${location.pathname}`;
let at = -1;

function go(index) {
  if (index < 0 || index >= rows.length) return;
  rows[at]?.classList.remove("here");
  at = index;
  rows[at].classList.add("here");
  rows[at].scrollIntoView({ block: "nearest" });
  sessionStorage.setItem(PLACE, JSON.stringify([rows[at].dataset.id, at]));
}

function restore() {
  const [id, index] = JSON.parse(sessionStorage.getItem(PLACE) || "[null, -1]");
  const found = rows.findIndex((row) => row.dataset.id === id);
  if (found >= 0) go(found);
  else if (index >= 0 && /\/desk\/(records|households)\//.test(document.referrer)) go(Math.min(index, rows.length - 1));
}

function picked() {
  const count = all("input[name=pick]:checked").length;
  const button = one("[data-bulk-submit]");
  if (!button) return;
  button.disabled = count === 0;
  one("[data-picked]").textContent = count || "";
}

if (rows.length) {
  restore();
  picked();
  document.addEventListener("change", picked);
  for (const [index, row] of rows.entries()) {
    row.addEventListener("click", (event) => {
      if (event.target.closest("a, input, button")) return go(index);
      go(index);
      location.href = row.dataset.href;
    });
  }
  one("[data-pick-clean]")?.addEventListener("click", () => {
    const boxes = all("input[name=pick]:enabled");
    const on = !boxes.every((box) => box.checked);
    for (const box of boxes) box.checked = on;
    picked();
  });
}

function pickHere() {
  const box = rows[at] && one("input[name=pick]:enabled", rows[at]);
  if (box) box.checked = !box.checked;
  picked();
}

// One key approves a row that has no flag; any other row is opened to be looked at.
function approveHere() {
  const box = rows[at] && one("input[name=pick]:enabled", rows[at]);
  if (!box) return visit();
  for (const other of all("input[name=pick]:checked")) other.checked = false;
  box.checked = true;
  box.form.requestSubmit();
}

// Return: comment fields appear beside the questions, without leaving the page.
const record = one("[data-record]");

function returning(on) {
  record.classList.toggle("returning", on);
  for (const fold of all("details.unanswered", record)) fold.open = on && all("textarea", fold).some((field) => field.value);
  if (on) one("[name=comment]", record).focus();
}

one("[data-return]")?.addEventListener("click", (event) => {
  event.preventDefault();
  returning(!record.classList.contains("returning"));
});
one("[data-return-cancel]")?.addEventListener("click", (event) => {
  event.preventDefault();
  returning(false);
});
if (record) {
  let sending = false;
  record.addEventListener("submit", (event) => {
    if (sending) event.preventDefault();
    sending = true;
  });
  addEventListener("pageshow", () => { sending = false; });
  // What was typed is not lost by walking away.
  addEventListener("beforeunload", (event) => {
    if (!sending && all("textarea", record).some((field) => field.value !== field.defaultValue)) event.preventDefault();
  });
}

// Keys, where nothing is being typed.
const visit = (query = "") => {
  const href = rows[at]?.dataset.href;
  if (href) location.href = query ? href + (href.includes("?") ? "&" : "?") + query : href;
};
const KEYS = { j: () => go(at + 1), k: () => go(at - 1), Enter: () => visit() };
if (document.body.dataset.page === "queue") {
  KEYS.x = pickHere;
  KEYS.r = () => visit("returning=1");
  KEYS.a = approveHere;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && record?.classList.contains("returning")) return returning(false);
  if (typing(event.target)) return;
  if (rows.length) {
    const act = KEYS[event.key];
    if (!act || (event.key === "Enter" && event.target.closest("a, button"))) return;
    act();
    event.preventDefault();
  } else {
    const target = one(`[data-key="${CSS.escape(event.key)}"]`);
    if (target) { event.preventDefault(); target.click(); }
  }
});

// One masked value, shown for half a minute; the server writes down who looked.
const SHOWN_MS = 30_000;

async function reveal(button) {
  const { reveal: path, dot = "", document: id } = button.dataset;
  const field = button.parentElement.querySelector(`[data-masked="${CSS.escape(dot || path)}"]`);
  if (field.dataset.mask !== undefined) return hide(button, field);
  const body = new URLSearchParams({ path, dot, csrf: one("input[name=csrf]").value });
  const reply = await fetch(`/desk/documents/${encodeURIComponent(id)}/reveal`, { method: "POST", body });
  if (!reply.ok) return;
  field.dataset.mask = field.textContent;
  field.textContent = (await reply.json()).value;
  button.textContent = button.dataset.hide;
  setTimeout(() => hide(button, field), SHOWN_MS);
}

function hide(button, field) {
  if (field.dataset.mask === undefined) return;
  field.textContent = field.dataset.mask;
  delete field.dataset.mask;
  button.textContent = button.dataset.show;
}

for (const button of all("[data-reveal]")) button.addEventListener("click", () => reveal(button));
