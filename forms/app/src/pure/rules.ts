import type { Rule, Rules } from './causal'
import { type Body, isObject, type Json } from './json'

/** What a form says is to be shown of an answer that two people changed unseen: `merge` of each question. */
export function mergeRules(form: Body | null): Rules {
  const rules: Record<string, Rule> = {}
  const walk = (questions: Json | undefined, prefix: string): void => {
    if (!Array.isArray(questions)) return
    for (const question of questions.filter(isObject)) {
      const path = `${prefix}${String(question.name)}`
      if (question.merge === 'union' || question.merge === 'latest') rules[path] = question.merge
      walk(question.questions, `${path}.`)
    }
  }
  walk(form?.questions, '')
  return rules
}
