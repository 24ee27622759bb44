/** What a page measures of the phone's evaluator: bundled and called by `filling.py`. */
import { withAnswer } from '../../forms/app/src/pure/answers'
import { Filling } from '../../forms/app/src/pure/filling'
import { Form } from '../../forms/app/src/pure/form'
import type { Body, Json } from '../../forms/app/src/pure/json'
import type { Spot } from '../../forms/app/src/pure/spot'

interface Taken {
  parseMs: number
  formMs: number
  firstMs: number
  /** Of each keystroke: a filling after the last one, and a fresh one. */
  afterMs: number[]
  freshMs: number[]
}

const CONTEXT: Body = { now: '2026-11-25T02:00:00Z', today: '2026-11-25', locale: 'zh-CN', seed: 'record:1', subject: null }

/** Open a form and fill it: so many keystrokes, spread over the questions that are asked. */
function measure(text: string, keystrokes: number): Taken {
  const [published, parseMs] = timed(() => JSON.parse(text) as Body)
  const [form, formMs] = timed(() => new Form(published))
  let [filling, firstMs] = timed(() => drawn(new Filling(form, {}, CONTEXT)))
  const taken: Taken = { parseMs, formMs, firstMs, afterMs: [], freshMs: [] }
  for (let n = 0; n < keystrokes; n++) {
    const spots = answerable(filling)
    const spot = spots[(n * 37) % spots.length]!
    const answers = withAnswer(filling.answers, spot.path, answer(form, spot, n))
    const settings = { ...CONTEXT, now: `2026-11-25T02:${String(Math.floor(n / 60) % 60).padStart(2, '0')}:${String(n % 60).padStart(2, '0')}Z` }
    const before = filling
    const [after, afterMs] = timed(() => drawn(before.after(answers, settings)))
    const [fresh, freshMs] = timed(() => drawn(new Filling(form, answers, settings)))
    if (answerable(after).length !== answerable(fresh).length) throw new Error('not the same')
    taken.afterMs.push(afterMs)
    taken.freshMs.push(freshMs)
    filling = after
  }
  return taken
}

function timed<T>(work: () => T): [T, number] {
  const begun = performance.now()
  const found = work()
  return [found, performance.now() - begun]
}

function asked(filling: Filling): Spot[] {
  return [...filling.form.nodes.values()].flatMap(node => filling.spots(node)).filter(spot => filling.relevant(spot))
}

/** What a screen asks of every question that it shows. */
function drawn(filling: Filling): Filling {
  for (const spot of asked(filling)) {
    filling.answer(spot)
    filling.required(spot)
    if ('choices' in spot.node.question) filling.offered(spot)
  }
  return filling
}

const SILENT = new Set(['group', 'repeat', 'calculate', 'note', 'start', 'end', 'today'])

function answerable(filling: Filling): Spot[] {
  return asked(filling).filter(spot => !SILENT.has(spot.node.question.type as string))
}

/** An answer that lets most of a form be asked: the first choice, grown people. */
function answer(form: Form, spot: Spot, n: number): Json {
  const { type, choices } = spot.node.question
  const codes = form.choices((choices ?? '') as string).map(item => item.name as string)
  if (type === 'select_one') return codes[n % 7 === 0 ? n % codes.length : 0]!
  if (type === 'select_multiple' || type === 'rank') return [codes[n % codes.length]!]
  if (type === 'integer' || type === 'decimal') return 30 + (n % 50)
  return type === 'date' ? '1990-05-01' : `第${n}次`
}

Object.assign(globalThis, { measure })
