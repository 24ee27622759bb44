/** The values of the expression language and how one becomes another; the twin of `forms/values.py`. */
import { daysOf } from './days'
import { isObject, type Json } from './json'

export type Atom = string | number
/** A text, a number, a truth, or the atoms that a reference gives. */
export type Value = string | number | boolean | Atom[]

const NUMBER = /^[ \t\r\n]*(-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))[ \t\r\n]*$/

/** How an answer reads: '' when unanswered, a tick as 'OK', a list of codes joined by spaces. */
export function atom(answer: Json | undefined): Atom {
  if (answer === null || answer === undefined || answer === false || isObject(answer)) return ''
  if (answer === true) return 'OK'
  if (Array.isArray(answer)) return answer.map(item => (typeof item === 'string' ? item : '')).join(' ')
  return answer
}

/** The number a value is; a date counts its days since 1970 in UTC; NaN for anything else, '' too. */
export function numberOf(value: Value): number {
  const plain = Array.isArray(value) ? (value[0] ?? '') : value
  if (typeof plain !== 'string') return Number(plain)
  const match = NUMBER.exec(plain)
  return match ? Number(match[1]) : (daysOf(plain) ?? NaN)
}

/** The text a value is: the first of several, numbers without exponent. */
export function textOf(value: Value): string {
  const plain = Array.isArray(value) ? (value[0] ?? '') : value
  if (typeof plain === 'boolean') return plain ? 'true' : 'false'
  return typeof plain === 'number' ? numberText(plain) : plain
}

/** A reference is true when answered, 0 included; a computed number when it is neither 0 nor NaN. */
export function truthOf(value: Value): boolean {
  if (Array.isArray(value)) return value.some(item => item !== '')
  if (typeof value === 'number') return value !== 0 && !Number.isNaN(value)
  return Boolean(value)
}

/** The shortest digits that give the number back, never with an exponent. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (value === 0) return '0'
  const [digits, exponent] = String(Math.abs(value)).split('e') as [string, string | undefined]
  const sign = value < 0 ? '-' : ''
  if (exponent === undefined) return sign + digits
  const [whole, part = ''] = digits.split('.') as [string, string | undefined]
  const shift = Number(exponent)
  if (shift > 0) return sign + whole + part.padEnd(shift, '0')
  return `${sign}0.${'0'.repeat(-shift - 1)}${whole}${part}`
}

/** One of = != < <= > >= by XPath 1.0; among several atoms it is enough that one pair holds. */
export function compare(operator: string, left: Value, right: Value): boolean {
  if ((operator === '=' || operator === '!=') && (typeof left === 'boolean' || typeof right === 'boolean'))
    return (truthOf(left) === truthOf(right)) === (operator === '=')
  return several(left).some(one => several(right).some(two => compareAtoms(operator, one, two)))
}

function several(value: Value): (Atom | boolean)[] {
  if (!Array.isArray(value)) return [value]
  return value.length > 0 ? value : ['']
}

function compareAtoms(operator: string, left: Atom | boolean, right: Atom | boolean): boolean {
  if (operator === '=' || operator === '!=') {
    const texts = typeof left === 'string' && typeof right === 'string'
    return (texts ? left === right : numberOf(left) === numberOf(right)) === (operator === '=')
  }
  const [one, two] = [numberOf(left), numberOf(right)]
  if (operator === '<') return one < two
  if (operator === '<=') return one <= two
  return operator === '>' ? one > two : one >= two
}

/** One of + - * div mod on IEEE doubles. */
export function arithmetic(operator: string, left: Value, right: Value): number {
  const [one, two] = [numberOf(left), numberOf(right)]
  if (operator === '+') return one + two
  if (operator === '-') return one - two
  if (operator === '*') return one * two
  return operator === 'div' ? one / two : one % two
}

/** How the result of a calculation is kept as an answer: NaN and the infinities are unanswered. */
export function stored(value: Value): string | number | null {
  const plain = Array.isArray(value) ? (value[0] ?? '') : value
  if (typeof plain === 'boolean') return plain ? 'true' : 'false'
  if (typeof plain === 'number') return Number.isFinite(plain) ? plain + 0 : null
  return plain === '' ? null : plain
}

/** The codes of a select_multiple, by XPath's white space. */
export function words(text: string): string[] {
  return text.split(/[ \t\r\n]+/).filter(word => word !== '')
}
