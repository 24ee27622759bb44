import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import en from '../src/i18n/en'
import zh from '../src/i18n/zh-CN'

type Texts = { [key: string]: string | Texts }

function flat(texts: Texts, prefix = ''): Map<string, string> {
  const entries = Object.entries(texts)
  return new Map(
    entries.flatMap(([key, value]) =>
      typeof value === 'string' ? [[prefix + key, value] as [string, string]] : [...flat(value, `${prefix}${key}.`)],
    ),
  )
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sources(path)
    return /\.(vue|ts)$/.test(entry.name) && !path.includes('i18n') && !path.includes('.test.') ? [readFileSync(path, 'utf8')] : []
  })
}

const [chinese, english] = [flat(zh), flat(en)]
const code = sources(new URL('../src', import.meta.url).pathname).join('\n')

it('says everything in both languages, with the same blanks to fill', () => {
  expect([...english.keys()]).toEqual([...chinese.keys()])
  const blanks = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(match => match[1] as string).sort()
  for (const [key, text] of chinese) expect([key, blanks(english.get(key) as string)]).toEqual([key, blanks(text)])
})

it('knows every text the code asks for', () => {
  const asked = [...code.matchAll(/\bt\(\s*'([\w.-]+)'/g)].map(match => match[1] as string)
  expect(asked.filter(key => !chinese.has(key))).toEqual([])
})

it('has no text that nobody asks for', () => {
  const unasked = [...chinese.keys()].filter(key => !code.includes(`'${key}'`) && !code.includes(`\`${key.slice(0, key.lastIndexOf('.'))}.\${`))
  expect(unasked).toEqual([])
})
