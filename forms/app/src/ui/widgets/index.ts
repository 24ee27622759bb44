/// Which widget asks which type of question. A new type is one line here and one file beside it.
import type { Component } from 'vue'
import Acknowledge from './Acknowledge.vue'
import Geopoint from './Geopoint.vue'
import NumberInput from './NumberInput.vue'
import Photos from './Photos.vue'
import RefPick from './RefPick.vue'
import SelectMany from './SelectMany.vue'
import SelectOne from './SelectOne.vue'
import Signature from './Signature.vue'
import TextInput from './TextInput.vue'
import Unsupported from './Unsupported.vue'
import WhenInput from './WhenInput.vue'

const WIDGETS: Record<string, Component> = {
  text: TextInput,
  email: TextInput,
  barcode: TextInput,
  phone: TextInput,
  id_card: TextInput,
  credit_code: TextInput,
  integer: NumberInput,
  decimal: NumberInput,
  money: NumberInput,
  range: NumberInput,
  date: WhenInput,
  time: WhenInput,
  datetime: WhenInput,
  select_one: SelectOne,
  select_multiple: SelectMany,
  rank: SelectMany,
  acknowledge: Acknowledge,
  geopoint: Geopoint,
  image: Photos,
  signature: Signature,
  ref: RefPick,
}

/** Types that are never asked: they are computed, or noted by the phone itself. */
const SILENT = new Set([
  'calculate', 'hidden', 'start', 'end', 'today', 'deviceid', 'username', 'phonenumber', 'audit', 'start-geopoint',
])

/** The widget of a type; null where nothing is asked (notes are words only). */
export function widgetOf(type: string): Component | null {
  if (type === 'note' || SILENT.has(type)) return null
  return WIDGETS[type] ?? Unsupported
}

export function isSilent(type: string): boolean {
  return SILENT.has(type)
}
