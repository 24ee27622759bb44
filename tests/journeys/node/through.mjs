// A whole database through a phone into another one, twice, then once more after an edit. {from, to, token, edit: id}
import { finish, given, local, remote, replicated } from "./pouch.mjs";

const [from, to] = [given.from, given.to].map((url) => remote(url, given.token));
const phone = local("phone");
const pass = async () => {
  const [pulled, pushed] = [await replicated(from, phone), await replicated(phone, to)];
  return { pulled: pulled.docs_written, pushed: pushed.docs_written, denied: pushed.denied };
};
const [first, second] = [await pass(), await pass()];
await from.put({ ...(await from.get(given.edit)), edited: true });
finish({ first, second, third: await pass() });
