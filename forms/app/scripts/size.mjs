/** Prints what the first load weighs (script and style, gzip) and fails when it is over the budget. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const BUDGET_BYTES = 250_000
const out = fileURLToPath(new URL('../../../server/static/app', import.meta.url))
const html = readFileSync(join(out, 'index.html'), 'utf8')

const first = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.(?:js|css))"/g)].map(match => match[1])
const gzipped = name => gzipSync(readFileSync(join(out, name))).length
const total = first.reduce((sum, name) => sum + gzipped(name), 0)
const later = readdirSync(join(out, 'assets')).filter(name => /\.(js|css)$/.test(name) && !first.includes(`assets/${name}`))

for (const name of first) console.log(`${String(gzipped(name)).padStart(8)} B gzip  ${name}`)
for (const name of later) console.log(`${String(gzipped(`assets/${name}`)).padStart(8)} B gzip  assets/${name} (on demand)`)
console.log(`${String(total).padStart(8)} B gzip  first load, of ${BUDGET_BYTES} B allowed`)
if (total > BUDGET_BYTES) process.exit(1)
