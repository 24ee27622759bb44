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
import { isSilent } from './silent'
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

/** The widget of a type; null where nothing is asked (notes are words only). */
export function widgetOf(type: string): Component | null {
  if (type === 'note' || isSilent(type)) return null
  return WIDGETS[type] ?? Unsupported
}
