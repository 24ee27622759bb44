/** Dates and times as the expression language counts them; the twin of `forms/days.py`.
 *
 * Days since 1970-01-01 in UTC, on a grid of 2^-36: two midnights differ by a whole number. Text without a zone is
 * Asia/Shanghai, taken as UTC+8 in every year.
 */

export const DAY_MS = 86_400_000
export const SHANGHAI_MS = 8 * 3_600_000
const GRID = 2 ** 36
export const LATEST_MS = dayNumber(9999, 12, 31)! * DAY_MS
export const EARLIEST_MS = dayNumber(1, 1, 2)! * DAY_MS

const MOMENT =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?$/
const CLOCK = /^([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?$/

const MONTHS_EN = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
const WEEKDAYS_EN = 'Mon Tue Wed Thu Fri Sat Sun'.split(' ')
const WEEKDAYS_ZH = '周一 周二 周三 周四 周五 周六 周日'.split(' ')

interface Day {
  year: number
  month: number
  day: number
}

/** Days from 1970-01-01 to a day of the calendar; null if there is no such day. */
export function dayNumber(year: number, month: number, day: number): number | null {
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > monthLength(year, month)) return null
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const ofEra = shifted - era * 400
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return era * 146097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719468
}

function monthLength(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

function dayOfNumber(number: number): Day {
  const date = new Date(number * DAY_MS)
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}

/** Milliseconds since 1970 of a date or date-time; null if the text is neither. */
export function instantMs(text: string): number | null {
  const match = MOMENT.exec(text)
  if (match === null) return null
  const days = dayNumber(Number(match[1]), Number(match[2]), Number(match[3]))
  const [hour, minute, second] = [4, 5, 6].map(n => Number(match[n] ?? 0)) as [number, number, number]
  if (days === null || hour > 23 || minute > 59 || second > 59) return null
  const fraction = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3))
  return days * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000 + fraction - offsetMs(match[8])
}

function offsetMs(zone: string | undefined): number {
  if (zone === undefined) return SHANGHAI_MS
  if (zone === 'Z') return 0
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0')
  const offset = (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))) * 60_000
  return zone[0] === '-' ? -offset : offset
}

/** Milliseconds since 1970 as days on the grid. */
export function daysFromMs(ms: number): number {
  return Math.floor(ms / DAY_MS) + Math.floor((modulo(ms, DAY_MS) / DAY_MS) * GRID + 0.5) / GRID
}

/** Days as milliseconds; null outside the years 1 to 9999. */
export function msFromDays(days: number): number | null {
  if (!Number.isFinite(days) || days * DAY_MS < EARLIEST_MS || days * DAY_MS > LATEST_MS) return null
  return Math.floor(days * DAY_MS + 0.5)
}

/** A date or date-time as days since 1970 in UTC. */
export function daysOf(text: string): number | null {
  const ms = instantMs(text)
  return ms === null ? null : daysFromMs(ms)
}

/** A time of day `HH:MM[:SS]`, or the local time of a date-time, as a fraction of a day. */
export function clockPart(text: string): number | null {
  const match = CLOCK.exec(text)
  if (match && Number(match[1]) < 24 && Number(match[2]) < 60 && Number(match[3] ?? 0) < 60)
    return (Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3] ?? 0)) / 86400
  const ms = instantMs(text)
  return ms === null ? null : modulo(ms + SHANGHAI_MS, DAY_MS) / DAY_MS
}

/** The number, since 1970, of the local day of an instant. */
export function localDay(ms: number): number {
  return Math.floor((ms + SHANGHAI_MS) / DAY_MS)
}

/** The local calendar date of an instant, YYYY-MM-DD. */
export function localDate(ms: number): string {
  return dateText(dayOfNumber(localDay(ms)))
}

/** An instant as stored: UTC with seconds and Z. */
export function utcText(ms: number): string {
  const seconds = Math.floor(modulo(ms, DAY_MS) / 1000)
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(part => padded(part, 2))
  return `${dateText(dayOfNumber(Math.floor(ms / DAY_MS)))}T${clock.join(':')}Z`
}

/** An instant in local time by ODK's pattern letters (%Y %y %m %n %b %d %e %H %h %M %S %3 %a). */
export function formatted(ms: number, pattern: string, locale: string): string {
  const local = ms + SHANGHAI_MS
  const number = Math.floor(local / DAY_MS)
  const { year, month, day } = dayOfNumber(number)
  const clock = modulo(local, DAY_MS)
  const english = locale.startsWith('en')
  const letters: { [letter: string]: string } = {
    Y: padded(year, 4),
    y: padded(year % 100, 2),
    m: padded(month, 2),
    n: String(month),
    b: english ? MONTHS_EN[month - 1]! : `${month}月`,
    d: padded(day, 2),
    e: String(day),
    H: padded(Math.floor(clock / 3_600_000), 2),
    h: String(Math.floor(clock / 3_600_000)),
    M: padded(Math.floor(clock / 60_000) % 60, 2),
    S: padded(Math.floor(clock / 1000) % 60, 2),
    '3': padded(clock % 1000, 3),
    a: (english ? WEEKDAYS_EN : WEEKDAYS_ZH)[modulo(number + 3, 7)]!,
    '%': '%',
  }
  return pattern.replace(/%([^])/gu, (whole, letter: string) => letters[letter] ?? whole)
}

/** Full months from one local date to another; negative when the second is earlier. */
export function monthsBetween(start: string, end: string): number | null {
  const one = instantMs(start)
  const two = instantMs(end)
  if (one === null || two === null) return null
  if (two < one) {
    const back = monthsBetween(end, start)
    return back === null ? null : -back
  }
  const [first, second] = [one, two].map(ms => dayOfNumber(Math.floor((ms + SHANGHAI_MS) / DAY_MS))) as [Day, Day]
  return (second.year - first.year) * 12 + second.month - first.month - (second.day < first.day ? 1 : 0)
}

/** An instant moved on the local calendar; a day past the end of the month becomes its last day. */
export function moved(ms: number, years: number, months: number, days: number, minutes: number): number | null {
  const local = ms + SHANGHAI_MS
  const { year, month, day } = dayOfNumber(Math.floor(local / DAY_MS))
  const target = year * 12 + month - 1 + years * 12 + months
  const [toYear, toMonth] = [Math.floor(target / 12), modulo(target, 12) + 1]
  if (toYear < 1 || toYear > 9999) return null
  const number = dayNumber(toYear, toMonth, Math.min(day, monthLength(toYear, toMonth)))!
  const found = (number + days) * DAY_MS + modulo(local, DAY_MS) + minutes * 60_000 - SHANGHAI_MS
  return found >= EARLIEST_MS && found <= LATEST_MS ? found : null
}

function dateText({ year, month, day }: Day): string {
  return `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}`
}

function padded(value: number, width: number): string {
  return String(value).padStart(width, '0')
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by
}
