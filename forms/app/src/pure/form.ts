/** A published form, indexed; the twin of `forms/form.py`. */
import type { Ast } from './expressions'
import type { Body, Json } from './json'

/** One question. `path` has no rows; `repeats` are the paths of the repeats around it, outermost first. */
export interface Node {
  readonly path: string
  /** From the answers to this one: the name of each question on the way, and null where one goes on into a row. */
  readonly steps: readonly (string | null)[]
  readonly question: Body
  readonly parent: string
  readonly repeats: readonly string[]
  readonly isRepeat: boolean
  /** Whether the answer is whatever the calculation gives now, and not what it gave when it was set off. */
  readonly isCalculated: boolean
}

/** The questions of one published form. */
export class Form {
  readonly nodes = new Map<string, Node>()
  readonly children = new Map<string, Node[]>([['', []]])
  /** By the path of an answer the questions whose calculation is done when it changes. */
  readonly setOff = new Map<string, Node[]>()
  private readonly lists: { [name: string]: Json }
  private ordered: Node[] | null = null

  constructor(readonly published: Body) {
    this.lists = (published.choices ?? {}) as Body
    this.add(published.questions as Body[], '', [], [])
  }

  /** The items of a choice list; none for a list that is not there. */
  choices(name: string): Body[] {
    return (this.lists[name] ?? []) as Body[]
  }

  /** The nodes so that each comes after those that its relevance and its value refer to. */
  get order(): Node[] {
    return (this.ordered ??= this.sorted())
  }

  private add(questions: Body[], parent: string, repeats: string[], around: (string | null)[]): void {
    for (const question of questions) {
      const name = question.name as string
      const path = parent === '' ? name : `${parent}.${name}`
      const isCalculated = 'calculation' in question && !('trigger' in question)
      const isRepeat = question.type === 'repeat'
      const steps = [...around, name]
      const node = { path, steps, question, parent, repeats, isRepeat, isCalculated }
      for (const trigger of (question.trigger ?? []) as string[]) this.setOff.set(trigger, [...(this.setOff.get(trigger) ?? []), node])
      this.nodes.set(path, node)
      this.children.get(parent)!.push(node)
      if (question.questions === undefined) continue
      this.children.set(path, [])
      if (isRepeat) this.add(question.questions as Body[], path, [...repeats, path], [...steps, null])
      else this.add(question.questions as Body[], path, repeats, steps)
    }
  }

  private sorted(): Node[] {
    const done = new Set<string>()
    for (const first of this.nodes.keys()) {
      const entered = new Set([first])
      const waiting: [string, Iterator<string>][] = [[first, this.needs(first)]]
      while (waiting.length > 0) {
        const [path, needs] = waiting[waiting.length - 1]!
        let next = needs.next()
        while (!next.done && (done.has(next.value) || entered.has(next.value))) next = needs.next()
        if (next.done) {
          waiting.pop()
          done.add(path)
        } else {
          entered.add(next.value)
          waiting.push([next.value, this.needs(next.value)])
        }
      }
    }
    return [...done].map(path => this.nodes.get(path)!)
  }

  private needs(path: string): Iterator<string> {
    const { parent, question, isCalculated } = this.nodes.get(path)!
    const columns = ['relevant', 'repeat_count', ...(isCalculated ? ['calculation'] : [])]
    const trees = columns.flatMap(column => (question[column] === undefined ? [] : [treeOf(question, column)]))
    const found = [...(parent === '' ? [] : [parent]), ...trees.flatMap(references)]
    return found.filter(need => this.nodes.has(need)).values()
  }
}

/** The syntax tree in an expression column of a question. */
export function treeOf(question: Body, column: string): Ast {
  return (question[column] as Body).ast as Ast
}

/** The path of the question in a repeat whose answers a select offers; null where it offers a list. */
export function offering(question: Body): string | null {
  const { choices } = question
  return typeof choices === 'string' && choices.startsWith('${') ? choices.slice(2, -1) : null
}

/** The paths that a resolved tree reads. */
export function references(tree: Json): string[] {
  if (!Array.isArray(tree) || tree[0] === 'str' || tree[0] === 'num') return []
  if (tree.length === 2 && tree[0] === 'ref') return [tree[1] as string]
  return tree.flatMap(references)
}

/** Whether a resolved tree reads any answer, and not only the context and the choice lists. */
export function readsAnswers(tree: Json): boolean {
  if (!Array.isArray(tree) || tree[0] === 'str' || tree[0] === 'num') return false
  return OF_ANSWERS.has(tree[0] as string) || tree.some(readsAnswers)
}

const OF_ANSWERS = new Set(['ref', 'self', 'stored', 'position', 'choice'])
