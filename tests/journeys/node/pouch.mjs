// Stock PouchDB 9 with nothing of ours: the memory adapter, the http adapter, replication.
import http from "pouchdb-adapter-http";
import memory from "pouchdb-adapter-memory";
import PouchDB from "pouchdb-core";
import replication from "pouchdb-replication";

PouchDB.plugin(memory).plugin(http).plugin(replication);

export const given = JSON.parse(process.argv[2]);

export function local(name) {
  return new PouchDB(name, { adapter: "memory" });
}

// `heard` is called with the status of every reply and whose it is.
// Without `skip_setup` PouchDB makes the database if it is not there.
export function remote(url, token, heard = () => {}, skip_setup = true) {
  return new PouchDB(url, {
    skip_setup,
    fetch: async (target, options) => {
      if (token) options.headers.set("Authorization", `Bearer ${token}`);
      const reply = await PouchDB.fetch(target, options);
      heard(reply.status, target);
      return reply;
    },
  });
}

// One replication to its end, with what it emitted on the way.
export function replicated(source, target, options = {}) {
  const denied = [];
  return new Promise((resolve, reject) => {
    const run = source.replicate.to(target, options);
    run.on("denied", ({ id, error, reason }) => denied.push({ id, error, reason }));
    run.on("complete", (info) => resolve({ ...info, denied }));
    run.on("error", reject);
  });
}

export function finish(result) {
  console.log(JSON.stringify(result));
  process.exit(0);
}
