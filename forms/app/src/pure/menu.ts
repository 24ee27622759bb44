/// Which forms a phone offers: to whom, about what, under which heading.
import type { Body, Json } from './json'

/** The headings, in their order; a form that names none stands under the last. */
export const USES = ['visit', 'matter', 'care', 'together', 'ledger', 'file', 'other'] as const
export type Use = (typeof USES)[number]

/** What a form may be begun about: a file of some kind, or a place that has no file. */
export type About = 'household' | 'dwelling' | 'place'

export interface Offer {
  form: string
  title: Json
}

/** The forms that somebody of this role may begin about this, by heading; headings without forms are left out. */
export function offers(forms: Iterable<Body>, role: string, about: About): { use: Use; offers: Offer[] }[] {
  const mine = [...forms].filter(form => isFor(form, role) && isAbout(form, about))
  const byName = mine.sort((one, other) => (String(one.form) < String(other.form) ? -1 : 1))
  return USES.map(use => ({
    use,
    offers: byName.filter(form => useOf(form) === use).map(form => ({ form: String(form.form), title: form.title ?? null })),
  })).filter(group => group.offers.length > 0)
}

function isFor(form: Body, role: string): boolean {
  const who = Array.isArray(form.who) ? form.who : []
  return who.length === 0 || who.includes(role)
}

/** A record about a household; a matter of a street or compound is about a place, and so is a file that belongs to none. */
function isAbout(form: Body, about: About): boolean {
  const subject = Array.isArray(form.subject) ? form.subject : []
  if (about === 'place') return subject.length === 0 || subject.includes('grid_unit')
  return form.kind === 'record' && subject.includes(about)
}

function useOf(form: Body): Use {
  return USES.find(use => use === form.use) ?? 'other'
}
