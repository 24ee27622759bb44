import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { Calendar } from './calendar'
import { check, finalise, prefill } from './check'
import { deadlines, levelOf } from './deadlines'
import { type DueRule, nextDue } from './due'
import { type Ast, evaluate } from './expressions'
import { Filling } from './filling'
import { Form } from './form'
import type { Body, Json } from './json'
import { migrate } from './migration'
import { At } from './place'
import { Spot } from './spot'
import { setOff } from './triggers'
import type { Value } from './values'
import { allowed, fold, type Move, readStep, type Step, type Table } from './workflow'

/** The vectors that `tests/forms/test_vectors.py` runs too; `compiled.json` holds what only Python makes of them. */
function read<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(`../../../vectors/${file}.json`, import.meta.url), 'utf8')) as T
}

interface Cases<C> {
  cases: C[]
  context: Body
}
interface Compiled {
  counts: { [file: string]: number }
  kit: Body
  trees: { [at: string]: { [source: string]: Ast } }
  forms: { [name: string]: Body }
  workflows: { [name: string]: Table }
  successions: { [name: string]: Body[] }
}
interface ExpressionCase {
  about: string
  expr: string
  expect: Json
  given?: string | Body
  at?: string
  rows?: string[]
  context?: Body
}
interface CheckCase {
  name: string
  form: string
  answers: Body
  context?: Body
  findings?: [string, string][]
  messages?: Body
  finalised?: Body
  prefilled?: Body
  offered?: { [path: string]: string[] }
  /** By the path of an answer what the texts of its question read. */
  worded?: { [path: string]: { [key: string]: Body } }
  /** By the path of an answer what its choices are called. */
  labels?: { [path: string]: Body }
  changed?: string
  set_off?: Body
}
interface WorkflowCase {
  name: string
  table: string
  steps: (Body & { id: string })[]
  author: string | null
  state: string
  last: string | null
  effective?: string[]
  superseded: Body
  competing?: string[]
  said?: Body
  level?: number
  answers: Body
  allowed?: { state: string; moves: Move[]; said: Body; name: string; roles: string[]; author: boolean; offline: boolean }
  acts: string[]
  life?: { answers: Body; begun_at: string; calendar: { off?: string[]; worked?: string[] } }
  deadlines: { timer: string; due_at: string | null; act: string | null }[]
}
interface DueCase {
  name: string
  rule?: Partial<DueRule>
  answers: Body
  records: Body[]
  today: string
  on: string
  why: string
  late_days: number
  last_at: string | null
}

interface MigrationCase {
  name: string
  form: string
  answers: Body
  since: number
  until: number
  expect: Body
}

const made = read<Compiled>('compiled')
const ran: { [file: string]: number } = { expressions: 0, check: 0, workflow: 0, due: 0, migration: 0 }

function plain(value: Value): Json {
  if (Array.isArray(value)) return value.length < 2 ? plain(value[0] ?? '') : value.map(plain)
  return typeof value === 'number' && !Number.isFinite(value) ? { is: String(value) } : value
}

describe('expressions', () => {
  const file = read<Cases<ExpressionCase> & { answers: { [name: string]: Body } }>('expressions')
  const kit = new Form(made.kit)
  it.each(file.cases.map((one, index) => [`${index}: ${one.about} ${one.expr}`, one] as const))('%s', (_, one) => {
    ran.expressions! += 1
    const answers = typeof one.given === 'string' ? file.answers[one.given]! : (one.given ?? {})
    const filling = new Filling(kit, answers, { ...file.context, ...one.context })
    const at = one.at ?? 'z'
    const place = new At(filling, new Spot(kit.nodes.get(at)!, one.rows ?? []))
    expect(plain(evaluate(made.trees[at]![one.expr]!, place))).toEqual(one.expect)
  })
})

function spotOf(filling: Filling, path: string): Spot {
  const spot = filling.at(path)!
  expect(spot.path).toBe(path)
  return spot
}

describe('check', () => {
  const file = read<Cases<CheckCase>>('check')
  it.each(file.cases.map((one, index) => [`${index}: ${one.form} ${one.name}`, one] as const))('%s', (_, one) => {
    ran.check! += 1
    const form = new Form(made.forms[one.form]!)
    const context = { ...file.context, ...one.context }
    const before = JSON.stringify(one.answers)
    const filling = new Filling(form, one.answers, context)
    if (one.findings) {
      const found = check(filling)
      expect(found.map(({ path, code }) => [path, code])).toEqual(one.findings)
      for (const [path, text] of Object.entries(one.messages ?? {}))
        expect(found.find(finding => finding.path === path)!.message).toEqual(text)
    }
    if (one.finalised) expect(finalise(filling)).toEqual(one.finalised)
    if (one.prefilled) expect(prefill(filling).answers).toEqual(one.prefilled)
    if (one.changed) expect(setOff(filling, one.changed).answers).toEqual(one.set_off)
    if (one.offered)
      for (const [path, names] of Object.entries(one.offered))
        expect(filling.offered(spotOf(filling, path)).map(item => item.name)).toEqual(names)
    for (const [path, texts] of Object.entries(one.worded ?? {}))
      for (const [key, text] of Object.entries(texts)) {
        const spot = spotOf(filling, path)
        expect(filling.worded(spot.node.question[key] as Body, spot)).toEqual(text)
        expect(key === 'label' ? filling.label(spot) : filling.hint(spot)).toBe(text['zh-CN'])
      }
    for (const [path, labels] of Object.entries(one.labels ?? {})) {
      const spot = spotOf(filling, path)
      const called = filling.offered(spot).map(item => [item.name, filling.worded(item.label as Body, spot)])
      expect(Object.fromEntries(called)).toEqual(labels)
      expect(filling.called(spot)).toEqual(Object.values(labels).map(text => (text as Body)['zh-CN']))
    }
    expect(JSON.stringify(one.answers)).toBe(before)
  })
})

describe('workflow', () => {
  const file = read<Cases<WorkflowCase> & { tables: { [name: string]: Table } }>('workflow')
  const tables = { ...made.workflows, ...file.tables }
  it.each(file.cases.map((one, index) => [`${index}: ${one.table} ${one.name}`, one] as const))('%s', (_, one) => {
    ran.workflow! += 1
    const table = tables[one.table]!
    if (one.allowed) {
      const { name, roles, author: isAuthor, offline, ...found } = one.allowed
      expect(allowed(table, found, { name, roles, isAuthor }, offline).map(act => act.act)).toEqual(one.acts)
      return
    }
    const steps: Step[] = one.steps.map(step => readStep(step.id, step))
    const found = fold(table, steps, one.author)
    if (one.life) {
      const { answers, begun_at: begunAt, calendar } = one.life
      const due = deadlines(table, { answers, begunAt, state: found, steps }, Calendar.of(calendar.off, calendar.worked))
      expect(due.map(({ timer, dueAt, act }) => ({ timer, due_at: dueAt, act }))).toEqual(one.deadlines)
      return
    }
    const { state, last, effective, superseded, competing = [], said = found.said } = one
    expect(found).toEqual({ state, last, moves: found.moves, said, effective, superseded, competing })
    if (one.level !== undefined) expect(levelOf(table, one.answers, found)).toBe(one.level)
  })
})

describe('due', () => {
  const file = read<Cases<DueCase> & { rule: DueRule }>('due')
  it.each(file.cases.map((one, index) => [`${index}: ${one.name}`, one] as const))('%s', (_, one) => {
    ran.due! += 1
    const found = nextDue({ ...file.rule, ...one.rule }, one.answers, one.records, one.today)
    expect(found).toEqual({ on: one.on, why: one.why, lateDays: one.late_days, lastAt: one.last_at })
  })
})

describe('migration', () => {
  const file = read<Cases<MigrationCase>>('migration')
  it.each(file.cases.map((one, index) => [`${index}: ${one.form} ${one.name}`, one] as const))('%s', (_, one) => {
    ran.migration! += 1
    const versions = new Map(made.successions[one.form]!.map(form => [form.version as number, new Form(form)]))
    const before = JSON.stringify(one.answers)
    expect(migrate(versions, one.answers, one.since, one.until, file.context)).toEqual(one.expect)
    expect(JSON.stringify(one.answers)).toBe(before)
  })
})

afterAll(() => {
  console.log(`vectors: ${JSON.stringify(ran)}, ${Object.values(ran).reduce((sum, count) => sum + count)} cases`)
  expect(ran).toEqual(made.counts)
})
