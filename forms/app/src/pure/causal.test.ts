import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as causal from './causal'
import type { Json } from './json'
import { canonical } from './registers'
import { nextRev } from './revision'

interface Case {
  readonly name: string
  readonly call: string
  readonly arguments: never[]
  readonly expected: Json
}

function vectors<T>(file: string): T[] {
  return JSON.parse(readFileSync(new URL(`../../../vectors/${file}`, import.meta.url), 'utf8')) as T[]
}

function plain(value: unknown): Json {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, inner]) => [key, plain(inner)]))
  if (Array.isArray(value)) return value.map(plain)
  return value as Json
}

const verbs: { [call: string]: (...args: never[]) => unknown } = {
  flatten: causal.flatten,
  unflatten: (paths: { [path: string]: Json }) => causal.unflatten(new Map(Object.entries(paths))),
  difference: causal.difference,
  create: causal.create,
  edit: causal.edit,
  join: causal.join,
  join_all: causal.joinAll,
  open_questions: causal.openQuestions,
  view: causal.view,
  covers: causal.covers,
  context: causal.context,
}

describe('the vectors that sync/causal.py keeps to', () => {
  it.each(vectors<Case>('join.json').map(vector => [vector.name, vector] as const))('%s', (_name, vector) => {
    const result = verbs[vector.call]!(...vector.arguments)
    expect(canonical(plain(result))).toBe(canonical(vector.expected))
  })
})

describe('the revision ids that sync/revisions.py gives', () => {
  interface Revision {
    readonly parent: string | null
    readonly deleted: boolean
    readonly body: { [key: string]: Json }
    readonly rev: string
  }
  it.each(vectors<Revision>('revisions.json'))('$rev', ({ parent, deleted, body, rev }) => {
    expect(nextRev(parent, body, deleted)).toBe(rev)
  })
})
