/** One Node process that answers for the phone: JSON lines in, JSON lines out. Bundled by `test_parity.py`. */
import { readFileSync } from 'node:fs'
import { check, finalise, prefill } from '../../forms/app/src/pure/check'
import { type Ast, evaluate } from '../../forms/app/src/pure/expressions'
import { At, Filling, Spot } from '../../forms/app/src/pure/filling'
import { Form } from '../../forms/app/src/pure/form'
import type { Body, Json } from '../../forms/app/src/pure/json'
import { matches } from '../../forms/app/src/pure/patterns'
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
  | { kind: 'fold'; table: string; steps: (Body & { id: string })[]; author: string | null }

const input = JSON.parse(readFileSync(0, 'utf8')) as Input
const forms = new Map(Object.entries(input.forms).map(([name, form]) => [name, new Form(form)]))

function plain(value: Value): Json {
  if (Array.isArray(value)) return value.map(plain)
  return typeof value === 'number' && !Number.isFinite(value) ? { is: String(value) } : value
}

function run(one: Case): unknown {
  if (one.kind === 'pattern') return matches(one.pattern, one.text)
  if (one.kind === 'fold') return fold(input.tables[one.table]!, one.steps.map(step => readStep(step.id, step)), one.author)
  const form = forms.get(one.form)!
  if (one.kind === 'expression') {
    const filling = new Filling(form, one.answers, input.context)
    return plain(evaluate(one.tree, new At(filling, new Spot(form.nodes.get(one.at)!)), undefined))
  }
  return {
    findings: check(form, one.answers, input.context),
    finalised: finalise(form, one.answers, input.context),
    prefilled: prefill(form, one.answers, input.context),
  }
}

process.stdout.write(JSON.stringify(input.cases.map(run)))
