import { describe, expect, it } from 'vitest'
import { readFileSync } from 'node:fs'
import type { Body } from './json'
import { type About, offers } from './menu'

const SHIPPED = (JSON.parse(readFileSync(new URL('../../../vectors/compiled.json', import.meta.url), 'utf8')) as { forms: { [name: string]: Body } }).forms
const CATALOGUE = Object.values(SHIPPED).filter(form => form.use !== null)

function offered(role: string, about: About): { [use: string]: string[] } {
  return Object.fromEntries(offers(CATALOGUE, role, about).map(group => [group.use, group.offers.map(one => one.form)]))
}

describe('what a phone offers', () => {
  it('to a grid worker about a household: visits, matters, care', () => {
    expect(offered('worker', 'household')).toEqual({
      visit: ['elder_care_visit', 'visit'],
      matter: ['appeal', 'mediation_case', 'safety_hazard'],
      care: ['aid_case', 'micro_wish'],
    })
  })

  it('to a grid worker about a place: what he sees on the way', () => {
    expect(offered('worker', 'place')).toEqual({
      matter: ['appeal', 'mediation_case', 'safety_hazard'],
      together: ['volunteer_activity'],
      file: ['dwelling'],
    })
  })

  it('about a door without a household: the shop behind it', () => {
    expect(offered('worker', 'dwelling')).toEqual({ visit: ['merchant_visit'], matter: ['appeal', 'safety_hazard'] })
  })

  it('to the community: meetings, lists, books, and the units of the grid', () => {
    expect(Object.keys(offered('community', 'place'))).toEqual(['matter', 'together', 'ledger', 'file'])
    expect(offered('community', 'place').file).toEqual(['dwelling', 'grid_unit'])
  })

  it('to nobody what a machine makes', () => {
    for (const role of ['worker', 'community', 'street'])
      for (const about of ['household', 'dwelling', 'place'] as const)
        expect(Object.values(offered(role, about)).flat()).not.toContain('meter_alert')
  })

  it('of a form that says neither who nor where, to everybody at the end', () => {
    const plain: Body = { form: 'garden', kind: 'record', subject: [], title: { 'zh-CN': '小花园' } }
    expect(offers([plain], 'worker', 'place')).toEqual([{ use: 'other', offers: [{ form: 'garden', title: plain.title }] }])
  })
})
