/** The functions of the expression language that take or give several values, or fall by chance. */
import { chanceLetters, chanceUuid, shuffled } from './chance'
import { type Atom, numberOf, numberText, textOf, truthOf, type Value, words } from './values'

const MAX_ITEMS = 10_000
/** The longest text, in code points, that a function puts together: doubling again and again stops there. */
const MAX_LENGTH = 32_768

/** All the atoms of some values, in order; a boolean counts as its text. */
export function atoms(values: Value[]): Atom[] {
  return values.flatMap(value => (Array.isArray(value) ? value : [typeof value === 'boolean' ? textOf(value) : value]))
}

/** All the atoms as texts. */
export function pieces(values: Value[]): string[] {
  return atoms(values).map(flat)
}

export function selected(listed: string, wanted: string): boolean {
  const found = words(listed)
  return (found.length > 0 ? found : ['']).includes(wanted.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ''))
}

export function at(items: Atom[], index: number): Atom {
  return index >= 0 && index < MAX_ITEMS ? (items[Math.trunc(index)] ?? '') : ''
}

export function checked(values: Value[], weights: boolean): boolean {
  const [least, most] = [numberOf(values[0]!), numberOf(values[1]!)]
  let score = 0
  for (let index = 2; index + (weights ? 1 : 0) < values.length; index += weights ? 2 : 1)
    if (truthOf(values[index]!)) score += weights ? numberOf(values[index + 1]!) : 1
  return (least < 0 || score >= least) && (most < 0 || score <= most)
}

export function join(mark: string, values: Value[]): string {
  return cut(pieces(values).join(mark))
}

/** de-duplicate(list), or SurveyCTO's de-duplicate(mark, list). */
export function distinct(values: Value[]): string {
  if (values.length === 1) return [...new Set(itemsOf(values[0]!))].join(' ')
  const mark = textOf(values[0]!)
  return [...new Set(split(textOf(values[1]!), mark))].filter(part => part !== '').join(mark)
}

/** item-at(list, index), or SurveyCTO's item-at(mark, list, index); both count from 0. */
export function itemAt(values: Value[]): Atom {
  const listed = values.length > 2 ? split(textOf(values[1]!), textOf(values[0]!)) : atoms(values.slice(0, 1))
  return at(listed, numberOf(values[values.length - 1]!))
}

/** uuid(), or ODK's uuid(n): n letters and digits. */
export function uuid(seed: string, values: Value[]): string {
  if (values.length === 0) return chanceUuid(seed)
  const count = numberOf(values[0]!)
  return chanceLetters(seed, count >= 0 && count <= MAX_ITEMS ? Math.trunc(count) : 0)
}

/** The codes or answers in an order of chance; the same number as seed gives the same order as in ODK. */
export function randomize(seed: string, [list, given]: Value[]): string {
  const number = given === undefined ? NaN : numberOf(given)
  const chosen = given === undefined ? seed : Number.isNaN(number) ? textOf(given) : number
  return cut(shuffled(itemsOf(list!), chosen).join(' '))
}

function flat(item: Atom): string {
  return typeof item === 'number' ? numberText(item) : item
}

/** The codes of a select_multiple, or the answers in several rows. */
function itemsOf(value: Value): string[] {
  if (Array.isArray(value) && value.length !== 1) return value.map(flat).filter(item => item !== '')
  return words(textOf(value))
}

function split(text: string, mark: string): string[] {
  return mark === '' ? [text] : text.split(mark)
}

function cut(text: string): string {
  return text.length > MAX_LENGTH ? Array.from(text).slice(0, MAX_LENGTH).join('') : text
}
