import { context, difference, edit } from './causal'
import type { Body, Json } from './json'
import { add, read, seen, write } from './registers'

/** `current` edited by somebody who was looking at `base`, an earlier state of it.
 *
 * `answers` are the whole answers he leaves; only what differs from `base` is an edit. What arrived in between in an
 * answer he changed was not seen by him: it stays beside his own value, as a question for a person.
 * Gives null when he changed nothing.
 */
export function editOf(current: Body, base: Body, answers: Json, device: string, at: string, by: string): Body | null {
  const changes = difference(base.answers, answers)
  if (changes.size === 0) return null
  const before = read(current)
  const after = read(edit(current, device, changes, at, by))
  const known = context(base)
  for (const path of changes.keys()) {
    for (const pair of before.registers.get(path) ?? []) {
      const [dot] = pair
      if (seen(known, dot)) continue
      add(after.registers.get(path) ?? [], pair)
      const claimed = before.claims.get(dot)
      if (claimed !== undefined) after.claims.set(dot, claimed)
    }
  }
  return write(after)
}
