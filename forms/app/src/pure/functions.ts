/** The functions of the expression language; the twin of `forms/functions.py`, which says what each gives. */
import { chanceNumber } from './chance'
import { addDate, ageInYears, asDate, asDateTime, asFormatted, clock, monthsApart, secondsBetween } from './datefunctions'
import { areaM2, distanceM } from './geometry'
import { creditCodeValid, hasPersonalNumber, idCardBirth, idCardSex, idCardValid, phoneValid } from './identifiers'
import { at, atoms, checked, distinct, itemAt, join, pieces, randomize, selected, uuid } from './listfunctions'
import { matches } from './patterns'
import { numberOf, textOf, truthOf, type Value, words } from './values'

/** What a function may ask of its place. */
export interface Around {
  context(name: string): string
  seed(): string
}

type Apply = (place: Around, values: Value[]) => Value

const MANY = 10_000

function ofText(apply: (...texts: string[]) => Value): Apply {
  return (_, values) => apply(...values.map(textOf))
}

function ofNumber(apply: (...numbers: number[]) => number): Apply {
  return (_, values) => apply(...values.map(numberOf))
}

function numbers(values: Value[]): number[] {
  return atoms(values).filter(item => item !== '').map(numberOf)
}

function substr(text: string, start: number, end = Infinity): string {
  if (Number.isNaN(start) || Number.isNaN(end)) return ''
  const characters = Array.from(text)
  const place = (number: number): number => {
    const whole = Math.max(-MANY * 100, Math.min(MANY * 100, number))
    return Math.max(0, Math.trunc(whole) + (whole < 0 ? characters.length : 0))
  }
  return characters.slice(place(start), Math.max(place(start), place(end))).join('')
}

function round(value: number, digits = 0): number {
  if (!Number.isFinite(value)) return value
  const places = Number.isFinite(digits) ? Math.max(-15, Math.min(15, Math.trunc(digits))) : 0
  const scale = 10 ** Math.abs(places)
  const scaled = places >= 0 ? value * scale : value / scale
  if (!Number.isFinite(scaled) || Math.abs(scaled) >= 2 ** 52) return value
  const low = Math.floor(scaled)
  const whole = scaled - low >= 0.5 ? low + 1 : low
  return places >= 0 ? whole / scale : whole * scale
}

function best(pick: (...numbers: number[]) => number): Apply {
  return (_, values) => {
    const found = numbers(values)
    return found.length === 0 ? NaN : found.reduce((one, two) => pick(one, two))
  }
}

function translate(text: string, old: string, fresh: string): string {
  const [from, to] = [Array.from(old), Array.from(fresh)]
  return Array.from(text, character => {
    const index = from.indexOf(character)
    return index < 0 ? character : (to[index] ?? '')
  }).join('')
}

function before(text: string, mark: string): string {
  return mark !== '' && text.includes(mark) ? text.slice(0, text.indexOf(mark)) : ''
}

function after(text: string, mark: string): string {
  if (mark === '') return text
  return text.includes(mark) ? text.slice(text.indexOf(mark) + mark.length) : ''
}

/** To twelve digits, but for a whole number: two machines' libraries of mathematics differ in the last ones. */
function steady(apply: (...numbers: number[]) => number): Apply {
  return ofNumber((...numbers) => {
    const value = apply(...numbers)
    return !Number.isFinite(value) || Number.isSafeInteger(value) ? value : Number(value.toPrecision(12))
  })
}

/** Every function that is evaluated in the plain way, by name. */
export const FUNCTIONS: { readonly [name: string]: Apply } = {
  true: () => true,
  false: () => false,
  not: (_, [value]) => !truthOf(value!),
  boolean: (_, [value]) => truthOf(value!),
  number: (_, [value]) => numberOf(value!),
  string: (_, [value]) => textOf(value!),
  selected: ofText((listed, wanted) => selected(listed!, wanted!)),
  'count-selected': (_, [value]) => words(textOf(value!)).length,
  'selected-at': (_, [value, index]) => at(words(textOf(value!)), numberOf(index!)),
  'item-at': (_, values) => itemAt(values),
  'de-duplicate': (_, values) => distinct(values),
  randomize: (place, values) => randomize(place.seed(), values),
  random: place => chanceNumber(place.seed()),
  uuid: (place, values) => uuid(place.seed(), values),
  count: (_, values) => atoms(values).length,
  'count-non-empty': (_, values) => atoms(values).filter(item => item !== '').length,
  sum: (_, values) => numbers(values).reduce((total, item) => total + item, 0),
  min: best(Math.min),
  max: best(Math.max),
  join: (_, [mark, ...rest]) => join(textOf(mark!), rest),
  concat: (_, values) => join('', values),
  checklist: (_, values) => checked(values, false),
  'weighted-checklist': (_, values) => checked(values, true),
  contains: ofText((text, part) => text!.includes(part!)),
  'starts-with': ofText((text, part) => text!.startsWith(part!)),
  'ends-with': ofText((text, part) => text!.endsWith(part!)),
  substr: (_, [text, start, end]) => substr(textOf(text!), numberOf(start!), end === undefined ? Infinity : numberOf(end)),
  'substring-before': ofText((text, mark) => before(text!, mark!)),
  'substring-after': ofText((text, mark) => after(text!, mark!)),
  'string-length': ofText(text => Array.from(text!).length),
  'normalize-space': ofText(text => words(text!).join(' ')),
  translate: ofText((text, old, fresh) => translate(text!, old!, fresh!)),
  'upper-case': ofText(text => text!.replace(/[a-z]+/g, found => found.toUpperCase())),
  'lower-case': ofText(text => text!.replace(/[A-Z]+/g, found => found.toLowerCase())),
  regex: ofText((text, pattern) => matches(pattern!, text!)),
  int: ofNumber(value => Math.trunc(value!)),
  floor: ofNumber(value => Math.floor(value!)),
  ceiling: ofNumber(value => Math.ceil(value!)),
  round: ofNumber((value, digits) => round(value!, digits)),
  abs: ofNumber(value => Math.abs(value!)),
  pow: steady((base, exponent) => Math.pow(base!, exponent!)),
  sqrt: ofNumber(value => Math.sqrt(value!)),
  exp: steady(value => Math.exp(value!)),
  log: steady(value => Math.log(value!)),
  log10: steady(value => Math.log10(value!)),
  sin: steady(value => Math.sin(value!)),
  cos: steady(value => Math.cos(value!)),
  tan: steady(value => Math.tan(value!)),
  asin: steady(value => Math.asin(value!)),
  acos: steady(value => Math.acos(value!)),
  atan: steady(value => Math.atan(value!)),
  atan2: steady((y, x) => Math.atan2(y!, x!)),
  pi: () => Math.PI,
  now: place => place.context('now'),
  today: place => place.context('today'),
  date: (_, [value]) => asDate(value!),
  'date-time': (_, [value]) => asDateTime(value!),
  'decimal-date-time': (_, [value]) => numberOf(value!),
  'decimal-time': ofText(text => clock(text!)),
  'format-date': (place, [value, pattern]) => asFormatted(value!, textOf(pattern!), place.context('locale')),
  'format-date-time': (place, [value, pattern]) => asFormatted(value!, textOf(pattern!), place.context('locale')),
  'add-date': (_, values) => addDate(values),
  'difference-in-months': ofText((start, end) => monthsApart(start!, end!)),
  'age-in-years': (place, [birth, on]) => ageInYears(textOf(birth!), on === undefined ? place.context('today') : textOf(on)),
  duration: (place, [begun]) => secondsBetween(textOf(begun!), place.context('now')),
  distance: (_, values) => distanceM(pieces(values)),
  area: (_, values) => areaM2(pieces(values)),
  'id-card-valid': ofText(text => idCardValid(text!)),
  'id-card-birth': ofText(text => idCardBirth(text!)),
  'id-card-sex': ofText(text => idCardSex(text!)),
  'credit-code-valid': ofText(text => creditCodeValid(text!)),
  'phone-valid': ofText(text => phoneValid(text!)),
  'has-personal-number': ofText(text => hasPersonalNumber(text!)),
}
