// Pull a database that may only be read, twice: the second time goes on where the first one ended. {url, token}
import { finish, given, local, remote, replicated } from "./pouch.mjs";

const [there, here] = [remote(given.url, given.token), local("here")];
const first = await replicated(there, here);
const second = await replicated(there, here);
finish({ first: first.docs_read, second: second.docs_read, failures: first.doc_write_failures });
