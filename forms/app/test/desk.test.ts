import { readFileSync } from 'node:fs'
import { computed, type EffectScope, effectScope, getCurrentScope, watch, watchEffect } from 'vue'
import { describe, expect, it } from 'vitest'
import { startRecord } from '../src/app/starting'
import { kept } from '../src/pure/cells'
import { Filling } from '../src/pure/filling'
import type { Node } from '../src/pure/form'
import type { Body } from '../src/pure/json'
import { around, type Bound, type Spot } from '../src/pure/spot'
import { type Desk, openDesk } from '../src/ui/fill/filling'
import { observe } from '../src/ui/phone'
import { answer, Chance, edited, randomForm } from './forms'
import { GRID, wholePhone } from './whole'

const FORMS = (JSON.parse(readFileSync(new URL('../../vectors/compiled.json', import.meta.url), 'utf8')) as { forms: { [name: string]: Body } }).forms

async function opened(published: Body): Promise<Desk> {
  const { phone } = await wholePhone()
  phone.forms.note('form:tried:1', { ...published, form: 'tried', kind: 'record', version: 1 })
  const draft = await startRecord(phone, 'tried', GRID, null)
  return (await openDesk(await observe(phone), draft.key, 'zh-CN'))!
}

/** What a box shows of its question. */
function shown(filling: Filling, spot: Spot): string {
  return JSON.stringify([filling.label(spot), filling.required(spot), filling.answer(spot), filling.offered(spot).map(item => item.name!), filling.called(spot)])
}

/** A screen without pixels: it observes the desk as `Level`, `RepeatBox` and `QuestionBox` do. */
class Screen {
  readonly boxes = new Map<string, string>()
  /** The boxes that were drawn since somebody looked. */
  drawn: string[] = []

  constructor(private readonly desk: Desk) {
    this.level(desk.form.children.get('')!, new Map())
  }

  private level(nodes: readonly Node[], rows: Bound): void {
    const all = nodes.flatMap(node => this.desk.filling().spots(node, rows))
    const asked = computed<readonly Spot[]>(before => kept(before, all.filter(spot => this.desk.at(spot).relevant(spot))))
    this.each(() => asked.value, spot => {
      if (spot.node.isRepeat) this.repeat(spot)
      else if (spot.node.question.type === 'group') this.level(this.desk.form.children.get(spot.node.path)!, rows)
      else this.box(spot)
    })
  }

  private repeat(spot: Spot): void {
    const { path } = spot.node
    const rows = computed(() => this.desk.at(spot).rows(path, spot.rows))
    this.each(() => rows.value, row => this.level(this.desk.form.children.get(path)!, new Map([...around(spot), [path, row]])))
  }

  private box(spot: Spot): void {
    watchEffect(stop => {
      this.boxes.set(spot.path, shown(this.desk.at(spot), spot))
      if (!spot.node.isCalculated) this.drawn.push(spot.path)
      stop(() => this.boxes.delete(spot.path))
    }, { flush: 'sync' })
  }

  /** Draw each item of a list for as long as it is there. */
  private each<T>(list: () => readonly T[], draw: (item: T) => void): void {
    const scopes = new Map<T, EffectScope>()
    const outer = getCurrentScope() ?? effectScope()
    watch(list, items => {
      for (const [item, scope] of scopes) if (!items.includes(item)) scope.stop(), scopes.delete(item)
      for (const item of items) {
        if (scopes.has(item)) continue
        const scope = outer.run(() => effectScope())!
        scopes.set(item, scope)
        scope.run(() => draw(item))
      }
    }, { immediate: true, flush: 'sync' })
  }
}

/** What a desk holds, in a filling that comes after no other. */
function fresh(desk: Desk): Filling {
  const { form, answers, settings } = desk.filling()
  return new Filling(form, answers, settings)
}

/** The boxes that a screen opened now would show. */
function expected(desk: Desk): Map<string, string> {
  const filling = fresh(desk)
  const questions = [...desk.form.nodes.values()].filter(node => !node.isRepeat && node.question.type !== 'group')
  const spots = questions.flatMap(node => filling.spots(node)).filter(spot => filling.relevant(spot))
  return new Map(spots.map(spot => [spot.path, shown(filling, spot)]))
}

const sorted = (boxes: ReadonlyMap<string, string>): [string, string][] => [...boxes].sort(([one], [other]) => (one < other ? -1 : 1))

/** Edit a form in every way; gives how many boxes were drawn again. */
async function drawnWhileEdited(published: Body, chance: Chance, edits: number): Promise<number> {
  const desk = await opened(published)
  const screen = new Screen(desk)
  let count = 0
  for (let edit = 0; edit < edits; edit++) {
    const before = new Map(screen.boxes)
    screen.drawn = []
    const spot = chance.pick([...desk.form.nodes.values()].flatMap(node => desk.filling().spots(node)))
    if (chance.is(0.7)) desk.answer(spot.path, answer(chance, desk.form, spot.node))
    else desk.change(() => edited(chance, fresh(desk)))
    expect(sorted(screen.boxes)).toEqual(sorted(expected(desk)))
    const again = screen.drawn.filter(path => before.has(path) && screen.boxes.has(path))
    for (const path of again) expect([path, screen.boxes.get(path)]).not.toEqual([path, before.get(path)])
    count += again.length
  }
  return count
}

describe('an answer on the screen', () => {
  it.each(['visit', 'household', 'person', 'appeal', 'counted', 'logic', 'set_off', 'types', 'family'])('draws again what changes in %s, and that only', async name => {
    expect(await drawnWhileEdited(FORMS[name]!, new Chance(name.length), 50)).toBeGreaterThan(5)
  })

  it('does so in forms nobody would write', async () => {
    const chance = new Chance(20261126)
    let count = 0
    for (let form = 0; form < 25; form++) count += await drawnWhileEdited(randomForm(chance), chance, 25)
    expect(count).toBeGreaterThan(200)
  })
})
