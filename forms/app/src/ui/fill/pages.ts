/// A form as pages: each top-level group that asks for one is a page, what stands between them too.
import type { Form, Node } from '../../pure/form'

const PAGE = 'page'

export function pagesOf(form: Form): Node[][] {
  const pages: Node[][] = []
  let loose: Node[] | null = null
  for (const node of form.children.get('') ?? []) {
    const { type, appearance } = node.question
    if (type === 'group' && String(appearance ?? '').split(' ').includes(PAGE)) {
      pages.push([node])
      loose = null
    } else if (loose === null) {
      loose = [node]
      pages.push(loose)
    } else {
      loose.push(node)
    }
  }
  return pages
}

/** The page on which the question at a path is asked; the first for one that is nowhere. */
export function pageOf(pages: Node[][], path: string): number {
  const found = pages.findIndex(nodes => nodes.some(node => path === node.path || path.startsWith(`${node.path}.`)))
  return Math.max(0, found)
}
