/** One Node process that answers for the phone: JSON lines in, JSON lines out. Bundled by `test_parity.py`. */
import { readFileSync } from 'node:fs'
import { Calendar } from '../../forms/app/src/pure/calendar'
import { check, finalise, prefill } from '../../forms/app/src/pure/check'
import { deadlines, levelOf } from '../../forms/app/src/pure/deadlines'
import { type Ast, evaluate } from '../../forms/app/src/pure/expressions'
import { Filling } from '../../forms/app/src/pure/filling'
import { Form } from '../../forms/app/src/pure/form'
import type { Body, Json } from '../../forms/app/src/pure/json'
import { matches } from '../../forms/app/src/pure/patterns'
import { At } from '../../forms/app/src/pure/place'
import { Spot } from '../../forms/app/src/pure/spot'
import type { Value } from '../../forms/app/src/pure/values'
import { fold, readStep, type Table } from '../../forms/app/src/pure/workflow'

interface Input {
  forms: { [name: string]: Body }
  tables: { [name: string]: Table }
  context: Body
  cases: Case[]
}
type Case =
  | { kind: 'expression'; form: string; answers: Body; at: string; tree: Ast }
  | { kind: 'check'; form: string; answers: Body }
  | { kind: 'pattern'; pattern: string; text: string }
  | FoldCase

interface FoldCase {
  kind: 'fold'
  table: string
  steps: (Body & { id: string })[]
  author: string | null
  answers: Body
  begun_at: string
  calendar: { off: string[]; worked: string[] }
}

const input = JSON.parse(readFileSync(0, 'utf8')) as Input
const forms = new Map(Object.entries(input.forms).map(([name, form]) => [name, new Form(form)]))

function plain(value: Value): Json {
  if (Array.isArray(value)) return value.map(plain)
  return typeof value === 'number' && !Number.isFinite(value) ? { is: String(value) } : value
}

function folded(one: FoldCase): unknown {
  const table = input.tables[one.table]!
  const steps = one.steps.map(step => readStep(step.id, step))
  const state = fold(table, steps, one.author)
  const { off, worked } = one.calendar
  const due = deadlines(table, { answers: one.answers, begunAt: one.begun_at, state, steps }, Calendar.of(off, worked))
  const named = due.map(({ timer, dueAt, act }) => ({ timer, due_at: dueAt, act }))
  return { ...state, level: levelOf(table, one.answers, state), deadlines: named }
}

function run(one: Case): unknown {
  if (one.kind === 'pattern') return matches(one.pattern, one.text)
  if (one.kind === 'fold') return folded(one)
  const form = forms.get(one.form)!
  const filling = new Filling(form, one.answers, input.context)
  if (one.kind === 'expression') {
    return plain(evaluate(one.tree, new At(filling, new Spot(form.nodes.get(one.at)!)), undefined))
  }
  return {
    findings: check(filling),
    finalised: finalise(filling),
    prefilled: prefill(filling).answers,
  }
}

process.stdout.write(JSON.stringify(input.cases.map(run)))
