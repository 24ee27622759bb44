/** Working days: Monday to Friday, but for what the yearly holiday notice moves; the twin of `forms/calendar.py`. */
import { instantMs, localDay } from './days'

/** 1970-01-05, the first Monday, by its number. */
const MONDAY = 4

export class Calendar {
  private constructor(
    private readonly off: ReadonlySet<number>,
    private readonly worked: ReadonlySet<number>,
  ) {}

  /** The calendar of some dates (YYYY-MM-DD): weekdays that are off, weekend days that are worked. */
  static of(off: readonly string[] = [], worked: readonly string[] = []): Calendar {
    return new Calendar(numbers(off), numbers(worked))
  }

  isWorked(day: number): boolean {
    const ofWeek = (((day - MONDAY) % 7) + 7) % 7
    return this.worked.has(day) || (ofWeek < 5 && !this.off.has(day))
  }

  /** The `count`-th working day after a day; the day itself where `count` is 0. */
  after(day: number, count: number): number {
    let found = day
    for (let left = count; left > 0; ) {
      found += 1
      if (this.isWorked(found)) left -= 1
    }
    return found
  }

  /** How many working days lie after a day, up to and with another. */
  between(start: number, end: number): number {
    let count = 0
    for (let day = start + 1; day <= end; day += 1) if (this.isWorked(day)) count += 1
    return count
  }
}

function numbers(dates: readonly string[]): ReadonlySet<number> {
  return new Set(dates.flatMap(date => {
    const ms = instantMs(date)
    return ms === null ? [] : [localDay(ms)]
  }))
}
