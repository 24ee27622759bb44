/** Numbers with a check: GB 11643, GB 32100, telephones; the twin of `forms/identifiers.py`. */
import { dayNumber } from './days'

const REGIONS: readonly (readonly [number, number])[] = [
  [11, 15], [21, 23], [31, 37], [41, 46], [50, 54], [61, 65], [71, 71], [81, 83],
]
const ID_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
const ID_CHECKS = '10X98765432'
const CREDIT_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY'
const CREDIT_WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]

const PHONE = /^(?:1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8}(?:-[0-9]{1,6})?|\+[0-9]{6,15})$/
const PERSONAL = /(?:^|[^0-9])(?:[0-9]{17}[0-9Xx]|1[3-9][0-9]{9})(?![0-9])/

/** A citizen number of 18 characters: known province, real date of birth, right check character (GB 11643). */
export function idCardValid(text: string): boolean {
  if (!/^[0-9]{17}[0-9Xx]$/.test(text)) return false
  const province = Number(text.slice(0, 2))
  if (!REGIONS.some(([low, high]) => low <= province && province <= high)) return false
  if (dayNumber(Number(text.slice(6, 10)), Number(text.slice(10, 12)), Number(text.slice(12, 14))) === null) return false
  const total = ID_WEIGHTS.reduce((sum, weight, index) => sum + weight * Number(text[index]), 0)
  return ID_CHECKS[total % 11] === text[17]!.toUpperCase()
}

/** The date of birth in a valid citizen number, else ''. */
export function idCardBirth(text: string): string {
  return idCardValid(text) ? `${text.slice(6, 10)}-${text.slice(10, 12)}-${text.slice(12, 14)}` : ''
}

/** '1' male, '2' female (GB/T 2261.1) by the seventeenth digit of a valid citizen number, else ''. */
export function idCardSex(text: string): string {
  if (!idCardValid(text)) return ''
  return Number(text[16]) % 2 === 1 ? '1' : '2'
}

/** A unified social credit code of 18 characters with its check character (GB 32100). */
export function creditCodeValid(text: string): boolean {
  const code = text.toUpperCase()
  if (code.length !== 18 || [...code].some(character => !CREDIT_ALPHABET.includes(character))) return false
  const total = CREDIT_WEIGHTS.reduce((sum, weight, index) => sum + weight * CREDIT_ALPHABET.indexOf(code[index]!), 0)
  return CREDIT_ALPHABET[(31 - (total % 31)) % 31] === code[17]
}

/** A mobile or landline number of the mainland, or an international one that begins with +. */
export function phoneValid(text: string): boolean {
  return PHONE.test(text)
}

/** Whether a free text holds something like a citizen number or a mobile number. */
export function hasPersonalNumber(text: string): boolean {
  return PERSONAL.test(text)
}
