/// Doors as a worker walks them: building, unit, floor, door; and finding one of them by a few characters.
import type { Book, Dwelling, Household } from './book'

export interface Door {
  dwelling: Dwelling
  households: Household[]
}

export interface Floor {
  floor: number | null
  doors: Door[]
}

export interface Unit {
  unit: string
  floors: Floor[]
}

export interface Building {
  building: string
  units: Unit[]
  householdCount: number
}

/** Every building of a grid with its units, floors (top first) and doors, in the order people count them. */
export function buildings(book: Book, database: string): Building[] {
  const living = grouped([...book.households.values()], household => household.dwellingId)
  const own = [...book.dwellings.values()].filter(dwelling => dwelling.database === database)
  const doors = own.map(dwelling => ({ dwelling, households: living.get(dwelling.id) ?? [] }))
  const found = [...grouped(doors, door => door.dwelling.building)].map(([building, inside]) => ({
    building,
    units: unitsOf(inside),
    householdCount: inside.reduce((sum, door) => sum + door.households.length, 0),
  }))
  return found.sort((one, other) => naturally(one.building, other.building))
}

function unitsOf(doors: Door[]): Unit[] {
  const units = [...grouped(doors, door => door.dwelling.unit)].map(([unit, inside]) => ({ unit, floors: floorsOf(inside) }))
  return units.sort((one, other) => naturally(one.unit, other.unit))
}

function floorsOf(doors: Door[]): Floor[] {
  const floors = [...grouped(doors, door => door.dwelling.floor)].map(([floor, inside]) => ({
    floor,
    doors: inside.sort((one, other) => naturally(one.dwelling.room, other.dwelling.room)),
  }))
  return floors.sort((one, other) => (other.floor ?? -99) - (one.floor ?? -99))
}

function grouped<T, K>(items: T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}

/** Numbers inside names count as numbers: 2幢 before 10幢. */
export function naturally(one: string, other: string): number {
  const [mine, theirs] = [one.match(/\d+|\D+/g) ?? [], other.match(/\d+|\D+/g) ?? []]
  for (let i = 0; i < Math.min(mine.length, theirs.length); i += 1) {
    const [a, b] = [mine[i] as string, theirs[i] as string]
    const difference = Number(a) - Number(b)
    if (difference !== 0 && !Number.isNaN(difference)) return difference
    if (a !== b && Number.isNaN(difference)) return a < b ? -1 : 1
  }
  return mine.length - theirs.length
}

/** One household as search sees it: everything it can be found by, in one text. */
export interface Entry {
  household: Household
  text: string
  phones: string[]
}

/** What can be searched, made once per change of the book. */
export function searchable(book: Book): Entry[] {
  return [...book.households.values()].map(household => {
    const dwelling = book.dwellings.get(household.dwellingId)
    const people = household.members.flatMap(member => book.persons.get(member.personId) ?? [])
    const place = dwelling ? [dwelling.building, dwelling.unit, dwelling.room, dwelling.address] : []
    const text = [...people.map(person => person.name), ...place].join(' ').toLowerCase()
    const phones = [household.phone, ...people.map(person => person.phone)].filter(phone => phone !== '')
    return { household, text: `${text} ${compact(place)}`, phones }
  })
}

/** Households that have every word: in a name, the address, or (three digits and more) at the end of a phone.
 *
 * Those where a name or a door begins with the words come first.
 */
export function search(entries: Entry[], words: string, most = 30): Household[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(word => word !== '')
  if (wanted.length === 0) return []
  const found = entries.filter(entry => wanted.every(word => matches(entry, word)))
  const begins = (entry: Entry): number => (wanted.every(word => ` ${entry.text}`.includes(` ${word}`)) ? 0 : 1)
  const ranked = found.sort((one, other) => begins(one) - begins(other))
  return ranked.slice(0, most).map(entry => entry.household)
}

function matches(entry: Entry, word: string): boolean {
  if (entry.text.includes(word)) return true
  return /^\d{3,}$/.test(word) && entry.phones.some(phone => phone.endsWith(word))
}

/** `3-2-501` and `3-501`, as doors are spoken of. */
function compact([building, unit, room]: string[]): string {
  const bare = (part: string | undefined): string => (part ?? '').replace(/[幢栋号楼单元室]/g, '')
  const spoken = (parts: (string | undefined)[]): string => parts.map(bare).filter(part => part !== '').join('-')
  return `${spoken([building, unit, room])} ${spoken([building, room])}`
}
