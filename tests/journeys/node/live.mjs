// Two phones in live sync: what one writes, the other sees. {url, token, first, second: documents}
import { finish, given, local, remote } from "./pouch.mjs";

const here = local("here");
const there = local("there");
const live = { live: true, retry: true, heartbeat: 1000 };
const syncs = [here, there].map((phone) => phone.sync(remote(given.url, given.token), live));

function seen(phone, id) {
  return new Promise((resolve) => {
    const feed = phone.changes({ live: true, since: 0 }).on("change", (change) => {
      if (change.id === id) feed.cancel(), resolve(change.changes[0].rev);
    });
  });
}

await here.bulkDocs([given.first], { new_edits: false });
const firstThere = await seen(there, given.first._id);
await there.bulkDocs([given.second], { new_edits: false });
const secondHere = await seen(here, given.second._id);
syncs.forEach((sync) => sync.cancel());
finish({ firstThere, secondHere });
