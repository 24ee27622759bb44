/** The date functions of the expression language, on values. */
import { clockPart, formatted, instantMs, localDate, monthsBetween, moved, msFromDays, utcText } from './days'
import { numberOf, textOf, type Value } from './values'

/** The instant that a text or a number of days means. */
function msOf(value: Value): number | null {
  const number = numberOf(value)
  return Number.isNaN(number) ? null : msFromDays(number)
}

export function asDate(value: Value): string {
  const ms = msOf(value)
  return ms === null ? '' : localDate(ms)
}

export function asDateTime(value: Value): string {
  const ms = msOf(value)
  return ms === null ? '' : utcText(ms)
}

export function asFormatted(value: Value, pattern: string, locale: string): string {
  const ms = msOf(value)
  return ms === null ? '' : formatted(ms, pattern, locale)
}

export function clock(text: string): number {
  return clockPart(text) ?? NaN
}

/** add-date(date, years, months, days, hours, minutes), as in the CHT. */
export function addDate(values: Value[]): string {
  const ms = msOf(values[0]!)
  const parts = values.slice(1).map(numberOf)
  if (ms === null || parts.some(part => !(Math.abs(part) < 1e6))) return ''
  const [years = 0, months = 0, days = 0, hours = 0, minutes = 0] = parts.map(Math.trunc)
  const found = moved(ms, years, months, days, hours * 60 + minutes)
  if (found === null) return ''
  const dated = Array.from(textOf(values[0]!)).length === 10 && hours === 0 && minutes === 0
  return dated ? localDate(found) : utcText(found)
}

export function monthsApart(start: string, end: string): number {
  return monthsBetween(start, end) ?? NaN
}

/** Full years on a day; a leap day's birthday is 1 March. */
export function ageInYears(birth: string, on: string): number {
  const months = monthsBetween(birth, on)
  return months !== null && numberOf(birth) <= numberOf(on) ? Math.floor(months / 12) : NaN
}

/** duration(): whole seconds from when filling began until now. */
export function secondsBetween(begun: string, now: string): number {
  const [from, to] = [instantMs(begun), instantMs(now)]
  return from === null || to === null ? NaN : Math.floor((to - from) / 1000)
}
