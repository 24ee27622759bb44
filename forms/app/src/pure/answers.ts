/// Answers as they are typed: one set at a path, rows added and removed. Nothing is changed in place.
import { type Body, isObject, type Json } from './json'
import { isRow } from './paths'

/** The answer at a path (`members.01J….relation`), null where there is none. */
export function answerAt(answers: Body, path: string): Json {
  let held: Json | undefined = answers
  for (const segment of path.split('.')) {
    if (Array.isArray(held)) held = held.find(row => isObject(row) && row.row === segment)
    else held = isObject(held) ? held[segment] : undefined
  }
  return held ?? null
}

/** The answers with another value at a path; groups and rows on the way are made. Null says unanswered. */
export function withAnswer(answers: Body, path: string, value: Json): Body {
  return set(answers, path.split('.'), value) as Body
}

function set(held: Json | undefined, [segment, ...rest]: string[], value: Json): Json {
  if (segment === undefined) return value
  if (!isRow(segment)) {
    const group = isObject(held) ? held : {}
    return { ...group, [segment]: set(group[segment], rest, value) }
  }
  const rows = Array.isArray(held) ? held : []
  const known = rows.some(row => isObject(row) && row.row === segment)
  const all = known ? rows : [...rows, { row: segment }]
  return all.map(row => (isObject(row) && row.row === segment ? set(row, rest, value) : row))
}

/** The answers with a row more in the repeat at `path`. */
export function withRow(answers: Body, path: string, row: Body): Body {
  const rows = answerAt(answers, path)
  return withAnswer(answers, path, [...(Array.isArray(rows) ? rows : []), row])
}

/** The answers without a row: one that others may have seen is marked removed, a new one goes. */
export function withoutRow(answers: Body, path: string, row: string, isNew: boolean): Body {
  if (!isNew) return withAnswer(answers, `${path}.${row}.removed`, true)
  const rows = answerAt(answers, path)
  return withAnswer(answers, path, (Array.isArray(rows) ? rows : []).filter(one => !isObject(one) || one.row !== row))
}

/** The addresses (SHA-256) of the files that answers name, removed rows left out. */
export function filesIn(answers: Json): string[] {
  if (Array.isArray(answers)) return answers.flatMap(filesIn)
  if (!isObject(answers) || answers.removed === true) return []
  const own = typeof answers.sha256 === 'string' && typeof answers.row === 'string' ? [answers.sha256] : []
  return [...own, ...Object.values(answers).flatMap(filesIn)]
}
