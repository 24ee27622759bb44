/** What expressions see at one spot of a filling. */
import type { Place } from './expressions'
import type { Filling } from './filling'
import { type Body, isObject, type Json } from './json'
import { inLanguage } from './messages'
import { around, type Bound, type Spot } from './spot'
import { type Atom, atom } from './values'

/** The place of one spot of a filling, for the evaluator. */
export class At implements Place {
  private readonly bound: Bound

  constructor(
    private readonly filling: Filling,
    private readonly spot: Spot,
    private readonly more: readonly (readonly [string, string])[] = [],
  ) {
    this.bound = more.length === 0 ? around(spot) : new Map([...around(spot), ...more])
  }

  read(path: string): Atom[] {
    const node = this.filling.form.nodes.get(path)!
    return this.filling.spots(node, this.bound).flatMap((spot): Atom[] => {
      if (!node.isRepeat) return [atom(this.filling.value(spot))]
      return this.filling.relevant(spot) ? [...this.filling.rows(path, spot.rows)] : []
    })
  }

  stored(path: string): Atom[] {
    const spots = this.filling.spots(this.filling.form.nodes.get(path)!, this.bound)
    return spots.map(spot => atom(this.filling.answer(spot)))
  }

  own(): Atom[] {
    return [atom(this.filling.current(this.spot))]
  }

  /** The same spot, seen from each row of a repeat. */
  inRowsOf(repeat: string): At[] {
    const outer = this.filling.form.nodes.get(repeat)!.repeats.map(around => this.bound.get(around)!)
    return this.filling.rows(repeat, outer).map(row => new At(this.filling, this.spot, [...this.more, [repeat, row]]))
  }

  row(repeat: string, index: number): At | null {
    const { repeats } = this.filling.form.nodes.get(repeat)!
    const outer = repeats.flatMap(around => this.bound.get(around) ?? [])
    if (outer.length !== repeats.length) return null
    const row = this.filling.rows(repeat, outer)[index - 1]
    return row === undefined ? null : new At(this.filling, this.spot, [...this.more, [repeat, row]])
  }

  position(repeat: string): number {
    const row = this.bound.get(repeat)
    if (row === undefined) return 0
    const outer = this.filling.form.nodes.get(repeat)!.repeats.map(around => this.bound.get(around)!)
    return this.filling.rows(repeat, outer).indexOf(row) + 1
  }

  choices(name: string): Body[] {
    return this.filling.form.choices(name)
  }

  choiceText(path: string, name: string): string {
    const list = (this.filling.form.nodes.get(path)!.question.choices ?? '') as string
    const label = this.filling.form.choices(list).find(item => item.name === name)?.label
    return (isObject(label) && inLanguage(this.filling.worded(label, this.spot), this.context('locale'))) || name
  }

  outside(kind: string, path: string): Json | undefined {
    return this.filling.setting(`${kind}.${path}`)
  }

  context(name: string): string {
    const found = this.filling.setting(name)
    return typeof found === 'string' ? found : ''
  }

  seed(): string {
    return `${this.context('seed')}\n${this.spot.path}`
  }
}
