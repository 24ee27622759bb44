// What a phone without a right hears, whatever it tries. {url, token?}
import { finish, given, local, remote, replicated } from "./pouch.mjs";

const heard = [];
const there = remote(given.url, given.token, (status, url) => {
  if (url.includes("/grid-")) heard.push(status); // the welcome at the root is for everybody
});
const phone = local("phone");
await phone.put({ _id: "record:x", v: 1 });
const attempts = [
  () => there.info(),
  () => there.get("record:x"),
  () => there.put({ _id: "record:x" }),
  () => there.allDocs(),
  () => there.bulkDocs([{ _id: "record:x" }]),
  () => there.bulkGet({ docs: [{ id: "record:x" }] }),
  () => there.changes({ limit: 1 }),
  () => replicated(phone, there),
  () => replicated(there, phone),
];
for (const attempt of attempts) await attempt().catch(() => {});
finish({ attempts: attempts.length, heard });
