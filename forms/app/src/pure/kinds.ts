/** The types of question, and whether a value is one; the twin of `forms/kinds.py`. */
import { instantMs } from './days'
import { creditCodeValid, idCardValid, phoneValid } from './identifiers'
import { type Body, isObject, type Json } from './json'

export type Shape = 'text' | 'number' | 'codes' | 'tick' | 'files' | 'group' | 'rows' | 'none' | 'any'
export type Problem = 'type' | 'choice' | 'range'
type Accepts = (value: string) => boolean

const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/
const REFERENCE = /^[a-z][a-z_]*:[0-7][0-9A-HJKMNP-TV-Z]{25}$/
const POINT = /^-?[0-9]+(\.[0-9]+)?( -?[0-9]+(\.[0-9]+)?){1,3}$/
const CLOCK = /^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?$/
const DAY = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/
const INSTANT = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:?[0-9]{2})$/
const SHA256 = /^[0-9a-f]{64}$/

const isDay: Accepts = value => DAY.test(value) && instantMs(value) !== null
const isInstant: Accepts = value => INSTANT.test(value) && instantMs(value) !== null
const isPoint: Accepts = value => {
  if (!POINT.test(value)) return false
  const [lat, lon, , accuracy = 0] = value.split(' ').map(Number) as [number, number, number?, number?]
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 && accuracy >= 0
}
const isLine =
  (least: number): Accepts =>
  value => {
    const parts = value.split(';').map(part => part.replace(/^ +| +$/g, '')).filter(part => part !== '')
    return parts.length >= least && parts.every(isPoint)
  }

/** The shape of each type's value and, for a text, what the text must be. */
export const KINDS: { readonly [type: string]: readonly [Shape, Accepts?] } = {
  text: ['text'],
  integer: ['number'],
  decimal: ['number'],
  money: ['number'],
  range: ['number'],
  date: ['text', isDay],
  time: ['text', value => CLOCK.test(value)],
  datetime: ['text', isInstant],
  select_one: ['text'],
  select_multiple: ['codes'],
  rank: ['codes'],
  note: ['none'],
  acknowledge: ['tick'],
  geopoint: ['text', isPoint],
  geotrace: ['text', isLine(2)],
  geoshape: ['text', isLine(3)],
  image: ['files'],
  audio: ['files'],
  video: ['files'],
  file: ['files'],
  signature: ['files'],
  barcode: ['text'],
  id_card: ['text', idCardValid],
  credit_code: ['text', creditCodeValid],
  phone: ['text', phoneValid],
  calculate: ['any'],
  hidden: ['any'],
  ref: ['text', value => REFERENCE.test(value)],
  group: ['group'],
  repeat: ['rows'],
  start: ['text', isInstant],
  end: ['text', isInstant],
  today: ['text', isDay],
  deviceid: ['text'],
  username: ['text'],
  email: ['text'],
  phonenumber: ['text'],
  'start-geopoint': ['text', isPoint],
  audit: ['any'],
}

export const SELECTS: ReadonlySet<string> = new Set(['select_one', 'select_multiple', 'rank'])

/** Whether a value is an answer: not null, not an empty text, list or object. */
export function answered(value: Json): boolean {
  if (value === null || value === '') return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}

/** What is wrong with an answered value by itself; `offered` are the choices of a select as they stand now. */
export function problem(question: Body, value: Json, offered: ReadonlySet<string> | null): Problem | null {
  const [shape, accepts] = KINDS[question.type as string]!
  const parameters = (question.parameters ?? {}) as Body
  const found = CHECKS[shape](question, value, parameters, accepts)
  return found ?? (offered === null ? null : choice(value, offered, parameters))
}

function choice(value: Json, offered: ReadonlySet<string>, parameters: Body): Problem | null {
  const codes = (Array.isArray(value) ? value : [value]) as string[]
  return codes.filter(code => !offered.has(code)).length > (parameters.or_other ? 1 : 0) ? 'choice' : null
}

type Check = (question: Body, value: Json, parameters: Body, accepts?: Accepts) => Problem | null

const CHECKS: { readonly [shape in Shape]: Check } = {
  text(question, value, parameters, accepts) {
    if (typeof value !== 'string' || (accepts !== undefined && !accepts(value))) return 'type'
    if (question.type === 'ref' && parameters.kind !== undefined && value.split(':')[0] !== parameters.kind) return 'type'
    if (question.type !== 'text' && question.type !== 'barcode') return null
    return within(Array.from(value).length, parameters, 'min_length', 'max_length')
  },
  number(question, value, parameters) {
    if (typeof value !== 'number' || !Number.isFinite(value)) return 'type'
    if (question.type === 'integer' || question.type === 'money')
      if (!Number.isInteger(value) || Math.abs(value) >= 2 ** 53) return 'type'
    if (question.type !== 'range') return within(value, parameters, 'min', 'max')
    return within(value, parameters, 'start', 'end') ?? (isOnStep(value, parameters) ? null : 'range')
  },
  codes(_, value, parameters) {
    if (!Array.isArray(value) || !value.every(code => typeof code === 'string' && code !== '')) return 'type'
    if (new Set(value).size !== value.length) return 'type'
    return within(value.length, parameters, 'min', 'max')
  },
  tick(_, value) {
    return typeof value === 'boolean' ? null : 'type'
  },
  files(_, value, parameters) {
    if (!areRows(value)) return 'type'
    const kept = value.filter(row => row.removed !== true)
    return kept.every(isFile) ? within(kept.length, { max: 1, ...parameters }, 'min', 'max') : 'type'
  },
  rows(_, value, parameters) {
    return areRows(value) ? within(value.filter(row => row.removed !== true).length, parameters, 'min', 'max') : 'type'
  },
  group(_, value) {
    return isObject(value) ? null : 'type'
  },
  none: () => null,
  any: () => null,
}

function isFile({ sha256, type, bytes }: Body): boolean {
  const named = typeof sha256 === 'string' && SHA256.test(sha256) && typeof type === 'string'
  return named && Number.isInteger(bytes) && (bytes as number) >= 0
}

function areRows(value: Json): value is Body[] {
  if (!Array.isArray(value) || !value.every(isObject)) return false
  const names = value.map(row => row.row)
  return names.every(name => typeof name === 'string' && ULID.test(name)) && new Set(names).size === names.length
}

/** Whether a value is a whole number of steps from the start, as far as fractions can say. */
function isOnStep(value: number, { start, step }: Body): boolean {
  if (typeof step !== 'number' || step <= 0) return true
  const count = (value - (typeof start === 'number' ? start : 0)) / step
  return Math.abs(count - Math.floor(count + 0.5)) < 1e-6
}

function within(value: number, parameters: Body, low: string, high: string): Problem | null {
  const [least, most] = [parameters[low], parameters[high]]
  return (typeof least === 'number' && value < least) || (typeof most === 'number' && value > most) ? 'range' : null
}

