/// Instants are UTC with `Z` in documents, and shown as the wall clock of China (UTC+8, no summer time).

const CHINA_MS = 8 * 3600_000
const DAY_MS = 86_400_000

/** An instant (ms since 1970) as documents spell it: UTC, whole seconds, `Z`. */
export function instant(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** The day in China of an instant (ms since 1970), `YYYY-MM-DD`. */
export function dayOf(ms: number): string {
  return new Date(ms + CHINA_MS).toISOString().slice(0, 10)
}

/** The wall clock in China of an instant, `YYYY-MM-DDTHH:MM`, as `<input type="datetime-local">` takes it. */
export function wallClock(iso: string): string {
  const ms = Date.parse(iso)
  return Number.isNaN(ms) ? '' : new Date(ms + CHINA_MS).toISOString().slice(0, 16)
}

/** The instant of a wall clock in China; empty for what is none. */
export function fromWallClock(text: string): string {
  const ms = Date.parse(`${text}${text.length === 16 ? ':00' : ''}+08:00`)
  return Number.isNaN(ms) ? '' : instant(ms)
}

/** Whole days from one day to another, both `YYYY-MM-DD`; negative when `to` is earlier. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS)
}

/** How an instant is shown in a list: the time today, else month and day, else the date. */
export function shortTime(iso: string, now: number): string {
  const clock = wallClock(iso)
  if (clock === '') return ''
  const today = dayOf(now)
  if (clock.slice(0, 10) === today) return clock.slice(11)
  if (clock.slice(0, 4) === today.slice(0, 4)) return `${Number(clock.slice(5, 7))}-${Number(clock.slice(8, 10))}`
  return clock.slice(0, 10)
}
