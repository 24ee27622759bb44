// Conflicts and deletions travel both ways. {url, token}
import { finish, given, local, remote, replicated } from "./pouch.mjs";

const there = remote(given.url, given.token);
const [here, other] = [local("here"), local("other")];
const path = (id, ids, body = {}) => ({
  _id: id, _rev: `${ids.length}-${ids[0]}`, _revisions: { start: ids.length, ids }, ...body,
});
const hex = (letter) => letter.repeat(32);

await here.bulkDocs([
  path("both", [hex("b"), hex("a")], { v: "b" }),
  path("gone", [hex("d"), hex("a")], { _deleted: true }),
  path("网格/一 %2F", [hex("a")], { v: "名字" }),
], { new_edits: false });
await other.bulkDocs([
  path("both", [hex("c"), hex("a")], { v: "c" }),
  path("gone", [hex("a")], { v: 1 }),
], { new_edits: false });
for (const phone of [other, here, other]) {
  await replicated(phone, there);
  await replicated(there, phone);
}

const show = async (db) => ({
  both: await db.get("both", { conflicts: true }),
  gone: await db.get("gone").then(() => "here", (error) => error.reason),
  named: await db.get("网格/一 %2F"),
  leaves: (await db.get("both", { open_revs: "all" })).length,
});
const before = { here: await show(here), other: await show(other), there: await show(there) };
const winner = before.here.both;
await here.remove("both", winner._conflicts[0]);
await replicated(here, there);
await replicated(there, other);
finish({ before, after: await other.get("both", { conflicts: true }) });
