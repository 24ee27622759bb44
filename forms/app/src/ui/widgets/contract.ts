/// What every widget is given and gives back; in words in README.md.
import type { Json } from '../../pure/json'
import type { Question } from '../answers'

/** A choice that is on offer now, its label in the reader's language. */
export interface Offered {
  name: string
  label: string
}

export interface WidgetProps {
  question: Question
  /** The path of the answer, row ids included. */
  path: string
  modelValue: Json
  offered: Offered[]
  /** Whether a finding stands at this question. */
  invalid: boolean
  readonly: boolean
}

/** Where a question's label stands on the page: what a screen reader says of the control. */
export function labelId(path: string): string {
  return `label-${path}`
}

/** A parameter of a question that is a number, or what to take where it has none. */
export function parameter(question: Question, name: string, otherwise: number): number {
  const parameters = question.parameters
  const value = typeof parameters === 'object' && parameters !== null && !Array.isArray(parameters) ? parameters[name] : null
  return typeof value === 'number' ? value : otherwise
}
